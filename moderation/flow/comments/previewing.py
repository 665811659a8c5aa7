"""A comment scored for whoever tries the filter out; nothing of it is kept."""

from __future__ import annotations

from moderation.domain.comments import Comment, Submission
from moderation.flow.comments.draft import Draft, unrecorded
from moderation.flow.runtime import Runtime
from moderation.store import codec, sites


def preview(runtime: Runtime, site: str, submission: Submission) -> Comment:
    """Return a comment with the verdict that it would get on a site now.

    Raises:
        StoreDown: the store does not answer.
    """
    draft = Draft(runtime, site, submission, codec.new_id(), is_counted=False)
    draft.score(sites.read(runtime.store, site))
    if draft.asks():
        draft.score(draft.look())
    return unrecorded(draft.judged()[0])
