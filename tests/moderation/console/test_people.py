"""Links that work once, and what administrators do with people."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from moderation.domain.accounts import LinkKind
from moderation.domain.errors import Conflict, InvalidInput, NotFound
from moderation.flow.people import accounts, links, sessions
from moderation.flow.people.links import OPERATOR
from moderation.flow.runtime import Runtime
from moderation.store import Store, keys, people, sites
from tests.factories import SITE
from tests.moderation.console.conftest import OTHER, PASSWORD, Browser, everything

CHOSEN = "a password that was chosen"


@pytest.fixture
def boss(person: Callable[..., Browser]) -> Browser:
    return person("boss", "administrator", ())


def link_on(page: str) -> str:
    """Return the path of the link that a page shows to be copied."""
    found = re.search(r'id="link"[^>]* value="http://[^/"]+(/console/link/[\w-]+)"', page)
    assert found, page
    return found.group(1)


def invited(boss: Browser, name: str = "ines", **more: object) -> str:
    asked = {"name": name, "role": "moderator", "site": SITE, **more}
    return link_on(boss.post("/console/people/invite", asked).text)


def use(browser: Browser, path: str, password: str = CHOSEN) -> int:
    """Do what the page of a link asks for, and return what that was answered with."""
    fields = {"secret": path.rpartition("/")[2], "password": password}
    return browser.post("/console/link", fields).status_code


def test_an_invitation_makes_a_person_of_that_role_and_those_sites(
    boss: Browser, anyone: Browser, store: Store
) -> None:
    path = invited(boss)
    assert anyone.log_in("ines", "").status_code == 401, "nobody has the empty password"
    page = anyone.get(path)
    assert page.status_code == 200 and "ines" in page.text
    assert use(anyone, path) == 303
    assert anyone.get("/console/review").status_code == 200
    user = sites.user(store, "ines")
    assert user and (user.role, user.sites) == ("moderator", (SITE,))
    anyone.post("/console/logout")
    assert anyone.log_in("ines", CHOSEN).status_code == 303
    assert "joined by an invitation" in boss.get("/console/audit?who=ines").text


def test_looking_at_a_link_uses_nothing_up_and_using_it_does(
    boss: Browser, anyone: Browser
) -> None:
    path = invited(boss)
    for _ in range(3):
        assert anyone.get(path).status_code == 200
        assert anyone.client.head(path).status_code == 200
    assert use(anyone, path, "short") == 422
    assert use(anyone, path) == 303
    assert use(anyone, path, "another password altogether") == 410
    assert anyone.get(path).status_code == 410


def test_a_link_used_by_many_at_once_sets_one_password(store: Store, boss: Browser) -> None:
    secret = invited(boss).rpartition("/")[2]

    def set_password(n: int) -> bool:
        try:
            links.set_password(store, secret, f"the password of number {n}", "192.0.2.1")
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(set_password, range(6))) == 1


def test_a_newer_link_takes_the_place_of_one_before(boss: Browser, anyone: Browser) -> None:
    old = invited(boss)
    new = link_on(boss.post("/console/people/link", {"name": "ines"}).text)
    assert anyone.get(old).status_code == 410
    assert use(anyone, new) == 303


def test_links_end_by_themselves_and_stand_nowhere_readable(
    store: Store, boss: Browser, anyone: Browser
) -> None:
    kinds: tuple[LinkKind, ...] = ("invite", "reset", "forgotten", "enter")
    for kind in kinds:
        secret = links.make(store, "boss", kind, OPERATOR)
        found = everything(store)
        assert b"boss" in found and secret.encode() not in found
        ticket = keys.ticket("link", sessions.digest(secret))
        assert 0 < store.redis.pttl(ticket) <= links.LIVES_MS[kind]
        assert anyone.get(f"/console/link/{secret}").status_code == 200
        boss_now = sites.user(store, "boss")
        assert boss_now
        past = tuple(replace(link, until_ms=1) for link in boss_now.links)
        sites.put_user(store, replace(boss_now, links=past))
        assert anyone.get(f"/console/link/{secret}").status_code == 410
        assert use(anyone, f"/{secret}") == 410


def test_what_is_no_link_is_none(anyone: Browser) -> None:
    for secret in ("x", "x" * 5000, "%00", "é", "../login", "0" * 43):
        assert anyone.get(f"/console/link/{secret}").status_code in (404, 410)
        assert use(anyone, f"/{secret}") in (303, 410)
        assert anyone.get("/console/review").status_code == 303


def test_a_link_for_a_new_password_ends_every_log_in_and_every_other_link(
    boss: Browser, ann: Browser, anyone: Browser, store: Store
) -> None:
    other = links.make(store, "ann", "enter", OPERATOR)
    page = boss.post("/console/people/link", {"name": "ann"}).text
    assert ann.get("/console/review").status_code == 200
    assert use(anyone, link_on(page)) == 303
    assert ann.get("/console/review").status_code == 303
    assert anyone.log_in("ann").status_code == 401
    assert anyone.get(f"/console/link/{other}").status_code == 410


def test_a_link_that_logs_in_sets_no_password(ann: Browser, anyone: Browser, store: Store) -> None:
    secret = links.make(store, "ann", "enter", OPERATOR)
    before = sites.user(store, "ann")
    assert use(anyone, f"/{secret}") == 303
    assert anyone.get("/console/review").status_code == 200
    after = sites.user(store, "ann")
    assert before and after and after.password == before.password
    assert use(anyone, f"/{secret}") == 410


def test_a_link_of_somebody_removed_opens_nothing_of_their_namesake(
    boss: Browser, anyone: Browser
) -> None:
    path = invited(boss)
    assert boss.post("/console/people/remove", {"name": "ines"}).status_code == 303
    invited(boss)
    assert anyone.get(path).status_code == 410
    assert use(anyone, path) == 410


def test_what_cannot_be_invited_is_not(boss: Browser, store: Store) -> None:
    for fields, status in (
        ({"name": "boss"}, 409), ({"name": ""}, 422), ({"name": "a" * 65}, 422),
        ({"name": "a\x1bb"}, 422), ({"email": "x"}, 422), ({"email": "a@b\r\nBcc: c@d"}, 422),
        ({"role": "root"}, 422), ({"site": "nowhere.example"}, 422),
    ):  # fmt: skip
        asked = {"name": "ines", "role": "viewer", "site": SITE, **fields}
        answer = boss.post("/console/people/invite", asked)
        assert answer.status_code == status, fields
    assert [user.name for user in sites.users(store)] == ["boss"]


def test_role_and_sites_change_at_the_next_click(boss: Browser, ann: Browser, hold) -> None:
    comment = hold()
    fields = {"name": "ann", "role": "viewer", "site": [OTHER], "email": ""}
    assert boss.post("/console/people/change", fields).status_code == 303
    assert ann.get(f"/console/comments/{SITE}/{comment.id}").status_code == 404
    assert ann.decide(comment, "spam").status_code == 403
    log = boss.get("/console/audit").text
    assert "changed the role of" in log and "moderator → viewer" in log
    assert "changed the sites of" in log


def test_who_is_removed_or_whose_log_ins_end_is_out_at_the_next_click(
    boss: Browser, person: Callable[..., Browser], store: Store
) -> None:
    ann, bob = person("ann"), person("bob")
    boss.post("/console/people/sessions", {"name": "ann"})
    boss.post("/console/people/remove", {"name": "bob"})
    for browser in (ann, bob):
        assert browser.get("/console/review").status_code == 303
    assert ann.log_in("ann").status_code == 303
    assert bob.log_in("bob").status_code == 401
    assert people.sessions(store, "bob") == [] and "bob" not in people.seen(store)


def test_an_ended_log_in_is_not_brought_back_by_its_own_next_click(
    ann: Browser, store: Store, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mine,) = people.sessions(store, "ann")
    people.put_session(store, replace(mine, seen_ms=0), sessions.KEPT_MS)
    real = people.session_of

    def ended_meanwhile(*words: str) -> object:
        found = real(*words)
        sessions.end_all(store, "ann")
        return found

    monkeypatch.setattr(people, "session_of", ended_meanwhile)
    assert ann.get("/console/review").status_code == 303
    assert people.sessions(store, "ann") == []


def test_the_last_administrator_stays(boss: Browser, store: Store) -> None:
    invited(boss, "second", role="administrator")
    demote = {"name": "boss", "role": "viewer"}
    assert boss.post("/console/people/change", demote).status_code == 409
    assert boss.post("/console/people/remove", {"name": "boss"}).status_code == 409
    assert "This is the last administrator" in boss.post("/console/people/change", demote).text
    links.set_password(store, links.make(store, "second", "invite", OPERATOR), CHOSEN, "")
    assert boss.post("/console/people/change", demote).status_code == 303
    assert boss.get("/console/people").status_code == 403


def test_two_administrators_who_demote_each_other_leave_one(
    store: Store, boss: Browser, person: Callable[..., Browser]
) -> None:
    person("other", "administrator", ())

    def demote(name: str) -> bool:
        try:
            accounts.change_role(store, name, "viewer", OPERATOR)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(demote, ["boss", "other"])) == 1


def test_changes_of_one_account_at_once_all_hold(store: Store, ann: Browser) -> None:
    def change(n: int) -> None:
        if n % 2:
            accounts.change_sites(store, "ann", [OTHER], OPERATOR)
        else:
            accounts.set_email(store, "ann", "ann@example.org", OPERATOR)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(change, range(8)))
    user = sites.user(store, "ann")
    assert user and (user.sites, user.email) == ((OTHER,), "ann@example.org")


def test_the_list_is_for_administrators_and_shows_everybody(
    boss: Browser, ann: Browser, store: Store
) -> None:
    invited(boss, "<b>ines</b>")
    page = boss.get("/console/people").text
    assert "Invited" in page and "&lt;b&gt;ines" in page and "<b>ines" not in page
    assert ann.get("/console/people").status_code == 403
    assert ann.get("/console/people/person?name=boss").status_code == 403
    assert boss.get("/console/people/person?name=nobody").status_code == 404
    assert boss.post("/console/people/remove", {"name": "nobody"}).status_code == 404


def test_people_are_bounded(store: Store, boss: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "PEOPLE_AT_MOST", 1)
    with pytest.raises(Conflict, match="people already"):
        accounts.invite(store, "ines", "", "viewer", (), OPERATOR)


def test_an_address_is_changed_with_the_password_alone(ann: Browser, store: Store) -> None:
    sites.put_user(store, replace(sites.user(store, "ann"), email="ann@old.example"))
    for fields, status in (
        ({"password": "wrong"}, 422), ({"password": PASSWORD, "email": "no address"}, 422),
        ({"password": PASSWORD}, 303),
    ):  # fmt: skip
        sent = {"email": "ann@new.example", **fields}
        assert ann.post("/console/account/mail", sent).status_code == status
    user = sites.user(store, "ann")
    assert user and user.email == "ann@new.example"
    with pytest.raises(InvalidInput):
        accounts.set_email(store, "ann", "a@b\nc", OPERATOR)


def test_the_language_of_the_account_comes_before_the_browsers(
    ann: Browser, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moderation.console import account, language

    for module in (account, language):
        monkeypatch.setattr(module, "LANGUAGES", ("en", "de", "ar"))
    asks = {"headers": {"Accept-Language": "de"}}
    assert '<html lang="de" dir="ltr"' in ann.get("/console/account", **asks).text
    ann.post("/console/account/preferences", {"language": "ar"})
    assert '<html lang="ar" dir="rtl"' in ann.get("/console/account", **asks).text
    ann.post("/console/account/preferences", {"language": "xx", "blurred": "on"})
    page = ann.get("/console/account", **asks).text
    assert '<html lang="de"' in page and '<body class=" blurred"' in page


def test_a_digest_asked_for_stays_while_there_is_no_mail(ann: Browser, store: Store) -> None:
    asked = [ann.post("/console/account/preferences", {"digest": d}) for d in ("daily", "often")]
    assert [answer.status_code for answer in asked] == [303, 303]
    ann.post("/console/account/preferences", {"language": "en"})
    kept = sites.user(store, "ann").preferences
    assert (kept.digest, kept.language) == ("daily", "en")
    ann.post("/console/account/preferences", {"digest": "never"})
    assert sites.user(store, "ann").preferences.digest == "never"
