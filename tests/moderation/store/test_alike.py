"""Held comments that are alike stand together for as long as they are held."""

from __future__ import annotations

import pytest

from classifier import marks_of
from moderation.store import alike, keys
from moderation.store.comments import deletions
from tests.factories import NOW, SITE, accept, decide, submission, verdict, write

pytestmark = pytest.mark.second_store

PITCH = "If anyone needs a used {}, my {} has great prices, just message on WhatsApp today"
VARIANTS = [
    PITCH.format(thing, who)
    for thing in ("kiln", "wheel", "camera", "bicycle")
    for who in ("cousin", "brother", "neighbour")
]


def hold(store, *texts: str) -> list[tuple[str, bytes, bytes]]:
    """Hold comments and return what is asked about each: site, id, mark."""
    held = []
    for text, mark in zip(texts, marks_of(texts), strict=True):
        one = write(submission(text), verdict=verdict("held", 0.6), status="held", alike=mark)
        (done,) = accept(store, one)
        held.append((SITE, done.id, mark))
    return held


def sizes(store, held) -> list[int]:
    return [group.size if group else 0 for group in alike.groups(store, held)]


def members(store, one) -> list[bytes]:
    (group,) = alike.groups(store, [one])
    return alike.members(store, SITE, group.number, 100) if group else []


def decided(store, one, label, decisions: int) -> None:
    decide(store, one[1], label, (1, decisions), marks=(b"", one[2]))


def test_variants_of_a_text_stand_together_and_others_apart(store):
    others = [
        "Twenty minutes of soaking the bisque fixed exactly this for me, thank you so much",
        "Does anyone know whether a used kiln needs a new lining, or is that a myth?",
        "My cousin has the same camera and the prices for lenses are not great at all today",
        "I disagree with the third paragraph: the glaze was too thick, not the fire too hot",
    ]
    held = hold(store, *VARIANTS, *others)
    assert sizes(store, held) == [12] * 12 + [0] * 4
    assert members(store, held[3]) == sorted(raw for _, raw, _ in held[:12])


def test_short_thanks_are_alike_where_they_are_the_same(store):
    held = hold(store, *["Thanks!"] * 5, "thanks", "Thank you!", "Great post", "!!!", "???")
    assert sizes(store, held) == [6] * 6 + [0] * 4


def test_what_is_decided_leaves_and_comes_back_with_its_undo(store):
    held = hold(store, *VARIANTS[:4])
    decided(store, held[0], "spam", 0)  # The one with which the group began.
    assert members(store, held[1]) == [raw for _, raw, _ in held[1:]]
    assert sizes(store, held)[0] == 0
    decided(store, held[0], None, 1)
    assert sizes(store, held) == [4] * 4


def test_a_deleted_comment_leaves_its_group(store):
    held = hold(store, *VARIANTS[:3])
    deletions.forget(store, SITE, held[2][1], "", 1000, NOW, (b"", held[2][2]))
    assert sizes(store, held) == [2, 2, 0]


def test_nothing_is_left_of_a_group_that_is_decided(store, valkey):
    held = hold(store, *VARIANTS[:3], "A single comment that is like nothing else in here.")
    for one in held:
        decided(store, one, "spam", 0)
    with valkey.client() as client:
        left = client.keys(f"{keys.of_site(SITE).alike}*")
    assert left == [f"{keys.of_site(SITE).alike}last".encode()]
    # Others of the kind that come later stand together anew.
    assert sizes(store, hold(store, *VARIANTS[4:6])) == [2, 2]


def test_what_many_sent_stays_and_single_comments_make_room(store, valkey):
    campaign = hold(store, *VARIANTS[:3])
    with valkey.client() as client:
        client.set(f"{keys.of_site(SITE).alike}last", 1024)
    hold(store, "Something else entirely that takes no place of a campaign, but the next one.")
    assert sizes(store, [*campaign, *hold(store, VARIANTS[5])]) == [4] * 4


def test_the_newest_groups_of_a_site_are_kept(store, valkey):
    (first,) = hold(store, VARIANTS[0])
    with valkey.client() as client:
        client.set(f"{keys.of_site(SITE).alike}last", 1024)  # Its next number is that of the first.
    hold(store, "Something else entirely that takes the place of the oldest group here.")
    (late,) = hold(store, VARIANTS[1])
    assert sizes(store, [first, late]) == [0, 0]
