"""The gate: whether a candidate may be promoted, by rules on what it does to held-back labels."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct


class Rules(Struct, frozen=True):
    """What a candidate must keep to, as the settings of the installation say.

    `labels`: the fewest held-back labels of each class; `ham_rejected`: how many more of 1,000 good
    comments it may reject; `ham_held`: how much larger a share of them it may hold; `spam_caught`:
    how much smaller a share of spam it may hold or reject; `site`: how much larger a share of its
    comments a site may see decided wrongly. Shares lie between 0 and 1.
    """

    labels: int = 50
    ham_rejected: float = 0.0
    ham_held: float = 0.01
    spam_caught: float = 0.01
    site: float = 0.02


class Treated(Struct, frozen=True):
    """What a model does to some held-back labels: shares of ham held or rejected, of ham rejected,
    of spam held or rejected, of all on the wrong side of the hold band, and of spam rejected."""

    ham: int
    """Held-back labels that are ham."""
    spam: int
    """Held-back labels that are spam."""
    ham_held: float
    """Share of ham held or rejected."""
    ham_rejected: float
    """Share of ham rejected."""
    spam_caught: float
    """Share of spam held or rejected."""
    wrong: float
    """Share of all on the wrong side of the hold band."""
    spam_rejected: float = 0.0
    """Share of spam rejected."""


class SiteTreated(Struct, frozen=True):
    """What both models do to the labels of one site."""

    site: str
    current: Treated
    candidate: Treated


class Both(Struct, frozen=True):
    """What both models do to the held-back labels."""

    current: Treated
    candidate: Treated


class Refusal(Struct, frozen=True):
    """A rule that speaks against a candidate, and by how much, in words."""

    rule: str
    """Names the rule."""
    text: str
    """What speaks against the candidate, in words."""


def refusals(
    rules: Rules, taught: Both, untaught: Both, sites: Sequence[SiteTreated]
) -> list[Refusal]:
    """Return each rule that a candidate breaks; none: it may be promoted.

    `taught`: with the learners of the sites; `untaught`: without any, as on a site whose own labels
    make up for nothing that others taught wrongly.
    """
    candidate = taught.candidate
    found = []
    if min(candidate.ham, candidate.spam) < rules.labels:
        found.append(
            Refusal(
                "labels",
                f"{candidate.ham} good comments and {candidate.spam} of spam are held back; "
                f"{rules.labels} of each are needed to judge a model",
            )
        )
    found += _treated(rules, taught, "", "")
    found += _treated(rules, untaught, "untaught_", " on a site that nobody taught")
    for one in sites:
        if min(one.candidate.ham, one.candidate.spam) >= FEWEST_OF_SITE:
            found += _more(
                "site", f"decided wrongly of 100 on {one.site}",
                100 * one.current.wrong, 100 * one.candidate.wrong, 100 * rules.site,
            )  # fmt: skip
    return found


def _treated(rules: Rules, both: Both, prefix: str, where: str) -> list[Refusal]:
    current, candidate = both.current, both.candidate
    return [
        *_more(
            f"{prefix}ham_rejected", f"good comments rejected of 1,000{where}",
            1000 * current.ham_rejected, 1000 * candidate.ham_rejected, rules.ham_rejected,
        ),
        *_more(
            f"{prefix}ham_held", f"good comments held of 100{where}",
            100 * current.ham_held, 100 * candidate.ham_held, 100 * rules.ham_held,
        ),
        *_more(
            f"{prefix}spam_caught", f"spam let through of 100{where}",
            100 * (1 - current.spam_caught), 100 * (1 - candidate.spam_caught),
            100 * rules.spam_caught,
        ),
    ]  # fmt: skip


FEWEST_OF_SITE = 20
"""Held-back labels of each class from which a site is looked at by itself."""
_ROUNDING = 1e-9


def _more(rule: str, what: str, current: float, candidate: float, allowed: float) -> list[Refusal]:
    if candidate <= current + allowed + _ROUNDING:
        return []
    text = f"{what}: {candidate:.2f} instead of {current:.2f}, at most {allowed:g} more"
    return [Refusal(rule, text)]
