"""What a draft of rules would have done to the last thousand comments, as the API answers it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response
from msgspec import Struct

from moderation.api import answers, body
from moderation.api.endpoint import Answer
from moderation.domain.comments import Time
from moderation.domain.verdicts import VerdictStatus
from moderation.flow.comments.outgoing import Comment, comment_out, time_of
from moderation.flow.sites.trying import Trial


class Tried(Struct, frozen=True):
    """A comment that the draft would decide, or that what is saved decides no more.

    `was` is its status: by a person's decision, else by what is saved and the score; `would_be`
    what the draft and the score would make of it; `entry` is the place in the draft of what would
    decide it (null: none). `overrules`: a person had said otherwise.
    """

    comment: Comment
    """The comment as it stands."""
    was: VerdictStatus
    """Its status by a person's decision, else by what is saved and the score."""
    would_be: VerdictStatus
    """What the draft and the score would make of it."""
    entry: int | None
    """The place in a drafted list, from 0, of the entry that would decide it; null: none would."""
    overrules: bool
    """Whether a person had said otherwise."""


class TrialOut(Struct, frozen=True):
    """What a draft would have done to the newest comments, at most a thousand.

    Of `comments`, back to `since`, what is new or changed in it would decide `fits`; `newly` would
    get another status, `overruled` of these against what a person said. `examples`, at most 50,
    begin with these. `is_cut`: time ran out before all were looked at.
    """

    comments: int
    """How many were looked at, the newest first."""
    since: Time | None
    """When the oldest of them came in; null where there are none."""
    fits: int
    """How many what is new or changed would decide."""
    newly: int
    """How many would get another status."""
    overruled: int
    """How many of these against what a person said."""
    seconds: float
    """How long it took."""
    is_cut: bool
    """Whether time ran out before all were looked at."""
    examples: list[Tried]
    """At most 50 comments that would be decided otherwise, the overruled first."""


TRIED = {200: Answer("What it would have done.", {body.JSON: TrialOut})}


def tried(trial: Trial, places: Mapping[int, int] | None = None) -> Response:
    """Return a trial; `places` has the place in the draft of each entry by its number."""
    examples = [
        Tried(
            comment_out(one.comment), one.was, one.would_be,
            places[one.entry.number] if places and one.entry else None, one.overrules,
        )
        for one in trial.examples
    ]  # fmt: skip
    since = time_of(trial.oldest_ms) if trial.comments else None
    return answers.json(TrialOut(
        trial.comments, since, trial.fits, trial.newly, trial.overruled, trial.seconds,
        trial.is_cut, examples,
    ))  # fmt: skip
