"""What a site's people choose is changed as it was seen, and nothing of anybody's is lost."""

from __future__ import annotations

import threading

import pytest
from msgspec.structs import replace

from moderation.domain.errors import InvalidInput, NotFound, StaleChoice
from moderation.domain.listed import LIST_BYTES, Draft
from moderation.domain.sites import Contradiction
from moderation.flow.people.links import By
from moderation.flow.runtime import now_ms
from moderation.flow.sites import choosing, first_run
from moderation.store import sites
from tests.factories import SITE

BY = By("ann")


@pytest.fixture
def store(runtime):
    return runtime.store


def draft(value: str) -> Draft:
    return Draft("words", value, "hold")


def values(store) -> set[str]:
    return {entry.value for entry in choosing.listed(store, SITE).entries}


def test_two_who_write_at_once_both_write(store):
    def write(number: int) -> None:
        choosing.change_list(store, SITE, lambda known: [*known, draft(f"word {number}")], BY)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values(store) == {f"word {number}" for number in range(4)}
    numbers = [entry.number for entry in choosing.listed(store, SITE).entries]
    assert sorted(numbers) == [1, 2, 3, 4]


def test_settings_list_and_attack_are_each_seen_by_themselves(store):
    seen = choosing.etag(choosing.settings(store, SITE))
    list_seen = choosing.etag(choosing.listed(store, SITE))
    choosing.hold_everything(store, SITE, now_ms() + 60_000, BY)
    choosing.put_list(store, SITE, [draft("one")], BY, list_seen)
    choosing.put_settings(store, SITE, lambda s: replace(s, mode="observe"), BY, seen)
    with pytest.raises(StaleChoice):
        choosing.put_list(store, SITE, [], BY, list_seen)
    with pytest.raises(StaleChoice):
        choosing.put_settings(store, SITE, lambda s: s, BY, seen)
    assert sites.read(store, SITE).settings == 3, "each change counts the revision up"
    assert choosing.settings(store, SITE).mode == "observe"
    assert values(store) == {"one"}
    assert choosing.attack(store, SITE).by == "ann"


def test_what_changes_nothing_is_no_change(store):
    choosing.put_list(store, SITE, [draft("one")], BY, None)
    revision = sites.read(store, SITE).settings
    choosing.put_list(store, SITE, [draft("one")], By("ben"), None)
    choosing.put_settings(store, SITE, lambda s: s, BY)
    assert sites.read(store, SITE).settings == revision


def test_an_attack_is_among_those_told_until_it_is_over(store):
    first_run.add_site(store, "other.example")
    until = now_ms() + 60_000
    choosing.hold_everything(store, SITE, until, BY)
    assert [site for site, _ in choosing.attacked(store, [SITE, "other.example"])] == [SITE]
    assert choosing.attacked(store, ["other.example"]) == []
    longer = choosing.hold_everything(store, SITE, until + 60_000, By("ben"))
    assert (longer.by, longer.until_ms) == ("ben", until + 60_000)
    choosing.hold_everything(store, SITE, 0, BY)
    assert choosing.attacked(store, [SITE]) == []


def test_what_cannot_be_is_refused(store):
    notes = [Draft("words", f"word {n}", "hold", "x" * 500) for n in range(LIST_BYTES // 500)]
    with pytest.raises(InvalidInput, match="bytes"):
        choosing.put_list(store, SITE, notes, BY, None)
    with pytest.raises(Contradiction):
        choosing.put_settings(store, SITE, lambda s: replace(s, hold=0.9, reject=0.2), BY)
    with pytest.raises(NotFound):
        choosing.put_list(store, "nowhere.example", [], BY, None)
    with pytest.raises(InvalidInput):
        choosing.hold_everything(store, SITE, 1, BY)
    assert sites.read(store, SITE).settings == 0
