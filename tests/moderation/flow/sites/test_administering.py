"""Two who change a site's settings at the same time both have their way."""

from __future__ import annotations

import msgspec
import pytest

from moderation.domain.errors import NotFound, StoreDown
from moderation.flow.sites.administering import change_settings, settings_of
from tests.factories import SITE


def test_a_change_made_meanwhile_is_not_lost(runtime):
    store, tries = runtime.store, []

    def change(found):
        if not tries:
            change_settings(store, SITE, lambda s: msgspec.structs.replace(s, mode="observe"))
        tries.append(found.mode)
        return msgspec.structs.replace(found, fail_mode="spam")

    assert change_settings(store, SITE, change) == 2
    found = settings_of(store, SITE)
    assert (found.mode, found.fail_mode) == ("observe", "spam")
    assert tries == ["enforce", "observe"]


def test_changes_that_never_end_are_given_up(runtime):
    def change(found):
        change_settings(runtime.store, SITE, lambda s: s)
        return found

    with pytest.raises(StoreDown):
        change_settings(runtime.store, SITE, change)


def test_settings_of_no_site_are_not_made(runtime):
    with pytest.raises(NotFound):
        change_settings(runtime.store, "nowhere.example", lambda s: s)
