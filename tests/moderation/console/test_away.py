"""While the store is away a page says so, and keeps what was typed but no secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from moderation.console.away import HEADER
from moderation.flow.runtime import Runtime
from moderation.flow.sites import administering
from moderation.store import Store
from tests.factories import SITE
from tests.moderation.console.conftest import PASSWORD, Browser, held_all

Away = Callable[[], "contextmanager[None]"]


@pytest.fixture
def away(runtime: Runtime, tmp_path: Path):
    """Return what takes the store away from the app for a while."""

    @contextmanager
    def gone() -> Iterator[None]:
        kept, runtime.store = runtime.store, Store.connect(f"unix://{tmp_path}/nowhere.sock")
        try:
            yield
        finally:
            runtime.store.close()
            runtime.store = kept

    return gone


def sent(browser: Browser, path: str, token: str, **fields: str):
    return browser.client.post(path, data={"csrf_token": token, **fields})


@pytest.mark.parametrize("path", ["review", "queue", "spam", "decisions", "models", "health"])
def test_every_screen_says_so_and_what_the_persons_sites_hear(
    ann: Browser, away, store, path: str
) -> None:
    administering.change_settings(store, SITE, held_all)
    ann.get("/console/queue")
    with away():
        answer = ann.get(f"/console/{path}")
        assert (answer.status_code, answer.headers[HEADER]) == (503, "away")
        assert "The store does not answer since" in answer.text
        assert "lamp stopped" in answer.text
        assert f"<b>{SITE}</b></td><td>held" in answer.text
        assert "other.example" not in answer.text
        assert f'href="/console/{path}" data-try' in answer.text
    assert ann.get(f"/console/{path}").status_code == 200


def test_who_is_not_known_is_shown_no_site(anyone: Browser, ann: Browser, away) -> None:
    ann.get("/console/queue")
    token = anyone.token()
    with away():
        answer = sent(anyone, "/console/login", token, name="ann", password=PASSWORD)
        assert answer.status_code == 503
        assert SITE not in answer.text and PASSWORD not in answer.text
        assert "What you sent is kept" not in answer.text


def test_a_log_in_that_has_ended_is_shown_no_site(ann: Browser, away, runtime: Runtime) -> None:
    ann.get("/console/queue")
    before = ann.client.get_cookie("winnow", path="/console")
    assert before is not None
    ann.post("/console/logout")
    ann.client.set_cookie("winnow", before.value, path="/console")
    assert ann.get("/console/queue").status_code == 303
    with away():
        assert SITE not in ann.get("/console/queue").text


def test_what_was_sent_stands_on_the_page_to_be_sent_again(ann: Browser, away, hold) -> None:
    comment = hold()
    token = ann.token()
    path = f"/console/comments/{comment.site}/{comment.id}/decision"
    fields = {"label": "spam", "etag": comment.etag, "note": '<b>"typed"</b>'}
    with away():
        answer = sent(ann, path, token, **fields)
        assert answer.status_code == 503
        assert "What you sent is kept on this page" in answer.text
        assert f'action="{path}"' in answer.text
        assert '<input type="hidden" name="label" value="spam">' in answer.text
        assert "&lt;b&gt;&#34;typed&#34;&lt;/b&gt;</textarea>" in answer.text
    assert sent(ann, path, token, **fields).status_code in (302, 303)


def test_passwords_are_not_written_into_the_page(ann: Browser, away) -> None:
    token = ann.token()
    with away():
        answer = sent(ann, "/console/account/password", token, old=PASSWORD, new="another good one")
    assert answer.status_code == 503
    assert PASSWORD not in answer.text and "another good one" not in answer.text


def test_a_page_that_stays_open_is_told_by_a_header_and_not_changed(ann: Browser, away) -> None:
    with away():
        answer = ann.get("/console/review/counts", headers={"HX-Request": "true"})
        assert (answer.status_code, answer.data, answer.headers[HEADER]) == (204, b"", "away")
