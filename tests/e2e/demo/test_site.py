"""The demo site by itself: what it keeps, what it believes, what it does while Winnow is away."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from standardwebhooks.webhooks import Webhook as Signer

from tests.e2e.running import ROOT
from tests.webserver import Site

FOLDER = ROOT / "deploy" / "demo"
SECRET = "whsec_c2VjcmV0IG9mIHRoZSBkZW1vIHNpdGUncyB0ZXN0cw=="


@pytest.fixture
def winnow() -> Iterator[Site]:
    """Return what the site takes for Winnow; it answers as told."""
    made = Site()
    made.status = 503
    yield made
    made.close()


@pytest.fixture
def site(winnow: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Return the demo site."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import blog

    yield blog.create_site({
        "DEMO_DATA": str(tmp_path), "DEMO_SECRET": SECRET, "DEMO_TOKEN": "wnw_x",
        "DEMO_WINNOW_URL": f"http://127.0.0.1:{winnow.port}", "DEMO_SITE": "demo",
        "DEMO_PUBLIC_URL": "http://winnow.example",
    })  # fmt: skip
    for name in ("blog", "comments", "winnow"):
        sys.modules.pop(name, None)


@pytest.fixture
def visitor(site: Flask) -> FlaskClient:
    """Return a visitor who opened the page."""
    client = site.test_client()
    client.get("/")
    return client


def answer(winnow: Site, status: str, at: str = "2026-11-28T20:00:00.5Z") -> None:
    """Have Winnow answer checks so."""

    def check(sent: bytes) -> bytes:
        asked = json.loads(sent)
        told = {"external_id": asked["external_id"], "status": status, "updated_at": at}
        return json.dumps({**told, "recorded": True}).encode()

    winnow.status, winnow.body = 200, check


def tell(visitor: FlaskClient, comment: str, status: str, at: str, **more: Any) -> int:
    """Tell the site of a comment as Winnow does; return its answer's status."""
    body = json.dumps({
        "type": more.get("type", "comment.changed"), "timestamp": at,
        "data": {"external_id": comment, "status": status, "updated_at": at},
    })  # fmt: skip
    now = dt.datetime.now(dt.UTC)
    signed = Signer(more.get("secret", SECRET)).sign("msg_1", now, body)
    headers = {
        "webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signed,
    }  # fmt: skip
    sent = more.get("sent", body)
    return visitor.post("/winnow-webhook", data=sent, headers=headers).status_code


def post(visitor: FlaskClient, content: str = "A text about bread.", **fields: str) -> str:
    """Post a comment and return its id."""
    found = visitor.post("/comments", data={"name": "Ada", "content": content, **fields})
    assert found.status_code == 303
    return str(found.headers["Location"]).partition("#c-")[2]


def shown(visitor: FlaskClient, comment: str) -> str:
    """Return how a comment is shown, '' where it is not."""
    page = visitor.get("/comments").text
    found = page.partition(f'id="c-{comment}" class="')[2]
    return found.partition('"')[0]


def test_what_winnow_could_not_be_asked_about_is_asked_again(
    visitor: FlaskClient, winnow: Site
) -> None:
    first = post(visitor)
    assert shown(visitor, first) == "awaiting"
    answer(winnow, "approved")
    second = post(visitor, "Another text about bread.")
    assert [shown(visitor, one) for one in (first, second)] == ["published", "published"]
    asked = [json.loads(body) for _, _, body in winnow.heard]
    assert [one["external_id"] for one in asked] == [first, first, second]


def test_what_the_check_could_not_record_is_asked_again(visitor: FlaskClient, winnow: Site) -> None:
    winnow.status, winnow.body = 200, b'{"recorded": false, "status": "approved", "id": null}'
    comment = post(visitor)
    assert shown(visitor, comment) == "awaiting"
    answer(winnow, "approved")
    post(visitor, "Another text.")
    assert shown(visitor, comment) == "published"


def test_a_newer_word_is_never_undone_by_an_older_one(visitor: FlaskClient, winnow: Site) -> None:
    answer(winnow, "held")
    comment = post(visitor)
    assert tell(visitor, comment, "spam", "2026-11-28T20:00:10Z") == 204
    assert tell(visitor, comment, "approved", "2026-11-28T20:00:10.25Z") == 204
    assert tell(visitor, comment, "spam", "2026-11-28T20:00:10Z") == 204
    assert shown(visitor, comment) == "published"


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "whsec_YW5vdGhlciBzZWNyZXQgb2Ygc29tZWJvZHkgZWxzZQ=="},
        {"sent": '{"type":"comment.changed","data":{}}'}, {"sent": b"\xff\xfe"},
    ],
)  # fmt: skip
def test_what_winnow_did_not_sign_is_refused(
    visitor: FlaskClient, winnow: Site, wrong: dict[str, Any]
) -> None:
    answer(winnow, "held")
    comment = post(visitor)
    assert tell(visitor, comment, "approved", "2026-11-28T20:00:10Z", **wrong) == 401
    assert shown(visitor, comment) == "awaiting"


def test_what_is_about_no_comment_of_ours_is_taken_and_ignored(visitor: FlaskClient) -> None:
    at = "2026-11-28T20:00:10Z"
    assert tell(visitor, "nobody's", "approved", at) == 204
    assert tell(visitor, "x", "approved", at, type="model.promoted") == 204


def test_a_form_says_how_long_it_was_open_and_nobody_makes_that_up(
    visitor: FlaskClient, winnow: Site
) -> None:
    answer(winnow, "approved")
    opened = visitor.get("/").text.partition('name="opened" value="')[2].partition('"')[0]
    post(visitor, opened=opened, homepage="http://a.example")
    post(visitor, opened="0.made.up")
    first, second = (json.loads(body) for _, _, body in winnow.heard)
    assert 0 <= first["form_ms"] < 60_000
    assert first["honeypot"] == "http://a.example"
    assert "form_ms" not in second


def test_markup_in_a_comment_is_text(visitor: FlaskClient, winnow: Site) -> None:
    answer(winnow, "approved")
    post(visitor, "<script>alert(1)</script>", name='"><b>')
    page = visitor.get("/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_empty_page_invites_and_an_empty_comment_is_refused(visitor: FlaskClient) -> None:
    page = visitor.get("/").text
    assert "Be the first to comment." in page
    assert 'href="http://winnow.example/privacy/demo"' in page
    assert visitor.post("/comments", data={"content": "  "}).status_code == 422


def test_it_imports_nothing_of_ours() -> None:
    for path in FOLDER.glob("*.py"):
        assert not any(
            line.startswith((f"import {ours}", f"from {ours}"))
            for line in path.read_text().splitlines()
            for ours in ("moderation", "classifier", "workers", "tests")
        ), path


def test_the_list_is_not_sent_again_while_it_is_the_same(visitor: FlaskClient) -> None:
    first = visitor.get("/comments")
    same = visitor.get("/comments", headers={"If-None-Match": first.headers["ETag"]})
    assert same.status_code == 304
