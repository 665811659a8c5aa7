"""Links by mail, against a real mail server: sent after the answer, and what fails is said."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from urllib.parse import quote

import pytest
from flask import Flask
from msgspec.structs import replace

from moderation.flow.outbound import mail
from moderation.flow.outbound.mail import Letter, MailError
from moderation.flow.people import letters, sessions
from moderation.flow.runtime import Runtime
from moderation.settings import Settings
from moderation.store import Store, keys, sites
from tests.e2e.running import free_port
from tests.mailserver import LOGIN, Box, authenticator, certificate, serving, tls
from tests.moderation.console.conftest import Browser
from tests.processes import until

LETTER = Letter("ruth@kiln.example", "Subject", "Text\n")
CHOSEN = "a password that was chosen"


@pytest.fixture
def box() -> Iterator[Box]:
    with serving(free_port()) as opened:
        yield opened


@pytest.fixture
def settings(settings: Settings, box: Box) -> Settings:
    """Return the settings of an installation that has this mail server."""
    return replace(settings, smtp_url=box.url, mail_from="winnow@kiln.example")


@pytest.fixture
def boss(person: Callable[..., Browser]) -> Browser:
    return person("boss", "administrator", ())


def invite(boss: Browser, email: str = "ines@kiln.example") -> str:
    asked = {"name": "ines", "email": email, "role": "viewer"}
    return boss.post("/console/people/invite", asked).text


def link_in(box: Box) -> str:
    """Return the path of the link in the one letter that came."""
    until(lambda: bool(box.letters), 20)
    (letter,) = box.letters
    found = re.search(r"http://\S+(/console/link/\S+)", letter.get_content())
    assert found
    return found.group(1)


def test_an_invitation_is_shown_and_sent(
    boss: Browser, anyone: Browser, box: Box, store: Store
) -> None:
    page = invite(boss)
    path = link_in(box)
    assert path in page
    (letter,) = box.letters
    assert letter["To"] == "ines@kiln.example" and "winnow@kiln.example" in letter["From"]
    assert letter["Auto-Submitted"] == "auto-generated" and letter["Date"] and letter["Message-ID"]
    assert anyone.get(path).status_code == 200
    until(lambda: letters.states_of(store, ["ines"]) == ["sent"], 20)
    assert "The mail server took the letter" in boss.get("/console/people/letter?name=ines").text


def test_a_mail_server_that_refuses_is_said_and_the_link_works(
    boss: Browser, anyone: Browser, box: Box, store: Store
) -> None:
    box.refused.add("ines@kiln.example")
    page = invite(boss)
    until(lambda: letters.states_of(store, ["ines"]) == ["address"], 20)
    said = boss.get("/console/people/person?name=ines").text
    assert "the mail server refuses the address" in said
    found = re.search(r'value="http://[^/"]+(/console/link/[\w-]+)"', page)
    assert found and anyone.get(found.group(1)).status_code == 200


def test_who_forgot_the_password_gets_a_link(
    ann: Browser, anyone: Browser, box: Box, store: Store
) -> None:
    sites.put_user(store, replace(sites.user(store, "ann"), email="ann@kiln.example"))
    assert "Forgot the password?" in anyone.get("/console/login").text
    anyone.post("/console/login/forgotten", {"name": " ann "})
    path = link_in(box)
    assert ann.get("/console/review").status_code == 200, "asking alone changes nothing"
    fields = {"secret": path.rpartition("/")[2], "password": CHOSEN}
    assert anyone.post("/console/link", fields).status_code == 303
    assert anyone.get("/console/review").status_code == 200
    assert ann.get("/console/review").status_code == 303


def test_asking_tells_nobody_who_has_an_account(
    ann: Browser, boss: Browser, anyone: Browser, box: Box, store: Store, app: Flask
) -> None:
    sites.put_user(store, replace(sites.user(store, "ann"), email="ann@kiln.example"))
    pages = {
        anyone.post("/console/login/forgotten", {"name": name}).text.replace(name, "")
        for name in ("boss", "nobody", "x" * 300, "", "ann")
    }
    assert len({re.sub(r'content="[^"]+"', "", page) for page in pages}) == 1
    # The letters are written one after the other: when the last came, the others would be here.
    link_in(box)


def test_asking_is_limited_for_every_name_alike(anyone: Browser, ann: Browser) -> None:
    for name in ("ann", "nobody"):
        answers = [
            anyone.post("/console/login/forgotten", {"name": name}).status_code
            for _ in range(sessions.BY_ACCOUNT + 1)
        ]
        assert answers == [200] * sessions.BY_ACCOUNT + [429]


def test_a_letter_that_nobody_will_send_is_said_to_be_lost(store: Store, boss: Browser) -> None:
    name = keys.mailed(sessions.account_digest("boss"))
    store.redis.set(name, "1790000000000 waiting")
    assert letters.states_of(store, ["boss", "nobody"]) == ["lost", ""]
    assert "Winnow was stopped" in boss.get("/console/people/person?name=boss").text


def test_without_a_mail_server_nothing_offers_mail(
    runtime: Runtime, boss: Browser, anyone: Browser
) -> None:
    runtime.settings = replace(runtime.settings, smtp_url="")
    assert "Forgot the password?" not in anyone.get("/console/login").text
    assert anyone.get("/console/login/forgotten").status_code == 303
    assert "Copy it now" in invite(boss)


def test_a_password_goes_over_tls_and_to_a_server_that_is_who_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path)
    name, password = (quote(word, safe="") for word in LOGIN)
    options = {"authenticator": authenticator}
    starttls = {"tls_context": tls(path), "require_starttls": True, "auth_required": True}
    for scheme, more in (("smtp", starttls), ("smtps", {"ssl_context": tls(path)})):
        with serving(
            free_port(), scheme, **options, **more, auth_require_tls=scheme == "smtp"
        ) as box:
            at = box.url.replace("://", f"://{name}:{password}@")
            monkeypatch.delenv("SSL_CERT_FILE", raising=False)
            assert why(at) == "tls", "nobody vouches for it"
            monkeypatch.setenv("SSL_CERT_FILE", str(path))
            with mail.connected(Settings(smtp_url=at, mail_from="a@b.example")) as send:
                send(LETTER)
            assert box.by_tls == [True]
            assert why(box.url.replace("://", f"://{name}:wrong@")) == "login"


def test_a_password_is_told_to_no_server_without_tls(box: Box, monkeypatch) -> None:
    monkeypatch.setattr(mail, "_is_here", lambda host: False)
    assert why(box.url.replace("://", "://winnow:secret@")) == "tls"


def test_what_is_no_mail_server_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert why(f"smtp://127.0.0.1:{free_port()}") == "unreachable"
    monkeypatch.setattr(mail, "STEP_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = monotonic()
        assert why(f"smtp://127.0.0.1:{silent.getsockname()[1]}") == "unreachable"
        assert monotonic() - began < 10


def test_a_server_that_answers_drop_by_drop_is_cut_off() -> None:
    import threading

    with socket.create_server(("127.0.0.1", 0)) as slow:
        ended = threading.Event()

        def drip() -> None:
            connection, _ = slow.accept()
            with connection:
                connection.sendall(b"220 slow\r\n")
                while not ended.wait(0.1):
                    try:
                        connection.sendall(b"250-x\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        began = monotonic()
        at = f"smtp://127.0.0.1:{slow.getsockname()[1]}"
        with pytest.raises(MailError), mail.connected(Settings(smtp_url=at), 1.0) as send:
            send(LETTER)
        took = monotonic() - began
        ended.set()
        thread.join()
        assert took < 10


def why(url: str) -> str:
    """Return why a letter cannot be sent by an address."""
    settings = Settings(smtp_url=url, mail_from="a@b.example")
    with pytest.raises(MailError) as failed, mail.connected(settings) as send:
        send(LETTER)
    return failed.value.why
