"""People's words on comments, and the label log that a site's learner is made from."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from moderation.domain.verdicts import Label

Via = Literal["console", "api", "akismet", "import"]
How = Literal["held", "error", "audit", "import", "all"]
HOWS: tuple[How | None, ...] = (None, "held", "error", "audit", "import", "all")
"""How a label came: decided while the comment was held, a report that the verdict was wrong, drawn
at random, imported, or whatever the comment was taken for. The index is its code in the store."""
HOW_BY_WAY: dict[Via, How] = {"akismet": "error", "import": "import"}
"""Akismet's clients report errors alone, whatever a comment was taken for; who imports has judged
none of the filter's verdicts. By other ways the comment shows how its label came."""


class Decision(Struct, array_like=True, frozen=True):
    """A person's or a site's word on one revision. `at_ms`: milliseconds since 1970."""

    label: Label
    by: str
    via: Via
    at_ms: int
    note: str = ""


class Example(Struct, array_like=True, frozen=True):
    """What a label or a piece of evidence teaches, without IP and full e-mail address.

    `row` is the classifier's training row (msgpack); `model` and `suggestion_shown` say what
    the person saw; `audit` is the probability with which the comment was drawn for a random
    look (None: it was not drawn); `email`, `ip` and `author` are keyed hashes by which an
    erasure finds the entry; `stands_for` is for how many comments a piece of evidence speaks.
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
    stands_for: float = 1.0


class LabelEntry(Struct, frozen=True):
    """One entry of a site's label log, `seq` from 1; one that compaction took out is `gone`.

    `kind`: `label` adds an example, `kept` one that nobody labelled, as evidence of ham, `undo`
    withdraws one, `rebuilt` marks a learner that was made anew from all that holds. `how` says how
    a label came (None: that was not noted yet), `kept` how many entries just before it are the
    evidence that was drawn with it: they hold as long as it does. `drops` is the entry that holds
    no longer from here on, `restores` the one that holds again (0: none). An entry whose example
    was erased has neither label nor example: no learner has it from the epoch `erased_epoch` on;
    or learners have it until they are made anew after the log was `erased_far` entries long (else
    0).
    """

    seq: int
    kind: Literal["label", "undo", "rebuilt", "erased", "kept", "gone"]
    label: Label | None
    drops: int
    restores: int
    previous: int
    decision: Decision | None = None
    example: Example | None = None
    erased_epoch: int = 0
    erased_far: int = 0
    how: How | None = None
    kept: int = 0
