"""A comment scored for whoever tries the filter out; nothing of it is kept."""

from __future__ import annotations

from msgspec.structs import replace

from moderation.domain.comments import Comment, Submission
from moderation.domain.policy import effective_status
from moderation.flow.drafts import fresh_comment
from moderation.flow.judging import score_batch
from moderation.flow.knowing import is_asked, look
from moderation.flow.labels import learning
from moderation.flow.runtime import Runtime
from moderation.store import codec, sites


def preview(runtime: Runtime, site: str, submission: Submission) -> Comment:
    """Return a comment with the verdict that it would get on a site now.

    Raises:
        StoreDown: the store does not answer.
    """
    context = learning.context(runtime, site, sites.read(runtime.store, site))
    if is_asked(context.settings) or context.settings.reputation:
        raw_id = codec.new_id()
        _, known = look(runtime, site, submission, context.settings, raw_id, is_counted=False)
        context = replace(context, known=known)
    verdict = score_batch([(submission, context)])[0]
    status = effective_status(verdict, context.settings)
    return fresh_comment(site, submission, verdict, status)
