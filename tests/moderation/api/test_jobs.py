"""Jobs over the API: who sees which, pages, cancelling."""

from __future__ import annotations

from collections.abc import Callable

from moderation.flow import jobs, performing
from moderation.flow.runtime import Runtime
from tests.factories import SITE
from tests.moderation.api.conftest import Caller, is_problem

Callers = Callable[..., Caller]


def begun(runtime: Runtime, site: str = SITE) -> str:
    return jobs.begin(runtime, "import", "token:test", site, {"path": "/secret/place"}).id


def test_a_job_says_how_far_it_is_and_not_what_it_was_asked(runtime: Runtime, api: Caller) -> None:
    job = begun(runtime)
    work = performing.take(runtime, job)
    assert work is not None
    work.note("writing", 50, 200)
    answer = api.get(f"/v1/jobs/{job}")
    assert answer.status_code == 200
    shown = answer.json
    assert {k: shown[k] for k in ("id", "kind", "state", "stage", "done", "total", "percent")} == {
        "id": job, "kind": "import", "state": "running", "stage": "writing", "done": 50,
        "total": 200, "percent": 25,
    }  # fmt: skip
    assert (shown["result"], shown["error"], shown["by"]) == (None, "", "token:test")
    assert "secret" not in answer.text


def test_a_site_sees_its_own_jobs_and_the_installation_all(
    runtime: Runtime, api: Caller, caller: Callers, admin: Caller
) -> None:
    mine, others, everybodys = begun(runtime), begun(runtime, "other.example"), begun(runtime, "")
    assert [job["id"] for job in api.get("/v1/jobs").json["data"]] == [mine]
    seen = {job["id"] for job in admin.get("/v1/jobs").json["data"]}
    assert seen == {mine, others, everybodys}
    for job in (others, everybodys):
        is_problem(api.get(f"/v1/jobs/{job}"), 404, "not-found")
        is_problem(api.post(f"/v1/jobs/{job}/cancel"), 404, "not-found")
    assert admin.get(f"/v1/jobs/{others}").status_code == 200
    assert admin.post(f"/v1/jobs/{others}/cancel").json["state"] == "cancelled"
    assert api.post(f"/v1/jobs/{mine}/cancel").json["state"] == "cancelled"


def test_who_only_submits_sees_no_jobs(runtime: Runtime, caller: Callers, anyone: Caller) -> None:
    job = begun(runtime)
    for method, path in (("GET", ""), ("GET", f"/{job}"), ("POST", f"/{job}/cancel")):
        is_problem(caller("submit")(method, f"/v1/jobs{path}"), 403, "forbidden")
        is_problem(anyone(method, f"/v1/jobs{path}"), 401, "unauthorised")


def test_a_token_of_the_installation_calls_nothing_of_a_site(admin: Caller) -> None:
    is_problem(admin.get("/v1/comments"), 403, "forbidden")
    is_problem(admin.post("/v1/check", {"content": "x"}), 403, "forbidden")


def test_pages_of_jobs_follow_each_other_to_the_last(runtime: Runtime, api: Caller) -> None:
    made = [begun(runtime) for _ in range(5)]
    jobs.cancel(runtime, made[0])
    seen, path = [], "/v1/jobs?limit=2&state=queued"
    while path:
        page = api.get(path).json
        assert len(page["data"]) <= 2
        seen += [job["id"] for job in page["data"]]
        path = page["next"]
    assert seen == sorted(made[1:], reverse=True)


def test_a_cursor_is_good_for_its_own_list(runtime: Runtime, api: Caller, admin: Caller) -> None:
    for _ in range(3):
        begun(runtime)
    following = api.get("/v1/jobs?limit=1").json["next"]
    cursor = following.partition("cursor=")[2]
    is_problem(api.get(f"/v1/jobs?state=failed&cursor={cursor}"), 400, "invalid-cursor")
    is_problem(admin.get(f"/v1/jobs?cursor={cursor}"), 400, "invalid-cursor")
    is_problem(api.get("/v1/jobs?state=lost"), 400, "invalid-parameter")


def test_what_is_no_job_is_not_found(runtime: Runtime, api: Caller) -> None:
    held = begun(runtime)
    assert performing.take(runtime, held) is not None
    names = ("01M81Q1142C3EYPAKXTQDKFX9P", "x", "%00", "%F0%9F%98%80", f"{held}:lease")
    for name in names:
        is_problem(api.get(f"/v1/jobs/{name}"), 404, "not-found")
