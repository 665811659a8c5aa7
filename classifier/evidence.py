"""Which comments that were published and not reported are kept as evidence of ham.

People report spam that they see and seldom say that a comment is good. So whenever somebody labels
a comment, a few of those published since the label before are drawn and kept, each with the number
of comments it stands for. Evidence thus comes only while people act, and a site whose every comment
is decided gets none. The study and the service draw by this rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from classifier.learner import SUSPICIOUS

NEWEST = 400
"""Published comments among which is drawn, the newest ones."""
DRAWN, EARLY, LATER = 4, 50, 2
"""Comments kept with each of the first labels, how many labels these are, and those kept after."""
SEEN_AFTER = 6 * 3600.0
"""Seconds after which a comment that is younger than the labelled one has been seen as well."""


class Published(msgspec.Struct, frozen=True):
    """A comment that visitors could see, and that has no label.

    `id` decides the draw and nothing else; `chance` is the probability of spam it had; `age` is how
    many seconds ago it was published, and `is_older` says whether that was before the comment that
    is labelled now.
    """

    id: str
    chance: float
    age: float = 0.0
    is_older: bool = True


def draw(published: Sequence[Published], labels: int) -> list[tuple[int, float]]:
    """Return the places of the comments to keep before the next label, and for how many each
    stands.

    `published` are those since the label before, oldest first, and `labels` is how many labels the
    site has. Who reports a comment has seen what is older; what is suspicious is no evidence.
    """
    newest = range(max(0, len(published) - NEWEST), len(published))
    likely = [place for place in newest if _may_be_kept(published[place])]
    drawn = sorted(likely, key=lambda place: _lot(published[place].id, labels))
    chosen = drawn[: DRAWN if labels < EARLY else LATER]
    return [(place, len(likely) / len(chosen)) for place in sorted(chosen)]


def _lot(comment: str, labels: int) -> bytes:
    """Return the lot of a comment in the draw before a label; the lowest are drawn."""
    return blake2b(f"{labels} {comment}".encode(), digest_size=8).digest()


def _may_be_kept(comment: Published) -> bool:
    was_seen = comment.is_older or comment.age >= SEEN_AFTER
    return was_seen and comment.chance < SUSPICIOUS
