"""Log-ins: made, limited, listed, ended; what a role may do holds at the next click."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from moderation.cli import main
from moderation.flow.people import sessions
from moderation.flow.runtime import Runtime
from moderation.flow.sites import administering
from moderation.store import Store, keys, people, sites
from tests.factories import SITE
from tests.moderation.console.conftest import PASSWORD, Browser


def test_who_is_not_logged_in_is_asked_to_and_led_on(anyone: Browser, ann: Browser) -> None:
    answer = anyone.get("/console/queue?band=unsure")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/console/login?next=%2Fconsole%2Fqueue%3Fband%3Dunsure"
    asked = {"name": "ann", "password": PASSWORD, "next": "/console/queue?band=unsure"}
    answer = anyone.post("/console/login", asked)
    assert answer.headers["Location"] == "/console/queue?band=unsure"


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/console/", "//evil.example/console/", "/\\evil.example/console/",
     "/docs", "/console/../docs", "/console/%2e%2E/docs", "/console/..//evil.example",
     "///evil.example/console/", "/console//evil.example", "https:/console/review",
     "https:console/", "javascript:alert(1)", "/console/\r\nSet-Cookie: a=b", "\\console\\"],
)  # fmt: skip
def test_nobody_is_led_elsewhere(anyone: Browser, ann: Browser, target: str) -> None:
    asked = {"name": "ann", "password": PASSWORD, "next": target}
    assert anyone.post("/console/login", asked).headers["Location"] == "/console/review"


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize(
    "name, password", [("ann", "wrong"), ("nobody", PASSWORD), ("", ""), ("ann", "x" * 5000)]
)
def test_a_wrong_name_and_a_wrong_password_are_answered_alike(
    anyone: Browser, name: str, password: str
) -> None:
    answer = anyone.log_in(name, password)
    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text
    assert anyone.get("/console/review").status_code == 303


def test_attempts_are_limited_by_account_even_with_the_right_password(
    anyone: Browser, ann: Browser, store: Store
) -> None:
    for _ in range(sessions.BY_ACCOUNT):
        assert anyone.log_in("ann", "wrong").status_code == 401
    answer = anyone.log_in("ann")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert ann.get("/console/review").status_code == 200, "who is logged in stays so"
    administering.let_in(store, "ann", "another password of the tests")
    assert anyone.log_in("ann", "another password of the tests").status_code == 303


def test_attempts_are_limited_by_address(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, ann: Browser
) -> None:
    monkeypatch.setattr(sessions.passwords, "matches", lambda kept, password: False)
    where = sessions.Where("2001:db8::1")
    neighbour = sessions.Where("2001:db8::ffff")
    for n in range(sessions.BY_ADDRESS):
        with pytest.raises(sessions.NotAuthorised):
            sessions.log_in(runtime, f"name {n}", "wrong", where)
    with pytest.raises(sessions.RateLimited):
        sessions.log_in(runtime, "one more", "wrong", neighbour)
    with pytest.raises(sessions.NotAuthorised):
        sessions.log_in(runtime, "one more", "wrong", sessions.Where("2001:db8:1::1"))


def test_sessions_are_listed_and_ended_one_by_one_or_all(
    person: Callable[..., Browser], anyone: Browser, app
) -> None:
    ann = person("ann")
    anyone.log_in("ann")
    third = Browser(app.test_client())
    third.log_in("ann")
    page = ann.get("/console/account").text
    assert page.count('name="session"') == 2
    ids = re.findall(r'name="session" value="([0-9a-f]{64})"', page)
    assert ann.post("/console/account/sessions", {"session": ids[0]}).status_code == 303
    ended = [b for b in (anyone, third) if b.get("/console/review").status_code == 303]
    assert len(ended) == 1
    ann.post("/console/account/sessions")
    assert [b.get("/console/review").status_code for b in (anyone, third)] == [303, 303]
    assert ann.get("/console/review").status_code == 200


def test_one_cannot_end_the_sessions_of_others(
    person: Callable[..., Browser], store: Store
) -> None:
    ann, bob = person("ann"), person("bob")
    (hers,) = people.sessions(store, "ann")
    bob.post("/console/account/sessions", {"session": hers.id})
    assert ann.get("/console/review").status_code == 200


def test_logging_out_ends_the_session_in_the_store_too(ann: Browser, store: Store) -> None:
    cookie = ann.client.get_cookie("winnow", path="/console")
    assert cookie is not None
    assert ann.post("/console/logout").status_code == 303
    assert people.sessions(store, "ann") == []
    ann.client.set_cookie("winnow", cookie.value, path="/console")
    assert ann.get("/console/review").status_code == 303


def test_logging_in_leaves_nothing_of_before_in_the_cookie(anyone: Browser, ann: Browser) -> None:
    before = anyone.token()
    anyone.log_in("ann")
    answer = anyone.client.post("/console/logout", data={"csrf_token": before})
    assert answer.status_code == 400


def test_the_cookie_is_kept_from_scripts_and_other_sites(anyone: Browser, ann: Browser) -> None:
    said = anyone.log_in("ann").headers["Set-Cookie"]
    for word in ("HttpOnly", "SameSite=Lax", "Path=/console"):
        assert word in said


def test_a_changed_password_ends_every_other_session(ann: Browser, anyone: Browser) -> None:
    anyone.log_in("ann")
    new = "a new password of ann"
    wrong = ann.post("/console/account/password", {"old": "wrong", "new": new})
    assert wrong.status_code == 422
    short = ann.post("/console/account/password", {"old": PASSWORD, "new": "short"})
    assert short.status_code == 422
    assert ann.post("/console/account/password", {"old": PASSWORD, "new": new}).status_code == 303
    assert ann.get("/console/review").status_code == 200
    assert anyone.get("/console/review").status_code == 303
    assert anyone.log_in("ann").status_code == 401
    assert anyone.log_in("ann", new).status_code == 303


def test_a_role_and_a_site_that_were_taken_away_end_at_the_next_click(
    ann: Browser, store: Store, hold
) -> None:
    comment = hold()
    path = f"/console/comments/{SITE}/{comment.id}"
    assert ann.get(path).status_code == 200
    account = sites.user(store, "ann")
    sites.put_user(store, replace(account, role="viewer"))
    assert ann.get(path).status_code == 200
    assert ann.decide(comment, "spam").status_code == 403
    sites.put_user(store, replace(account, sites=()))
    assert ann.get(path).status_code == 404
    assert ann.decide(comment, "spam").status_code == 404


def test_an_account_that_is_gone_opens_nothing(ann: Browser, store: Store) -> None:
    store.redis.hdel(keys.USERS, "ann")
    assert ann.get("/console/review").status_code == 303


def test_what_people_do_is_in_the_audit_log(
    person: Callable[..., Browser], anyone: Browser, hold
) -> None:
    ann = person("ann")
    anyone.log_in("ann", "wrong")
    comment = hold("<b>not in the log</b>")
    ann.decide(comment, "spam")
    boss = person("boss", "administrator", ())
    page = boss.get("/console/audit").text
    for words in ("logged in", "was refused a log-in", "marked as spam", comment.id, "127.0.0.1"):
        assert words in page
    assert "not in the log" not in page
    only = boss.get("/console/audit?who=ann&what=spam").text
    assert comment.id in only
    assert "<td>logged in" not in only
    assert ann.get("/console/audit").status_code == 403


def test_the_command_line_lets_in_who_is_locked_out(
    settings, ann: Browser, anyone: Browser, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("WINNOW_REDIS_URL", settings.redis_url)
    monkeypatch.setenv("WINNOW_DATA", str(settings.data))
    monkeypatch.setenv("WINNOW_SECRET_KEY", settings.secret)
    for _ in range(sessions.BY_ACCOUNT):
        anyone.log_in("ann", "wrong")
    with pytest.raises(SystemExit) as ended:
        main(["user", "reset", "ann"])
    assert not ended.value.code
    new = capsys.readouterr().out.split()[-1]
    assert ann.get("/console/review").status_code == 303, "every log-in has ended"
    assert anyone.log_in("ann", new).status_code == 303


def test_two_pages_asked_for_at_once_after_a_log_in_have_one_token(anyone: Browser, person) -> None:
    person("ann")
    assert anyone.log_in("ann").status_code == 303
    cookie = anyone.client.get_cookie("winnow", path="/console")
    assert cookie is not None
    token = anyone.token()
    # The other page's answer came later, and so its cookie is the one that is kept.
    anyone.client.set_cookie("winnow", cookie.value, path="/console")
    anyone.get("/console/review")
    sent = anyone.client.post("/console/account/look", data={"csrf_token": token, "theme": "dark"})
    assert sent.status_code == 303
