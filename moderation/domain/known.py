"""What is known of whoever writes, when a comment is judged: from their comments before."""

from __future__ import annotations

from typing import Self

import msgspec
from msgspec import Struct

BLAMED_FOR = (
    "this author", "this e-mail", "this address", "this network", "the author's web address",
    "a link in it", "this name",
)  # fmt: skip
"""What may be blamed, in the order in which it is asked."""


class Known(Struct, frozen=True, omit_defaults=True):
    """What a site's rules ask for, as of one reading; a verdict keeps it among its signals.

    `approved` and `rejected` count the author's comments on this site before this one, by their
    status. `earned` is how many were approved of whoever cannot be somebody else who just writes
    the same e-mail: by the site's own id of the author, else the least of those from the e-mail and
    of those from the address. `address_hour` and `author_hour` count the comments of an hour, this
    one included, from the address and by the author.

    By what people decided lately: `praised` counts ham of whoever cannot be somebody else, of whom
    nothing is spam; `blamed` counts spam where it outweighs ham, of what `blamed_for` says (its
    place in `BLAMED_FOR`, from 1). `campaign`, `campaign_addresses` and `campaign_authors` count
    nearly the same comments of the last hour, this one included, and whom they came from.
    """

    approved: int = 0
    rejected: int = 0
    earned: int = 0
    address_hour: int = 0
    author_hour: int = 0
    praised: int = 0
    blamed: int = 0
    blamed_for: int = 0
    campaign: int = 0
    campaign_addresses: int = 0
    campaign_authors: int = 0

    def signals(self) -> dict[str, float]:
        """Return what is not 0 by name, as a verdict keeps it."""
        if self is NOTHING_KNOWN:
            return {}  # So it is with most.
        return {name: float(value) for name, value in msgspec.structs.asdict(self).items() if value}

    @classmethod
    def of(cls, signals: dict[str, float]) -> Self:
        """Return what a verdict was made with."""
        names = cls.__struct_fields__
        return cls(**{name: int(signals[name]) for name in names if name in signals})


NOTHING_KNOWN = Known()
