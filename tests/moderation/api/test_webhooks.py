"""The calls of webhooks: who may make them, what they show, and what they never do."""

from __future__ import annotations

import pytest

from moderation.flow.runtime import Runtime
from moderation.flow.webhooks import sending
from tests.factories import SITE
from tests.moderation.api.conftest import Caller, is_problem
from tests.webserver import Site

PATH = f"/v1/sites/{SITE}/webhooks"


def test_a_webhook_is_made_changed_rotated_and_removed(admin: Caller) -> None:
    made = admin.post(PATH, {"url": "https://blog.example/hook?x=1"})
    assert made.status_code == 201
    assert made.json["secret"].startswith("whsec_")
    at = made.headers["Location"]
    assert at == f"{PATH}/{made.json['id']}"
    shown = admin.get(at).json
    assert "secret" not in shown
    assert shown["events"] == ["comment.scored", "comment.changed", "model.promoted"]
    assert (shown["personal"], shown["disabled"], shown["secrets"]) == (False, None, 1)
    changed = admin("PATCH", at, json={"events": ["comment.changed"], "enabled": False}).json
    assert (changed["events"], changed["disabled"]) == (["comment.changed"], "by hand")
    assert admin("PATCH", at, json={"enabled": True}).json["disabled"] is None
    rotated = admin.post(f"{at}/rotate", {"overlap_hours": 1})
    assert rotated.status_code == 201
    assert rotated.json["secret"] != made.json["secret"]
    assert [one["secrets"] for one in admin.get(PATH).json["data"]] == [2]
    assert admin.delete(at).status_code == 204
    is_problem(admin.get(at), 404, "not-found")
    assert admin.get(PATH).json == {"data": []}


@pytest.mark.parametrize(
    "url",
    [
        "ftp://blog.example/", "blog.example/hook", "http://", "javascript:alert(1)",
        "http://ann:secret@blog.example/", "http://blog.example:port/", "http://[::1/",
        "http://blog.example/a b", "http://blog.example/\n", "file:///etc/passwd", "",
        "http://blog.example/" + "x" * 2048,
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_told_is_refused(admin: Caller, url: str) -> None:
    problem = is_problem(admin.post(PATH, {"url": url}), 422, "validation")
    assert problem["errors"][0]["pointer"] == "/url"
    assert admin.get(PATH).json == {"data": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {"events": []}, {"events": ["comment.eaten"]}, {"events": ["comment.scored"] * 2},
        {"personal": "yes"}, {"colour": 1},
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_is_refused(admin: Caller, wrong: dict[str, object]) -> None:
    answer = admin.post(PATH, {"url": "https://blog.example/", **wrong})
    assert answer.status_code == 422, answer.text
    assert admin.get(PATH).json == {"data": []}


def test_a_site_has_ten_at_most(admin: Caller) -> None:
    for n in range(10):
        assert admin.post(PATH, {"url": f"https://blog.example/{n}"}).status_code == 201
    assert admin.post(PATH, {"url": "https://blog.example/"}).status_code == 422
    assert len(admin.get(PATH).json["data"]) == 10


def test_no_token_of_a_site_and_no_other_site_reaches_it(api: Caller, admin: Caller) -> None:
    made = admin.post(PATH, {"url": "https://blog.example/"}).json["id"]
    for method, path in (
        ("GET", PATH), ("POST", PATH), ("GET", f"{PATH}/{made}"), ("DELETE", f"{PATH}/{made}"),
        ("GET", f"{PATH}/{made}/deliveries"),
    ):  # fmt: skip
        is_problem(api(method, path), 403, "forbidden")
    for path in (f"/v1/sites/other.example/webhooks/{made}", "/v1/sites/nobody/webhooks"):
        is_problem(admin.get(path), 404, "not-found")


def test_metrics_say_who_is_not_told(
    admin: Caller, api: Caller, anyone: Caller, runtime: Runtime, receiver: Site
) -> None:
    made = admin.post(PATH, {"url": f"http://127.0.0.1:{receiver.port}/"}).json["id"]
    api.post("/v1/check", {"content": "Which port does it use?"})
    sending.spread(runtime, SITE)
    sending.send_one(runtime, SITE, made)
    text = anyone.get("/metrics").text
    assert 'winnow_webhooks_total{outcome="failed"} 1.0' in text
    assert 'winnow_webhooks_not_told{state="failing"} 1.0' in text
    assert 'winnow_webhooks_not_told{state="disabled"} 0.0' in text
