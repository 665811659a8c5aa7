"""A site removed over the API: by whom, and how far it is."""

from collections.abc import Callable

from moderation.flow.runtime import Runtime
from moderation.flow.sites import removing
from tests.factories import SITE
from tests.moderation.api.conftest import Caller, is_problem

PATH = f"/v1/sites/{SITE}"


def test_a_site_is_removed_by_a_job_that_says_how_far_it_is(
    api: Caller, caller: Callable[..., Caller], runtime: Runtime
) -> None:
    admin = caller("admin", site="")
    comment = api.post("/v1/check", {"content": "Hello"}).json
    is_problem(api.delete(PATH), 403, "forbidden")
    asked = admin.delete(PATH)
    assert (asked.status_code, asked.json["kind"]) == (202, "removal")
    assert admin.delete(PATH).json["id"] == asked.json["id"]
    # From the call on, before any worker took it up, nothing new comes in.
    assert api.post("/v1/comments", {"content": "Hello"}).status_code == 403
    removing.work_on(runtime, asked.json["id"])
    done = admin.get(asked.headers["Location"]).json
    assert done["state"] == "succeeded"
    assert done["result"]["site"] == SITE
    is_problem(api.get(f"/v1/comments/{comment['id']}"), 401, "unauthorised")
    is_problem(admin.get(PATH), 404, "not-found")
    is_problem(admin.delete(PATH), 404, "not-found")
    assert SITE not in [site["name"] for site in admin.get("/v1/sites").json["data"]]
