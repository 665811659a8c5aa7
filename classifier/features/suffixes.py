"""The public suffix list as a hash table, so that the kernel finds a host's registrable domain."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.features.hashing import finish_hash, hash_text

NORMAL, WILDCARD, EXCEPTION = 1, 2, 3


class SuffixTable(NamedTuple):
    """An open-addressed table of `host_key` (0 = free) and the kind of rule."""

    keys: npt.NDArray[np.uint64]
    kinds: npt.NDArray[np.uint8]


def _rules() -> list[str]:
    """Return the rules of the list that tldextract brings along (ICANN and private part)."""
    lines = files("tldextract").joinpath(".tld_set_snapshot").read_text("utf-8").splitlines()
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("//")]


def country_codes() -> set[str]:
    """Return the two letters of each country, by its domain or, of Britain and Kosovo, as they are
    where the domain has others.
    """
    last = {rule.rpartition(".")[2] for rule in _rules()}
    return {code for code in last if len(code) == 2 and code.isascii()} | {"gb", "un", "xk"}


def _spellings(rule: str) -> set[str]:
    """Return a rule as written and in punycode."""
    try:
        return {rule, ".".join(_to_ascii(label) for label in rule.split("."))}
    except UnicodeError:
        return {rule}


def _to_ascii(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def host_key(host: str) -> int:
    """Return the key of a host: the rolling hash of its code points from last to first."""
    return finish_hash(hash_text(host[::-1])) | 1


@cache
def suffix_table() -> SuffixTable:
    """Return all rules."""
    size = 1 << 16
    keys, kinds = np.zeros(size, np.uint64), np.zeros(size, np.uint8)
    for rule in _rules():
        kind = NORMAL
        if rule.startswith("*."):
            rule, kind = rule[2:], WILDCARD
        elif rule.startswith("!"):
            rule, kind = rule[1:], EXCEPTION
        for spelling in _spellings(rule.lower()):
            insert(keys, kinds, host_key(spelling), kind)
    return SuffixTable(keys, kinds)


def insert(
    keys: npt.NDArray[np.uint64], values: npt.NDArray[np.uint8], key: int, value: int
) -> None:
    """Put a key in an open-addressed table; the larger of two values stays."""
    size = len(keys)
    slot = key >> 40 & (size - 1)
    while keys[slot] and keys[slot] != key:
        slot = (slot + 1) % size
    keys[slot] = key
    values[slot] = max(values[slot], value)
