"""`user`: people made, invited, changed, let in and removed on the command line."""

from __future__ import annotations

import re

import pytest

from moderation.domain.accounts import SecondFactor
from moderation.flow.people import links
from moderation.settings import Settings
from moderation.store import Store, people, sites
from tests.moderation.cli.conftest import Winnow

CHOSEN = "a password that was chosen"


@pytest.fixture(autouse=True)
def _two_sites(winnow: Winnow, prepared: dict[str, str]) -> None:
    winnow("site", "add", "blog.example")


def secret_of(printed: str, settings: Settings) -> str:
    """Return the secret of the link that is all that was printed."""
    found = re.fullmatch(r"http://127\.0\.0\.1:8000/console/link/([\w-]{43})\n", printed)
    assert found, printed
    return found.group(1)


def test_a_person_is_added_with_sites_which_are_changed(winnow: Winnow, store: Store) -> None:
    winnow("user", "add", "ruth", "--role", "viewer", "--site", "demo", "--site", "blog.example")
    assert winnow("user", "list") == "admin\tadministrator\nruth\tviewer\tdemo,blog.example\n"
    assert winnow("user", "sites", "ruth", "demo") == "ruth works on demo\n"
    assert sites.user(store, "ruth").sites == ("demo",)
    assert winnow("user", "sites", "ruth") == "ruth works on no site\n"
    assert winnow("user", "role", "ruth", "moderator") == "ruth is moderator\n"
    assert sites.user(store, "ruth").role == "moderator"
    assert winnow("user", "remove", "ruth") == "ruth is removed\n"
    assert sites.user(store, "ruth") is None
    acts = [(act.who, act.what, act.about) for _, act in people.acts(store, "", 10) if act.about]
    assert acts == [
        ("command line", what, "ruth")
        for what in ("removed", "role_changed", "sites_changed", "sites_changed", "added")
    ]


REFUSED = [
    (["add", "ruth", "--site", "nowhere.example"], "there is no such site"),
    (["add", " "], "1 to 64 printable characters"),
    (["add", "ruth", "--email", "no address"], "this is not an e-mail address"),
    (["sites", "admin", "nowhere.example"], "there is no such site"),
    (["sites", "nobody"], "there is no user nobody"),
    (["role", "nobody", "viewer"], "there is no user nobody"),
    (["role", "admin", "moderator"], "admin is the last administrator"),
    (["remove", "admin"], "admin is the last administrator"),
    (["remove", "nobody"], "there is no user nobody"),
    (["reset", "nobody", "--link"], "there is no user nobody"),
    (["link", "nobody"], "there is no such person"),
]


def test_what_cannot_be_done_changes_nothing(winnow: Winnow, store: Store) -> None:
    before = sites.users(store)
    for words, says in REFUSED:
        assert says in winnow("user", *words, status=1), words
        assert sites.users(store) == before, words


def test_somebody_is_invited_by_a_link(winnow: Winnow, store: Store, settings: Settings) -> None:
    printed = winnow("user", "add", "ines", "--site", "demo", "--invite")
    assert sites.user(store, "ines").password == ""
    user = links.set_password(store, secret_of(printed, settings), CHOSEN, "")
    assert (user.name, user.role, user.sites) == ("ines", "moderator", ("demo",))


def test_reset_takes_the_second_factor_away_and_gives_a_password_or_a_link(
    winnow: Winnow, store: Store, settings: Settings
) -> None:
    from msgspec.structs import replace

    factor = SecondFactor("sealed", 1)
    for words in (["reset", "admin"], ["reset", "admin", "--link"]):
        before = replace(sites.user(store, "admin"), second=factor)
        sites.put_user(store, before)
        printed = winnow("user", *words)
        assert sites.user(store, "admin").second is None
    assert sites.user(store, "admin").password == before.password, "until the link is used"
    links.set_password(store, secret_of(printed, settings), CHOSEN, "")
    assert sites.user(store, "admin").password != before.password


def test_a_link_logs_in_once_the_only_administrator_or_whom_it_names(
    winnow: Winnow, store: Store, settings: Settings
) -> None:
    secret = secret_of(winnow("user", "link"), settings)
    assert links.use_to_enter(store, secret).name == "admin"
    winnow("user", "add", "ada", "--role", "administrator")
    assert "say who" in winnow("user", "link", status=1)
    secret = secret_of(winnow("user", "link", "ada"), settings)
    assert links.use_to_enter(store, secret).name == "ada"
