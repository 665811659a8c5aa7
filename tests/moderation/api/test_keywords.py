"""WordPress's keys hold for the next verdict, are changed as they were seen, and tried before."""

from __future__ import annotations

from tests.factories import SITE
from tests.moderation.api.conftest import Caller, is_problem

PATH = f"/v1/sites/{SITE}/lists/keys"


def put(admin: Caller, etag: str = "*", **given: str):
    return admin("PUT", PATH, json=given, headers={"If-Match": etag})


def check(api: Caller, content: str, **author: str):
    word = api.post("/v1/check", {"content": content, "author": author}).json
    return word["status"], word["verdict"]["reasons"][0]["code"], word["verdict"]["decided_by"]


def test_keys_decide_the_next_comment(admin, api, work):
    assert put(admin, disallowed="pottery\n", moderation="glaze").status_code == 200
    assert check(api, "Lovely POTTERYwork, thanks.") == ("spam", "keys_disallowed", "rule")
    assert check(api, "Thanks, lovely Glazes.") == ("held", "keys_moderation", "rule")
    assert check(api, "Thanks.", name="Glaze & Pottery")[0] == "spam"
    made = api.post("/v1/comments", {"content": "Thanks for the glaze."}).json
    work()
    assert api.get(f"/v1/comments/{made['id']}").json["status"] == "held"
    assert put(admin).status_code == 200
    assert check(api, "Thanks, lovely glazes and pottery.")[0] == "approved"


def test_the_site_s_own_list_and_roles_go_before_the_keys(admin, api):
    put(admin, disallowed="pottery", moderation="pottery")
    entries = [{"kind": "name", "value": "Ada*", "action": "approve"}]
    admin(
        "PUT", f"/v1/sites/{SITE}/lists", json={"entries": entries}, headers={"If-Match": "*"}
    )  # fmt: skip
    assert check(api, "My pottery.", name="ADA Byron") == ("approved", "listed_name", "rule")
    assert check(api, "My pottery.", name="Eve", role="editor")[0] == "approved"
    assert check(api, "My pottery.", name="Eve Ada")[0] == "spam"


def test_keys_are_changed_as_they_were_seen(admin):
    seen = admin.get(PATH).headers["ETag"]
    assert put(admin, seen, disallowed="pottery").json == {
        "disallowed": "pottery", "moderation": ""
    }  # fmt: skip
    is_problem(put(admin, seen, disallowed="other"), 412, "stale")
    assert admin.get(PATH).json["disallowed"] == "pottery"
    now = admin.get(PATH).headers["ETag"]
    assert admin.get(PATH, headers={"If-None-Match": now}).status_code == 304


def test_keys_are_tried_on_what_came(admin, api):
    for n in range(3):
        check(api, f"Thanks for the pottery, number {n}.")
    check(api, "Thanks for nothing of it.")
    trial = admin.post(f"{PATH}/test", {"disallowed": "potter", "moderation": "nothing"}).json
    assert (trial["comments"], trial["fits"], trial["newly"]) == (4, 4, 4)
    assert sorted(one["would_be"] for one in trial["examples"]) == ["held", "spam", "spam", "spam"]
    assert admin.get(PATH).json == {"disallowed": "", "moderation": ""}


def test_too_many_keys_are_refused(admin):
    is_problem(put(admin, disallowed="abc\n" * 200_001), 422, "validation")
