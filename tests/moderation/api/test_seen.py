"""What a caller has seen: tags of answers, 304, and lists that go on where they ended."""

import datetime as dt
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factories import SITE
from tests.moderation.api.conftest import Caller, is_problem

HELLO = {"content": "Hello, world", "external_id": "7"}


def read(api: Caller, comment_id: str, known: str = "") -> tuple[int, str]:
    """Return the status and the tag of a comment that is read with a tag in hand."""
    headers = {"If-None-Match": known} if known else {}
    answer = api.get(f"/v1/comments/{comment_id}", headers=headers)
    assert answer.status_code == 200 or not answer.data
    return answer.status_code, answer.headers["ETag"]


def test_the_tag_stands_in_every_answer_and_decides(api: Caller, work: Callable[[], int]) -> None:
    submitted = api.post("/v1/comments", HELLO).json
    assert submitted["etag"] == read(api, submitted["id"])[1]
    work()
    checked = api.post("/v1/check", {"content": "Another"}).json
    listed = api.get("/v1/comments").json["data"]
    assert [one["etag"] for one in listed] == [read(api, one["id"])[1] for one in listed]
    assert listed[0]["etag"] == checked["etag"]
    for one in listed:
        assert api.decide(one, "spam", one["etag"]).status_code == 200
        is_problem(api.decide(one, "ham", one["etag"]), 412, "stale")


def test_a_comment_that_is_not_stored_has_no_tag(api: Caller) -> None:
    assert "etag" not in api.post("/v1/check?record=false", HELLO).json


def test_what_was_not_changed_is_not_sent_again(api: Caller, work: Callable[[], int]) -> None:
    """A verdict and a decision make another answer; a tag of before is not good for it."""
    comment = api.post("/v1/comments", HELLO).json
    queued = comment["etag"]
    assert read(api, comment["id"], queued) == (304, queued)
    work()
    status, scored = read(api, comment["id"], queued)
    assert (status, scored == queued) == (200, False)
    for known in (scored, f"W/{scored}", f'"x", W/{scored} , "y"', "*", f'{scored[:-1]}-gzip"'):
        assert read(api, comment["id"], known)[0] == 304
    for known in ("1-0", '"x"', f'{scored} "y"', "x" * 9000, '"a",' * 900):
        assert read(api, comment["id"], known)[0] == 200
    # A tag of a comment without its verdict is good for a decision: that is not stale by it.
    assert api.decide(comment, "ham", queued).status_code == 200
    assert read(api, comment["id"], scored)[0] == 200


@pytest.mark.parametrize("path", ["settings", "lists"])
def test_settings_and_lists_are_not_sent_again(caller: Callable[..., Caller], path: str) -> None:
    admin = caller("admin", site="")
    shown = admin.get(f"/v1/sites/{SITE}/{path}")
    tag = shown.headers["ETag"]
    again = admin.get(f"/v1/sites/{SITE}/{path}", headers={"If-None-Match": f"W/{tag}"})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    sent = {**shown.json, "audit_share": 0.5} if path == "settings" else {"entries": []}
    where = f"/v1/sites/{SITE}/{path}"
    for seen, status in (('W/"other"', 412), (f"W/{tag}", 200)):
        saved = admin("PUT", where, json=sent, headers={"If-Match": seen})
        assert saved.status_code == status, saved.text


def test_a_cursor_alone_goes_on_with_its_list(api: Caller) -> None:
    sent = [{"content": f"{word} {n}"} for n in range(6) for word in ("plain", "é & ünsafe")]
    ids = [item["id"] for item in api.post("/v1/comments/batch", sent).json][1::2]
    page = api.get("/v1/comments", query_string={"q": "é ünsafe", "order": "oldest", "limit": 2})
    found = [one["id"] for one in page.json["data"]]
    while page.json["next"]:
        cursor = parse_qs(urlsplit(page.json["next"]).query)["cursor"][0]
        page = api.get("/v1/comments", query_string={"cursor": cursor, "limit": 2})
        assert page.status_code == 200, page.text
        found += [one["id"] for one in page.json["data"]]
    assert found == ids
    both = {"q": "é ünsafe", "order": "oldest", "cursor": cursor}
    assert api.get("/v1/comments", query_string=both).status_code == 200
    other = {**both, "q": "plain"}
    is_problem(api.get("/v1/comments", query_string=other), 400, "invalid-cursor")


def test_a_comment_is_found_by_what_its_site_calls_it(
    api: Caller, caller: Callable[..., Caller]
) -> None:
    mine = api.post("/v1/check", HELLO).json
    api.post("/v1/check", {"content": "Other", "external_id": "8"})
    other = caller("submit", "moderate", site="other.example")
    other.post("/v1/check", {"content": "Theirs", "external_id": "7"})

    def found(**query: str) -> list[str]:
        answer = api.get("/v1/comments", query_string={"external_id": "7", **query})
        assert answer.json["next"] is None
        return [one["id"] for one in answer.json["data"]]

    assert found() == [mine["id"]]
    assert found(q="hello") == [mine["id"]]
    assert found(q="other") == found(external_id="9") == found(to="2020-01-01T00:00:00Z") == []
    assert found(status="spam") == ([mine["id"]] if mine["status"] == "spam" else [])


def test_a_list_leaves_out_what_has_not_changed_since(api: Caller) -> None:
    sent = [{"content": f"number {n}"} for n in range(3)]
    comments = [api.post("/v1/check", one).json for one in sent]
    changed = api.decide(comments[0], "spam", "*").json
    since = dt.datetime.fromisoformat(changed["updated_at"])
    for at, number in ((since, 1), (since + dt.timedelta(seconds=1), 0)):
        answer = api.get("/v1/comments", query_string={"updated_from": at.isoformat()})
        kept = [one for one in answer.json["data"] if one["updated_at"] >= changed["updated_at"]]
        assert answer.json["data"] == kept
        assert len([one for one in kept if one["id"] == changed["id"]]) == number
