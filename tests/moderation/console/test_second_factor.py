"""The second factor: set up with the password, asked for at log-in, each code good once."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from msgspec.structs import replace

from moderation.domain.errors import NotAuthorised
from moderation.flow.people import links, second, sessions
from moderation.flow.people.sessions import Where
from moderation.flow.runtime import Runtime
from moderation.flow.sites import administering
from moderation.store import Store, keys, sites
from tests.moderation.console.conftest import PASSWORD, Browser, everything

START_MS = 1_790_000_000_000


class Clock:
    """What time it is for codes, moved by tests."""

    def __init__(self) -> None:
        self.ms = START_MS

    def __call__(self) -> int:
        return self.ms

    def steps(self, number: int) -> None:
        self.ms += 30_000 * number


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(second, "now_ms", made)
    return made


class Phone:
    """An authenticator that knows one secret."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._totp, self._clock = pyotp.TOTP(secret), clock

    def code(self, steps: int = 0) -> str:
        return self._totp.at(self._clock.ms // 1000 + 30 * steps)


def set_up(browser: Browser, clock: Clock) -> tuple[Phone, list[str]]:
    """Set a second factor up as a person does, and return the phone and the recovery codes."""
    browser.post("/console/account/factor", {"password": PASSWORD})
    page = browser.get("/console/account/factor").text
    found = re.search(r'class="secret"[^>]*>([A-Z2-7 ]+)<', page)
    assert found
    phone = Phone(found.group(1).replace(" ", ""), clock)
    done = browser.post("/console/account/factor/confirm", {"code": phone.code()})
    codes = re.findall(r"<li><code>([a-z2-7-]+)</code>", done.text)
    assert len(set(codes)) == 10
    clock.steps(1)
    return phone, codes


@pytest.fixture
def phone(ann: Browser, clock: Clock) -> tuple[Phone, list[str]]:
    return set_up(ann, clock)


def give(browser: Browser, code: str) -> int:
    """Log in by password and code, and return what the code was answered with."""
    assert browser.log_in("ann").headers["Location"].startswith("/console/login/code")
    return browser.post("/console/login/code", {"code": code}).status_code


def test_the_password_alone_opens_nothing(anyone: Browser, phone: tuple[Phone, list[str]]) -> None:
    answer = anyone.log_in("ann")
    assert answer.headers["Location"].startswith("/console/login/code")
    assert anyone.get("/console/review").status_code == 303
    assert "the six digits" in anyone.get("/console/login/code").text
    assert anyone.post("/console/login/code", {"code": phone[0].code()}).status_code == 303
    assert anyone.get("/console/review").status_code == 200


def test_the_way_on_is_kept_over_both_steps(
    anyone: Browser, phone: tuple[Phone, list[str]]
) -> None:
    target = "/console/queue?band=unsure"
    answer = anyone.post("/console/login", {"name": "ann", "password": PASSWORD, "next": target})
    page = anyone.get(answer.headers["Location"]).text
    assert f'name="next" value="{target}"' in page
    done = anyone.post("/console/login/code", {"code": phone[0].code(), "next": target})
    assert done.headers["Location"] == target


def test_a_code_may_be_one_step_off(
    anyone: Browser, phone: tuple[Phone, list[str]], clock: Clock
) -> None:
    answers = {}
    for off in (-2, -1, 0, 1, 2):
        clock.steps(5)
        answers[off] = give(anyone, phone[0].code(off))
    assert answers == {-2: 401, -1: 303, 0: 303, 1: 303, 2: 401}


def test_the_last_code_still_works_but_not_after_a_newer_one(
    anyone: Browser, phone: tuple[Phone, list[str]], clock: Clock
) -> None:
    clock.steps(5)
    assert give(anyone, phone[0].code(-1)) == 303
    assert give(anyone, phone[0].code(0)) == 303
    assert give(anyone, phone[0].code(-1)) == 401


def test_a_code_is_good_once_and_the_one_that_confirmed_is_used(
    ann: Browser, anyone: Browser, clock: Clock
) -> None:
    phone, _ = set_up(ann, clock)
    assert give(anyone, phone.code(-1)) == 401, "it confirmed the second factor"
    code = phone.code()
    assert give(anyone, code) == 303
    assert give(anyone, code) == 401


def test_a_code_sent_twice_at_once_logs_in_once(
    runtime: Runtime, phone: tuple[Phone, list[str]]
) -> None:
    code = phone[0].code()
    halves = [sessions.log_in(runtime, "ann", PASSWORD, Where("192.0.2.1")) for _ in range(5)]

    def complete(half: sessions.Entered) -> bool:
        try:
            second.complete(runtime, half.secret, code, Where("192.0.2.1"))
        except NotAuthorised:
            return False
        return True

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(complete, halves)) == 1


def test_blanks_and_digits_of_any_script_are_taken(
    anyone: Browser, phone: tuple[Phone, list[str]], clock: Clock
) -> None:
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    for written in ("{0} {1}", " {0}-{1} ", "{0}\u202f{1}", "{0}{1}\n"):
        for script in ({}, arabic):
            clock.steps(1)
            code = phone[0].code().translate(script)
            assert give(anyone, written.format(code[:3], code[3:])) == 303, written


def test_what_is_no_code_is_refused(anyone: Browser, phone: tuple[Phone, list[str]]) -> None:
    anyone.log_in("ann")
    for code in ("", "0", "12345", "1234567", "abcdef", "\0", "é" * 64, "9" * 999):
        answer = anyone.post("/console/login/code", {"code": code})
        assert answer.status_code == 401, code


def test_codes_are_limited_and_the_right_password_forgives_none(
    anyone: Browser, phone: tuple[Phone, list[str]], store: Store
) -> None:
    anyone.log_in("ann")
    for _ in range(sessions.BY_ACCOUNT):
        assert anyone.post("/console/login/code", {"code": "12"}).status_code == 401
    assert give(anyone, phone[0].code()) == 429
    administering.let_in(store, "ann", PASSWORD)
    assert anyone.log_in("ann").headers["Location"] == "/console/review", "no second factor"


def test_who_reads_the_mail_cannot_try_codes_for_ever(
    anyone: Browser, phone: tuple[Phone, list[str]], store: Store
) -> None:
    anyone.log_in("ann")
    for _ in range(sessions.BY_ACCOUNT):
        assert anyone.post("/console/login/code", {"code": "12"}).status_code == 401
    secret = links.make(store, "ann", "forgotten", links.By("ann"))
    chosen = {"secret": secret, "password": "another password of the tests"}
    answer = anyone.post("/console/link", chosen)
    assert answer.headers["Location"].startswith("/console/login/code")
    given = anyone.post("/console/login/code", {"code": phone[0].code()})
    assert given.status_code == 429, "a new password by a link forgives no code"


def test_each_recovery_code_works_once(anyone: Browser, phone: tuple[Phone, list[str]]) -> None:
    _, codes = phone
    assert give(anyone, codes[3].upper().replace("-", " ")) == 303
    assert give(anyone, codes[3]) == 401
    assert give(anyone, codes[4]) == 303
    account = anyone.get("/console/account").text
    assert "8 recovery codes are left" in account


def test_recovery_codes_made_anew_end_those_before(
    ann: Browser, anyone: Browser, phone: tuple[Phone, list[str]]
) -> None:
    wrong = ann.post("/console/account/factor/codes", {"password": "wrong"})
    assert wrong.status_code == 422
    page = ann.post("/console/account/factor/codes", {"password": PASSWORD}).text
    (new, *_) = re.findall(r"<li><code>([a-z2-7-]+)</code>", page)
    assert give(anyone, phone[1][0]) == 401
    assert give(anyone, new) == 303


def test_nothing_of_it_stands_readable_in_the_store(
    ann: Browser, store: Store, clock: Clock
) -> None:
    ann.post("/console/account/factor", {"password": PASSWORD})
    page = ann.get("/console/account/factor").text
    found = re.search(r'class="secret"[^>]*>([A-Z2-7 ]+)<', page)
    assert found
    secret = found.group(1).replace(" ", "")
    found_before = everything(store)
    done = ann.post("/console/account/factor/confirm", {"code": Phone(secret, clock).code()})
    codes = re.findall(r"<li><code>([a-z2-7-]+)</code>", done.text)
    stored = found_before + everything(store)
    assert b"ann" in stored and len(codes) == 10
    words = (secret, *codes, *(code.replace("-", "") for code in codes))
    assert [word for word in words if word.encode() in stored] == []


def test_setting_it_up_takes_the_password_and_a_right_code(ann: Browser, clock: Clock) -> None:
    assert ann.post("/console/account/factor", {"password": "wrong"}).status_code == 422
    assert ann.get("/console/account/factor").headers["Location"] == "/console/account"
    ann.post("/console/account/factor", {"password": PASSWORD})
    wrong = ann.post("/console/account/factor/confirm", {"code": "12"})
    assert wrong.status_code == 422 and "The code is wrong" in wrong.text
    assert "Set it up" in ann.get("/console/account").text


def test_a_draft_is_one_log_ins_own(ann: Browser, anyone: Browser, clock: Clock) -> None:
    ann.post("/console/account/factor", {"password": PASSWORD})
    anyone.log_in("ann")
    assert anyone.get("/console/account/factor").headers["Location"] == "/console/account"


def test_confirming_twice_shows_the_codes_once_and_leaves_them_good(
    ann: Browser, anyone: Browser, clock: Clock
) -> None:
    phone, codes = set_up(ann, clock)
    again = ann.post("/console/account/factor/confirm", {"code": phone.code()})
    assert again.headers["Location"] == "/console/account"
    assert give(anyone, codes[0]) == 303


def test_it_is_given_up_with_the_password_alone(
    ann: Browser, anyone: Browser, phone: tuple[Phone, list[str]]
) -> None:
    assert ann.post("/console/account/factor/off", {"password": "wrong"}).status_code == 422
    assert ann.post("/console/account/factor/off", {"password": PASSWORD}).status_code == 303
    assert anyone.log_in("ann").headers["Location"] == "/console/review"


def test_an_administrator_takes_it_away_and_the_log_says_so(
    person: Callable[..., Browser], anyone: Browser, phone: tuple[Phone, list[str]]
) -> None:
    boss = person("boss", "administrator", ())
    assert boss.post("/console/people/second", {"name": "ann"}).status_code == 303
    assert anyone.log_in("ann").headers["Location"] == "/console/review"
    assert "took away the second factor of" in boss.get("/console/audit?what=second_reset").text


def test_a_half_is_void_when_the_password_changed(
    anyone: Browser, store: Store, phone: tuple[Phone, list[str]]
) -> None:
    anyone.log_in("ann")
    user = sites.user(store, "ann")
    administering.change_password(store, "ann", "another password of the tests")
    changed = sites.user(store, "ann")
    assert user and changed and changed.second == user.second
    assert anyone.post("/console/login/code", {"code": phone[0].code()}).status_code == 401


def test_a_half_ends_by_itself_and_opens_no_page(
    anyone: Browser, store: Store, phone: tuple[Phone, list[str]]
) -> None:
    anyone.log_in("ann")
    (half,) = store.redis.keys(keys.ticket("code", "*"))
    assert 0 < store.redis.pttl(half) <= sessions.HALF_MS
    for path in ("review", "account", "people", "first"):
        assert anyone.get(f"/console/{path}").status_code == 303, path
    store.redis.delete(half)
    assert anyone.get("/console/login/code").headers["Location"] == "/console/login"


def test_under_another_secret_codes_are_refused_and_the_operator_is_told(
    runtime: Runtime, anyone: Browser, phone: tuple[Phone, list[str]], store: Store, caplog
) -> None:
    user = sites.user(store, "ann")
    assert user and user.second
    sealed = second.seal(b"another secret of the installation!!", "A" * 32).decode()
    sites.put_user(store, replace(user, second=replace(user.second, sealed=sealed)))
    assert give(anyone, phone[0].code()) == 401
    assert "user reset" in caplog.text


def test_the_picture_says_what_the_letters_say(ann: Browser, clock: Clock) -> None:
    ann.post("/console/account/factor", {"password": PASSWORD})
    page = ann.get("/console/account/factor").text
    found = re.search(r'viewBox="0 0 (\d+) \1" width="220"', page)
    assert found and re.search(r'<path d="(?:M\d+ \d+h1v1h-1z)+"', page)
    assert "<img" not in page.partition("<main")[2]
