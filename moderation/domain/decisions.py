"""People's words on comments, and the label log that a site's learner is made from."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from moderation.domain.verdicts import Label

Via = Literal["console", "api", "akismet", "import"]


class Decision(Struct, array_like=True, frozen=True):
    """A person's or a site's word on one revision. `at_ms`: milliseconds since 1970."""

    label: Label
    by: str
    via: Via
    at_ms: int
    note: str = ""


class Example(Struct, array_like=True, frozen=True):
    """What a label teaches and how it came about, without IP and full e-mail address.

    `row` is the classifier's training row (msgpack); `model` and `suggestion_shown` say what
    the person saw; `audit` is the probability with which the comment was drawn for a random
    look (None: it was not drawn); `email`, `ip` and `author` are keyed hashes by which an
    erasure finds the entry.
    """

    comment: str
    revision: int
    row: bytes
    labelled_ms: int
    model: str = ""
    suggestion_shown: bool = True
    audit: float | None = None
    email: str = ""
    ip: str = ""
    author: str = ""


class LabelEntry(Struct, frozen=True):
    """One entry of a site's label log, `seq` from 1 without gaps.

    `kind`: `label` adds an example, `undo` withdraws one, `rebuilt` marks a learner that was
    made anew from every label that holds. `drops` is the entry that holds no longer from here
    on, `restores` the one that holds again (0: none). An entry whose example was erased has
    neither label nor example: no learner has it from the epoch `erased_epoch` on; or learners
    have it until they are made anew after the log was `erased_far` entries long (else 0).
    """

    seq: int
    kind: Literal["label", "undo", "rebuilt", "erased"]
    label: Label | None
    drops: int
    restores: int
    previous: int
    decision: Decision | None = None
    example: Example | None = None
    erased_epoch: int = 0
    erased_far: int = 0
