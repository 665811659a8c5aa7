"""How the people of a site label: what they come to see, and what of it they act upon.

Nobody decides every comment. What a person sees depends on the verdict: what was published, what
waits to be decided, what lies in the spam folder; and of that only a share is labelled.
"""

from __future__ import annotations

import random
from typing import Literal

import msgspec

from classifier.bands import Status

Label = Literal["spam", "ham"]
How = Literal["held", "error", "audit", "all"]


class Regime(msgspec.Struct, frozen=True):
    """Shares of what the people of a site see that they label, and what happens to what is held.

    `held`: it is `decided`, only its ham is `released`, it is `published` as a client does that
    knows no third answer, or it `waits`. `reports`: published spam that is reported; `finds`: ham
    in the spam folder that is found; `audits`: published comments drawn at random and decided;
    `slips`: labels that are the wrong one. `everything` is decided, whatever the verdict; with
    `only`, the first comments alone, and then so many spam are taught as ham (`mistakes`).
    """

    summary: str
    held: Literal["decided", "released", "published", "waits"]
    reports: float = 0.0
    finds: float = 0.0
    audits: float = 0.0
    slips: float = 0.0
    everything: bool = False
    only: int = 0
    mistakes: int = 0


_CONSOLE = Regime(
    "what is held is decided, half of the published spam reported, 30 % of the ham in the spam"
    " folder found, 2 % of what is published audited",
    "decided",
    reports=0.5,
    finds=0.3,
    audits=0.02,
)
_ERRORS = Regime(
    "a client of Akismet's, where what is held is published: 90 % of the published spam is"
    " reported, half of the ham in the spam folder found",
    "published",
    reports=0.9,
    finds=0.5,
)
REGIMES: dict[str, Regime] = {
    "none": Regime("nobody teaches, and what is held waits", "waits"),
    "all": Regime("every comment is decided", "decided", everything=True),
    "console": _CONSOLE,
    "noisy": msgspec.structs.replace(
        _CONSOLE, summary="console, with 5 % of the labels wrong", slips=0.05
    ),
    "lazy": msgspec.structs.replace(
        _CONSOLE, summary="console, with a tenth of the published spam reported", reports=0.1
    ),
    "errors": _ERRORS,
    "lazyerr": msgspec.structs.replace(
        _ERRORS, summary="errors, with a fifth of the published spam reported", reports=0.2
    ),
    "spamonly": msgspec.structs.replace(
        _ERRORS, summary="errors, and nobody looks into the spam folder", finds=0.0
    ),
    "hamonly": Regime(
        "ham that is held is released, half of the ham in the spam folder found; spam is left"
        " where it is, and published spam unreported",
        "released",
        finds=0.5,
    ),
    "wrong": Regime(
        "the first 50 comments are decided, the next six spam taught as ham, nothing after that",
        "decided",
        everything=True,
        only=50,
        mistakes=6,
    ),
}


class People:
    """The people of one site, who label as a regime says.

    What they do with a comment depends on its number and `seed` alone, not on what they did before,
    so that two filters are taught as alike as their verdicts allow.
    """

    def __init__(self, regime: Regime, seed: int) -> None:
        self._regime = regime
        self._seed = seed
        self._mistakes = regime.mistakes

    def publishes(self, status: Status) -> bool:
        """Say whether visitors see a comment of a status."""
        return status == "approved" or (status == "held" and self._regime.held == "published")

    def label(self, number: int, status: Status, truth: str) -> tuple[Label, How] | None:
        """Return how the comment of a number (from 0) is labelled, if it is.

        `truth` is what the comment is, `spam` or `ham`; of one that is neither nobody says a word.
        """
        if truth not in ("spam", "ham"):
            return None
        is_spam, regime = truth == "spam", self._regime
        if regime.only and number >= regime.only:
            return self._mistaken(is_spam)
        draw = random.Random(f"{self._seed} {number}")  # noqa: S311
        acts, audits, slips = draw.random(), draw.random(), draw.random()
        how = self._seen(status, is_spam, acts, audits)
        if how is None:
            return None
        return ("spam" if is_spam != (slips < regime.slips) else "ham"), how

    def _seen(self, status: Status, is_spam: bool, acts: float, audits: float) -> How | None:
        """Return how a person comes to label a comment, if one does."""
        regime = self._regime
        if regime.everything:
            return "all"
        if status == "spam":
            return "error" if not is_spam and acts < regime.finds else None
        if status == "held" and regime.held != "published":
            decided = regime.held == "decided" or (regime.held == "released" and not is_spam)
            return "held" if decided else None
        if is_spam and acts < regime.reports:
            return "error"
        return "audit" if audits < regime.audits else None

    def _mistaken(self, is_spam: bool) -> tuple[Label, How] | None:
        """Return the wrong label for spam as long as mistakes are left."""
        if not is_spam or self._mistakes == 0:
            return None
        self._mistakes -= 1
        return "ham", "all"
