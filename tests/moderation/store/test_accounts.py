"""Accounts are changed by one at a time: a change in between is seen before another is made."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from moderation.domain.accounts import User
from moderation.domain.errors import StoreDown
from moderation.store import Store, accounts, sites


def email(store: Store, name: str, address: str) -> None:
    accounts.change(store, name, lambda found: replace(found[name], email=address))


@pytest.fixture(autouse=True)
def _two_people(store: Store) -> None:
    for name in ("ann", "bob"):
        sites.put_user(store, User(name, "x", "administrator"))


def test_both_of_two_changes_at_the_same_time_hold(store: Store) -> None:
    seen: list[str] = []

    def demoted(found: dict[str, User]) -> User:
        seen.append(found["ann"].email)
        if len(seen) == 1:
            email(store, "ann", "ann@kiln.example")
        return replace(found["ann"], role="viewer")

    accounts.change(store, "ann", demoted)
    ann = sites.user(store, "ann")
    assert ann and (ann.role, ann.email) == ("viewer", "ann@kiln.example")
    assert seen == ["", "ann@kiln.example"]


def test_a_rule_over_everybody_sees_what_others_changed_meanwhile(store: Store) -> None:
    asked = 0

    def removed(found: dict[str, User]) -> User | None:
        nonlocal asked
        asked += 1
        if asked == 1:
            accounts.change(store, "bob", lambda _: None)
        if len(found) == 1:
            raise ValueError("the last one stays")
        return None

    with pytest.raises(ValueError, match="the last one"):
        accounts.change(store, "ann", removed)
    assert [user.name for user in sites.users(store)] == ["ann"]


def test_who_is_always_too_late_gives_up_and_changes_nothing(store: Store) -> None:
    def late(found: dict[str, User]) -> User:
        email(store, "bob", "bob@kiln.example")
        return replace(found["ann"], role="viewer")

    with pytest.raises(StoreDown):
        accounts.change(store, "ann", late)
    ann = sites.user(store, "ann")
    assert ann and ann.role == "administrator"
