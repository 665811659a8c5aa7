"""Sites over JSON: made, chosen for as they were seen, retired; every change holds at once."""

from __future__ import annotations

import datetime as dt

import pytest

from moderation.app import create_app
from moderation.settings import Settings
from tests.factories import SITE
from tests.moderation.api.conftest import Caller, is_problem

PATH = f"/v1/sites/{SITE}"


@pytest.fixture
def other(settings: Settings, api: Caller):
    """Return the same caller on another web process."""
    app = create_app(settings)
    yield Caller(app.test_client(), api.token)
    app.extensions["winnow"].close()


def later(**away: int) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(**away)).isoformat()


def put(admin: Caller, path: str, given, etag: str | None):
    headers = {"If-Match": etag} if etag else {}
    return admin("PUT", path, json=given, headers=headers)


def save(admin: Caller, *entries: dict[str, str]):
    etag = admin.get(f"{PATH}/lists").headers["ETag"]
    return put(admin, f"{PATH}/lists", {"entries": list(entries)}, etag)


def verdict(api: Caller, content: str = "A kiln for sale.", **author: str):
    answer = api.post("/v1/check", {"content": content, "author": author})
    assert answer.status_code == 200, answer.text
    return answer.json["verdict"]


WORDS = {"kind": "words", "value": "kiln", "action": "spam"}


def test_a_site_is_made_and_read(admin: Caller):
    made = admin.post("/v1/sites", {"name": "new.example"})
    assert (made.status_code, made.headers["Location"]) == (201, "/v1/sites/new.example")
    assert made.json["settings"]["mode"] == "enforce"
    assert made.json["settings"]["retention"]["spam"] == 90
    assert admin.get("/v1/sites/new.example").json == made.json
    assert "new.example" in [one["name"] for one in admin.get("/v1/sites").json["data"]]
    is_problem(admin.post("/v1/sites", {"name": "new.example"}), 409, "conflict")
    for name in ("", "No Caps", "-x", "a" * 64):
        is_problem(admin.post("/v1/sites", {"name": name}), 422, "validation")


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", ""), ("POST", "/retire"), ("POST", "/reopen"), ("GET", "/settings"),
        ("GET", "/attack"), ("GET", "/lists"), ("GET", "/tokens"), ("GET", "/keys"),
        ("POST", "/keys"), ("POST", "/keys/rotate"), ("DELETE", "/attack"),
    ],
)  # fmt: skip
def test_a_site_that_is_not_there_is_not_found(admin: Caller, method, path):
    is_problem(admin(method, f"/v1/sites/nowhere.example{path}"), 404, "not-found")


def test_a_token_of_a_site_may_change_nothing(api: Caller):
    is_problem(api.get("/v1/sites"), 403, "forbidden")
    is_problem(api.get(f"{PATH}/lists"), 403, "forbidden")


def test_settings_are_changed_as_they_were_seen(admin: Caller):
    seen = admin.get(f"{PATH}/settings")
    is_problem(put(admin, f"{PATH}/settings", {}, None), 428, "precondition-required")
    changed = put(admin, f"{PATH}/settings", {"mode": "observe", "hold": 0.3}, seen.headers["ETag"])
    assert (changed.status_code, changed.json["mode"], changed.json["hold"]) == (
        200,
        "observe",
        0.3,
    )
    stale = put(admin, f"{PATH}/settings", {"mode": "enforce"}, seen.headers["ETag"])
    is_problem(stale, 412, "stale")
    headers = {"If-Match": changed.headers["ETag"]}
    some = admin("PATCH", f"{PATH}/settings", json={"retention": {"spam": 7}, "hold": None},
                 headers=headers)  # fmt: skip
    assert some.json["retention"] == {"queued": 365, "approved": 180, "held": 365, "spam": 7}
    assert (some.json["mode"], some.json["hold"]) == ("observe", None)
    assert put(admin, f"{PATH}/settings", {}, "*").json["retention"]["spam"] == 90


@pytest.mark.parametrize(
    "given, pointer",
    [
        ({"hold": 0.9, "reject": 0.5}, "/hold"),
        ({"hold": 1.5}, "/hold"),
        ({"mode": "<b>"}, "/mode"),
        ({"retention": {"spam": -1}}, "/retention/spam"),
        ({"nothing": 1}, "/nothing"),
        ({"trusted_roles": ["a,b"]}, "/trusted_roles"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_settings_that_cannot_be_are_refused_by_their_place(admin: Caller, method, given, pointer):
    before = admin.get(f"{PATH}/settings").json
    answer = admin(method, f"{PATH}/settings", json=given, headers={"If-Match": "*"})
    problem = is_problem(answer, 422, "validation")
    assert problem["errors"][0]["pointer"] == pointer
    assert "<b>" not in answer.text
    assert admin.get(f"{PATH}/settings").json == before


def test_a_list_holds_for_the_next_verdict_of_every_process(admin, api: Caller, other: Caller):
    for caller in (api, other):
        assert verdict(caller)["decided_by"] == "model"
    saved = save(admin, WORDS)
    assert saved.status_code == 200
    for caller in (api, other):
        found = verdict(caller)
        assert (found["status"], found["decided_by"]) == ("spam", "rule")
        assert found["reasons"][0]["code"] == "listed_words"
        assert "number 1" in found["reasons"][0]["text"]
        assert found["signals"] == {"list_entry": 1.0}
    allow = {"kind": "email", "value": "*@mail.example", "action": "approve"}
    assert save(admin, allow, WORDS).json["entries"][1]["number"] == 1
    for caller in (api, other):
        assert verdict(caller, email="ann@mail.example")["status"] == "approved"
        assert verdict(caller)["status"] == "spam"
    assert save(admin).json == {"entries": []}
    for caller in (api, other):
        assert verdict(caller)["decided_by"] == "model"


def test_what_is_submitted_is_judged_by_the_list_too(admin, api: Caller, work):
    api.post("/v1/comments", {"content": "A kiln for sale."})
    save(admin, WORDS)
    work()
    (comment,) = api.get("/v1/comments?status=spam").json["data"]
    assert comment["verdict"]["reasons"][0]["code"] == "listed_words"


def test_a_list_is_replaced_as_it_was_seen_and_keeps_who_wrote_what(admin: Caller):
    empty = admin.get(f"{PATH}/lists").headers["ETag"]
    is_problem(put(admin, f"{PATH}/lists", {"entries": []}, None), 428, "precondition-required")
    saved = put(admin, f"{PATH}/lists", {"entries": [WORDS]}, empty)
    is_problem(put(admin, f"{PATH}/lists", {"entries": []}, empty), 412, "stale")
    (entry,) = saved.json["entries"]
    assert (entry["by"], entry["note"], entry["value"]) == ("token:test", "", "kiln")
    assert admin.get(f"{PATH}/lists").headers["ETag"] == saved.headers["ETag"]


@pytest.mark.parametrize(
    "entry, pointer",
    [
        ({**WORDS, "value": "!!"}, "/entries/1/value"),
        ({**WORDS, "value": "kiln"}, "/entries/1/value"),
        ({**WORDS, "action": "reject"}, "/entries/1/action"),
        ({**WORDS, "kind": "regex"}, "/entries/1/kind"),
        ({**WORDS, "value": "x" * 321}, "/entries/1/value"),
        ({"kind": "address", "value": "<b>", "action": "spam"}, "/entries/1/value"),
        ({"kind": "words", "action": "spam"}, "/entries/1/value"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_by_its_place(admin: Caller, entry, pointer):
    for answer in (save(admin, WORDS, entry),
                   admin.post(f"{PATH}/lists/test", {"entries": [WORDS, entry]})):  # fmt: skip
        problem = is_problem(answer, 422, "validation")
        assert problem["errors"][0]["pointer"] == pointer
        assert "<b>" not in answer.text
    assert admin.get(f"{PATH}/lists").json == {"entries": []}


def test_a_list_has_a_bound(admin: Caller):
    many = [{**WORDS, "value": f"kiln {n}"} for n in range(65_001)]
    is_problem(save(admin, *many), 422, "validation")


def test_a_draft_is_tried_and_nothing_is_changed(admin: Caller, api: Caller):
    kept = api.post("/v1/check", {"content": "My kiln is fine."}, headers={}).json
    api.decide(kept, "ham", '"1-0"')
    api.post("/v1/check", {"content": "Another kiln."})
    api.post("/v1/check", {"content": "No such thing."})
    trial = admin.post(f"{PATH}/lists/test", {"entries": [WORDS]}).json
    assert [trial[n] for n in ("comments", "fits", "newly", "overruled")] == [3, 2, 2, 1]
    assert trial["examples"][0]["comment"]["id"] == kept["id"]
    assert trial["examples"][0]["overrules"] is True
    assert (trial["examples"][0]["would_be"], trial["examples"][0]["entry"]) == ("spam", 0)
    assert admin.get(f"{PATH}/lists").json == {"entries": []}
    save(admin, WORDS)
    same = admin.post(f"{PATH}/lists/test", {"entries": [WORDS]}).json
    assert [same[n] for n in ("fits", "newly", "overruled")] == [0, 0, 0]
    gone = admin.post(f"{PATH}/lists/test", {"entries": []}).json
    assert [gone[n] for n in ("fits", "newly", "overruled")] == [0, 1, 0]


def test_under_attack_everything_is_held_by_every_process(admin, api: Caller, other: Caller):
    assert admin.get(f"{PATH}/attack").json == {"until": None, "by": None, "since": None}
    assert {verdict(caller)["decided_by"] for caller in (api, other)} == {"model"}
    begun = admin("PUT", f"{PATH}/attack", json={"until": later(hours=1)})
    assert (begun.status_code, begun.json["by"]) == (200, "token:test")
    for caller in (api, other):
        found = verdict(caller)
        assert (found["status"], found["reasons"][0]["code"]) == ("held", "under_attack")
    assert admin.get(PATH).json["attack"]["until"] == begun.json["until"]
    assert admin.delete(f"{PATH}/attack").status_code == 204
    assert {verdict(caller)["decided_by"] for caller in (api, other)} == {"model"}


@pytest.mark.parametrize("until", [{"hours": -1}, {"days": 31}])
def test_everything_is_held_until_a_time_to_come(admin: Caller, until):
    answer = admin("PUT", f"{PATH}/attack", json={"until": later(**until)})
    assert is_problem(answer, 422, "validation")["errors"][0]["pointer"] == "/until"


def test_a_retired_site_takes_no_new_comments_and_keeps_what_it_has(
    admin, api: Caller, other: Caller
):
    kept = api.post("/v1/check", {"content": "One."}).json
    assert verdict(other)
    assert admin.post(f"{PATH}/retire").json["retired_at"]
    for caller in (api, other):
        for call in ("/v1/check", "/v1/comments"):
            is_problem(caller.post(call, {"content": "Two."}), 403, "forbidden")
        labelled = {"content": "Three.", "label": "spam"}
        is_problem(caller.post("/v1/labels", labelled), 403, "forbidden")
        assert caller.get(f"/v1/comments/{kept['id']}").status_code == 200
    assert api.decide(kept, "spam", '"1-0"').status_code == 200
    is_problem(admin.post(f"{PATH}/retire"), 409, "conflict")
    assert admin.post(f"{PATH}/reopen").json["retired_at"] is None
    is_problem(admin.post(f"{PATH}/reopen"), 409, "conflict")
    assert verdict(api) and verdict(other)


def test_a_token_is_shown_once_rotated_and_revoked(admin: Caller, app, other: Caller):
    made = admin.post(f"{PATH}/tokens", {"name": "plugin", "scopes": ["submit"]}).json
    old = Caller(app.test_client(), made["token"])
    assert verdict(old)
    shown = admin.get(f"{PATH}/tokens")
    assert made["token"] not in shown.text
    assert made["id"] in [one["id"] for one in shown.json["data"]]
    new = admin.post(f"{PATH}/tokens/{made['id']}/rotate").json
    assert new["scopes"] == ["submit"]
    for token in (made["token"], new["token"]):
        assert verdict(Caller(app.test_client(), token))
    other.token = new["token"]
    assert verdict(other)
    ended = admin.post(f"{PATH}/tokens/{new['id']}/rotate", {"overlap_hours": 0}).json
    for caller in (Caller(app.test_client(), new["token"]), other):
        is_problem(caller.post("/v1/check", {"content": "x"}), 401, "unauthorised")
    assert verdict(Caller(app.test_client(), ended["token"]))
    assert admin.delete(f"{PATH}/tokens/{ended['id']}").status_code == 204
    gone = Caller(app.test_client(), ended["token"]).post("/v1/check", {"content": "x"})
    is_problem(gone, 401, "unauthorised")
    is_problem(admin.delete(f"{PATH}/tokens/{ended['id']}"), 404, "not-found")
    wrong = admin.post(f"{PATH}/tokens", {"name": "x", "scopes": ["admin"]})
    is_problem(wrong, 422, "validation")


def test_akismet_keys_are_shown_once_rotated_and_revoked(admin: Caller, anyone: Caller):
    def check(key: str, content: str = "A kiln for sale.") -> str:
        form = {"api_key": key, "blog": "https://blog.example", "comment_content": content,
                "user_ip": "192.0.2.1", "comment_type": "comment"}  # fmt: skip
        return anyone("POST", "/1.1/comment-check", data=form).text

    made = admin.post(f"{PATH}/keys").json
    assert check(made["key"]) in ("true", "false")
    assert made["key"] not in admin.get(f"{PATH}/keys").text
    assert made["last_used_at"] is None
    new = admin.post(f"{PATH}/keys/rotate", {"overlap_hours": 0}).json
    assert check(made["key"]) == "invalid"
    assert check(new["key"]) in ("true", "false")
    assert [one["id"] for one in admin.get(f"{PATH}/keys").json["data"]] == [new["id"]]
    assert admin.delete(f"{PATH}/keys/{new['id']}").status_code == 204
    assert check(new["key"]) == "invalid"


def test_a_list_and_an_attack_hold_for_akismets_check_and_a_retired_site_is_refused(
    admin: Caller, anyone: Caller
):
    key = admin.post(f"{PATH}/keys").json["key"]

    def check(content: str) -> str:
        form = {"api_key": key, "blog": "https://blog.example", "comment_content": content,
                "user_ip": "192.0.2.1"}  # fmt: skip
        return anyone("POST", "/1.1/comment-check", data=form).text

    assert check("A kiln for sale, one.") == "false"
    (name,) = [s["name"] for s in admin.get("/v1/sites").json["data"] if s["name"][:3] == "ak-"]
    path = f"/v1/sites/{name}"
    assert admin.get(path).json["blog"] == "blog.example"
    put(admin, f"{path}/lists", {"entries": [WORDS]}, "*")
    assert check("A kiln for sale, two.") == "true"
    put(admin, f"{path}/lists", {"entries": []}, "*")
    admin("PATCH", f"{path}/settings", json={"held_as": "spam"}, headers={"If-Match": "*"})
    assert check("A kiln for sale, three.") == "false"
    admin("PUT", f"{path}/attack", json={"until": later(hours=1)})
    assert check("A kiln for sale, four.") == "true"
    admin.post(f"{path}/retire")
    assert check("A kiln for sale, five.") == "invalid"
