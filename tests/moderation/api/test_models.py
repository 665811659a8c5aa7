"""Models over HTTP: handed in, promoted, rolled back, by a token of the installation alone."""

from __future__ import annotations

import pytest

from moderation.domain.sites import SiteSettings
from moderation.flow.labels import withdrawing
from moderation.flow.models import rescoring, shadow, working
from moderation.flow.runtime import Runtime
from tests.factories import SITE, put_settings
from tests.moderation.api.conftest import Caller, is_problem
from tests.moderation.flow.models.made import model_file
from tests.moderation.flow.models.taught import teach_site

BYTES = {"Content-Type": "application/octet-stream"}


def hand_in(admin: Caller, blob: bytes):
    return admin.post("/v1/models", data=blob, headers=BYTES)


def test_an_empty_file_is_no_wish_to_train(admin: Caller, runtime: Runtime) -> None:
    is_problem(hand_in(admin, b""), 422, "validation")
    assert admin.get("/v1/jobs").json["data"] == []
    assert admin.post("/v1/models").status_code == 202


def test_a_model_is_handed_in_promoted_and_rolled_back(
    admin: Caller, api: Caller, runtime: Runtime
) -> None:
    shipped = runtime.shipped.name
    made = hand_in(admin, model_file("made-1"))
    assert (made.status_code, made.json["name"], made.json["state"]) == (201, "made-1", "candidate")
    assert made.json["first_used_at"] is None
    assert hand_in(admin, model_file("made-1")).status_code == 200
    before = api.post("/v1/check?record=false", {"content": "Cheap watches"}).json["verdict"]

    done = admin.post("/v1/models/made-1/promote", {"reason": "a try", "override": True})
    assert (done.status_code, done.json) == (200, {"in_use": "made-1", "revision": 2})
    verdict = api.post("/v1/check?record=false", {"content": "Cheap watches"}).json["verdict"]
    assert verdict["model"] == "made-1+0"

    assert admin.post("/v1/models/rollback").json == {"in_use": shipped, "revision": 3}
    again = api.post("/v1/check?record=false", {"content": "Cheap watches"}).json["verdict"]
    assert again == before

    shown = admin.get("/v1/models")
    assert shown.headers["ETag"] == '"3"'
    assert shown.json["in_use"] == shipped
    assert {m["name"]: m["state"] for m in shown.json["data"]} == {
        "made-1": "retired",
        shipped: "in use",
    }
    promoted = shown.json["promotions"][1]
    assert promoted["overridden"] == ["evaluated"]
    assert (promoted["reason"], promoted["by"]) == ("a try", "token:test")
    is_problem(admin.post("/v1/models/rollback"), 409, "nothing-to-undo")


def test_who_saw_another_model_in_use_is_refused(admin: Caller) -> None:
    hand_in(admin, model_file("made-1"))
    seen = admin.get("/v1/models").headers["ETag"]
    force = {"override": True}
    done = admin.post("/v1/models/made-1/promote", force, headers={"If-Match": seen})
    assert done.status_code == 200
    for path in ("/v1/models/made-1/promote", "/v1/models/rollback"):
        is_problem(admin.post(path, headers={"If-Match": seen}), 412, "stale")
        is_problem(admin.post(path, headers={"If-Match": "3"}), 400, "invalid-parameter")
        is_problem(admin.post(path, headers={"If-Match": f"W/{seen}"}), 412, "stale")
    assert admin.post("/v1/models/rollback", headers={"If-Match": "*"}).status_code == 200


def test_a_file_that_is_no_model_is_refused_without_a_word_of_it(admin: Caller) -> None:
    answer = hand_in(admin, b"WINNOWM\n\x10\0\0\0secret-in-the-file")
    assert "secret" not in answer.text
    is_problem(answer, 422, "validation")
    is_problem(hand_in(admin, bytes((16 << 20) + 1)), 413, "too-large")
    is_problem(admin.post("/v1/models", {"name": "x"}), 415, "unsupported-media-type")
    is_problem(admin.get("/v1/models/made-1/report"), 404, "not-found")
    taken = hand_in(admin, model_file("made-1"))
    assert taken.status_code == 201
    is_problem(hand_in(admin, model_file("made-1", scale=0.25)), 409, "conflict")


def test_a_model_that_is_not_there_is_not_found(admin: Caller) -> None:
    for name in ("no-such", "a" * 300, "%00", "..%2f..", "\u202e"):
        answer = admin.post(f"/v1/models/{name}/promote")
        is_problem(answer, 404, "not-found")
        assert name not in answer.json["detail"]


@pytest.mark.parametrize("scopes, site", [(("submit", "moderate"), SITE), (("admin",), SITE)])
def test_a_token_of_a_site_may_not(caller, scopes, site) -> None:
    api = caller(*scopes, site=site)
    is_problem(api.get("/v1/models"), 403, "forbidden")
    is_problem(api.post("/v1/models/rollback"), 403, "forbidden")


def test_a_token_of_the_installation_reads_no_comment(admin: Caller) -> None:
    is_problem(admin.get("/v1/comments"), 403, "forbidden")


def test_a_full_store_takes_no_file_and_still_changes_the_model(
    admin: Caller, api: Caller, valkey
) -> None:
    hand_in(admin, model_file("made-1"))
    with valkey.client() as client:
        client.config_set("maxmemory", 1)
        try:
            is_problem(hand_in(admin, model_file("made-2")), 507, "store-full")
            forced = admin.post("/v1/models/made-1/promote", {"override": True})
            assert forced.status_code == 200
            assert admin.post("/v1/models/rollback").status_code == 200
        finally:
            client.config_set("maxmemory", 0)


def test_what_the_gate_refuses_is_promoted_by_an_administrators_word_alone(admin: Caller) -> None:
    hand_in(admin, model_file("made-1"))
    refused = is_problem(admin.post("/v1/models/made-1/promote"), 409, "gate-refused")
    assert "not judged yet" in refused["detail"]
    (job,) = admin.get("/v1/jobs?kind=evaluation").json["data"]
    assert (job["state"], job["by"]) == ("queued", "token:test")


def test_a_handed_in_model_is_judged_and_its_report_read(admin: Caller, runtime: Runtime) -> None:
    teach_site(runtime, SITE, 60)
    hand_in(admin, model_file("made-1", scale=1.0))
    is_problem(admin.get("/v1/models/made-1/report"), 404, "not-found")
    (job,) = admin.get("/v1/jobs?kind=evaluation").json["data"]
    working.work_on(runtime, job["id"])
    done = admin.get(f"/v1/jobs/{job['id']}").json
    assert (done["state"], done["result"]["name"]) == ("succeeded", "made-1")
    report = admin.get("/v1/models/made-1/report").json
    assert (report["candidate"], report["current"]) == ("made-1", runtime.shipped.name)
    assert report["held_back"] == 12
    assert [refusal["rule"] for refusal in report["refusals"]] == ["labels"]
    refused = is_problem(admin.post("/v1/models/made-1/promote"), 409, "gate-refused")
    assert "6 good comments and 6 of spam are held back; 50 of each" in refused["detail"]


def test_training_is_one_job_however_often_it_is_asked_for(admin: Caller, runtime: Runtime) -> None:
    first, again = admin.post("/v1/models"), admin.post("/v1/models")
    assert (first.status_code, first.json["kind"]) == (202, "training")
    assert first.headers["Location"] == f"/v1/jobs/{first.json['id']}"
    assert again.json["id"] == first.json["id"]
    working.work_on(runtime, first.json["id"])
    assert admin.get(first.headers["Location"]).json["result"]["labels"] == 0
    assert admin.post("/v1/models").json["id"] != first.json["id"]


def test_a_training_that_waits_is_cancelled(admin: Caller, runtime: Runtime) -> None:
    job = admin.post("/v1/models").json["id"]
    assert admin.post(f"/v1/jobs/{job}/cancel").json["state"] == "cancelled"
    assert working.work_on(runtime, job) is None


def test_what_somebody_taught_is_withdrawn_by_a_job(admin: Caller, runtime: Runtime) -> None:
    teach_site(runtime, SITE, 8, by="eve")
    shown = admin.post("/v1/withdrawals", {"by": "eve", "dry_run": True})
    assert (shown.status_code, shown.json["labels"], shown.json["sites"]) == (200, 8, {SITE: 8})
    ages_ago = {"by": "eve", "since": "0032-10-18T15:36:46Z", "dry_run": True}
    assert admin.post("/v1/withdrawals", ages_ago).json["labels"] == 8
    later = {"by": "eve", "since": "2100-01-01T00:00:00Z", "dry_run": True}
    assert admin.post("/v1/withdrawals", later).json["labels"] == 0
    job = admin.post("/v1/withdrawals", {"by": "eve", "note": "a stolen key"})
    assert job.status_code == 202
    withdrawing.work_on(runtime, job.json["id"])
    done = admin.get(job.headers["Location"]).json
    assert (done["state"], done["result"]) == ("succeeded", {"withdrawn": 8, "left": 0})
    is_problem(admin.post("/v1/withdrawals", {"by": ""}), 422, "validation")
    is_problem(admin.post("/v1/withdrawals", {"by": "eve", "site": "no"}), 404, "not-found")


def test_a_candidate_looks_on(admin: Caller, api: Caller, runtime: Runtime) -> None:
    hand_in(admin, model_file("made-1", scale=1.0, intercept=30.0))
    path = "/v1/models/made-1/shadow"
    is_problem(admin.get(path), 404, "not-found")
    assert admin.post(path).json["seen"] == 0
    checked = api.post("/v1/check", {"content": "Thanks, the second example fixed my build."})
    shadow.look(runtime)
    shown = admin.get(path).json
    assert (shown["seen"], shown["stricter"], shown["milder"]) == (1, 1, 0)
    assert shown["stricter_listed"][0]["comment"] == checked.json["id"]
    assert admin.delete(path).status_code == 204
    is_problem(admin.delete(path), 404, "not-found")
    is_problem(admin.post(f"/v1/models/{runtime.shipped.name}/shadow"), 409, "conflict")


def test_who_promotes_is_offered_to_have_what_is_held_judged_anew(
    admin: Caller, api: Caller, runtime: Runtime
) -> None:
    put_settings(runtime.store, SITE, SiteSettings(hold=1e-6, reject=0.999999))
    held = api.post("/v1/check", {"content": "Thanks, the second example fixed my build."}).json
    put_settings(runtime.store, SITE, SiteSettings())
    assert (held["status"], "earlier_verdicts" in held) == ("held", False)
    hand_in(admin, model_file("made-1", scale=1.0, intercept=-30.0))
    done = admin.post("/v1/models/made-1/promote", {"override": True})
    assert done.json == {"in_use": "made-1", "revision": 2, "held": 1}
    job = admin.post("/v1/models/rescore")
    assert (job.status_code, job.json["kind"]) == (202, "rescoring")
    assert admin.post("/v1/models/rescore", {"site": ""}).json["id"] == job.json["id"]
    rescoring.work_on(runtime, job.json["id"])
    shown = admin.get(job.headers["Location"]).json
    assert (shown["state"], shown["result"]["approved"]) == ("succeeded", 1)
    after = api.get(f"/v1/comments/{held['id']}").json
    assert (after["status"], after["verdict"]["model"]) == ("approved", "made-1+0")
    (earlier,) = after["earlier_verdicts"]
    assert earlier["status"] == "held"
    assert earlier["score"] == held["verdict"]["score"]
    assert "held" not in admin.post("/v1/models/rollback").json
    is_problem(admin.post("/v1/models/rescore", {"site": "no.example"}), 404, "not-found")
    waits = admin.post("/v1/models/rescore", {"site": SITE}).json["id"]
    assert admin.post(f"/v1/jobs/{waits}/cancel").json["state"] == "cancelled"


def test_bands_for_a_target_are_said_with_how_sure_that_is(admin: Caller, api: Caller) -> None:
    said = admin.get(f"/v1/sites/{SITE}/bands?rejected=0.001&held=0.02").json
    assert 0 < said["hold"]["band"] < said["reject"]["band"] < 1
    assert (said["hold"]["basis"], said["comments"]) == ("base", 0)
    assert said["hold"]["share"] == {"value": 0, "low": 0, "high": 1}
    stricter = admin.get(f"/v1/sites/{SITE}/bands?rejected=0.0001&held=0.002").json
    assert stricter["hold"]["band"] > said["hold"]["band"]
    is_problem(admin.get("/v1/sites/no.example/bands"), 404, "not-found")
    is_problem(admin.get(f"/v1/sites/{SITE}/bands?held=2"), 400, "invalid-parameter")
    is_problem(admin.get(f"/v1/sites/{SITE}/bands?held=0.01&rejected=0.1"), 422, "validation")
    is_problem(api.get(f"/v1/sites/{SITE}/bands"), 403, "forbidden")
