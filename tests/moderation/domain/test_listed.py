"""What may stand in a list, and what stays of an entry when the list is written anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.domain.errors import BadEntry, InvalidInput
from moderation.domain.listed import (
    ENTRIES,
    KINDS,
    Draft,
    Listed,
    draft_of,
    normal,
    rewritten,
)


@pytest.mark.parametrize(
    "kind, written, value",
    [
        ("words", "  Cheap   Kilns ", "Cheap Kilns"),
        ("words", "C++", "C++"),
        ("domain", "https://www.Shop.example/deal?x=1", "shop.example"),
        ("domain", "*.shop.example", "shop.example"),
        ("domain", "xn--bcher-kva.example", "bücher.example"),
        ("domain", "BÜCHER.example:8080", "bücher.example"),
        ("domain", ".top", ".top"),
        ("address", " 192.0.2.7 ", "192.0.2.7"),
        ("address", "192.0.2.77/24", "192.0.2.0/24"),
        ("address", "::ffff:192.0.2.7", "192.0.2.7"),
        ("address", "::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("address", "2001:DB8::1/32", "2001:db8::/32"),
        ("email", "Ann@Example.com", "ann@example.com"),
        ("email", "*@example.com", "*@example.com"),
        ("email", "shop*@*.example", "shop*@*.example"),
        ("email", "offer*@*", "offer*@*"),
        ("email", "Ann <Ann@Example.com>", "ann@example.com"),
        ("email", "zoe\u0308@XN--MLLER-KVA.example", "zo\u00eb@m\u00fcller.example"),
    ],
)
def test_a_value_has_one_form(kind, written, value):
    assert normal(kind, written) == value
    assert normal(kind, value) == value


@pytest.mark.parametrize(
    "kind, written",
    [
        ("words", "--- …"),
        ("words", "a b c d e f g h i j k l m"),
        ("words", "x" * 101),
        ("words", "two\nlines"),
        ("words", "un\u200bseen"),
        ("domain", "shop"),
        ("domain", "192.0.2.7"),
        ("domain", "-.example"),
        ("domain", "shop .example"),
        ("domain", "a" * 64 + ".example"),
        ("address", "198.51.100"),
        ("address", "192.0.2.0/33"),
        ("address", "shop.example"),
        ("address", "1/2/3"),
        ("email", "*@*"),
        ("email", "@example.com"),
        ("email", "a*b@example.com"),
        ("email", "ann@exa*mple.com"),
        ("email", "ann at example.com"),
    ],
)
def test_what_cannot_be_one_is_refused(kind, written):
    with pytest.raises(InvalidInput):
        normal(kind, written)


@given(st.sampled_from(KINDS), st.text(max_size=60))
def test_whatever_is_written_is_refused_or_has_one_form(kind, text):
    try:
        value = normal(kind, text)
    except InvalidInput:
        return
    assert normal(kind, value) == value


def words(*values, action="spam", note=""):
    return [Draft("words", value, action, note) for value in values]


def test_an_entry_keeps_its_number_and_its_author_until_it_is_changed():
    first = rewritten(Listed(), words("one", "two", "three"), "ann", 1000)
    assert [(e.number, e.by, e.at_ms) for e in first.entries] == [
        (1, "ann", 1000), (2, "ann", 1000), (3, "ann", 1000),
    ]  # fmt: skip
    drafts = [*words("three"), *words("two", note="why"), *words("four")]
    second = rewritten(first, drafts, "ben", 2000)
    assert [(e.value, e.number, e.by, e.at_ms) for e in second.entries] == [
        ("three", 3, "ann", 1000), ("two", 2, "ben", 2000), ("four", 4, "ben", 2000),
    ]  # fmt: skip


def test_a_number_is_never_used_again():
    first = rewritten(Listed(), words("one", "two"), "ann", 1)
    without = rewritten(first, words("one"), "ann", 2)
    assert rewritten(without, words("one", "three"), "ann", 3).entries[1].number == 3


def test_what_is_there_twice_is_refused_by_its_place():
    with pytest.raises(BadEntry) as refused:
        rewritten(Listed(), [*words("one"), Draft("domain", "a.example", "hold"),
                             Draft("domain", "https://A.example/", "spam")], "ann", 1)  # fmt: skip
    assert refused.value.place == 2


def test_a_list_has_a_bound():
    with pytest.raises(InvalidInput, match="65,000"):
        rewritten(Listed(), words(*map(str, range(ENTRIES + 1))), "ann", 1)


def test_an_entry_can_be_written_again():
    made = rewritten(Listed(), words("one", note="n"), "ann", 1)
    assert rewritten(made, [draft_of(e) for e in made.entries], "ben", 2) == made
