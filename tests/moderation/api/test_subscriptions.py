"""Lists of others are fetched within bounds, decide, and the last good copy of each is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace

from moderation.flow.opening import open_runtime
from moderation.flow.runtime import Runtime
from moderation.flow.sites import fetching
from moderation.settings import Settings
from moderation.store import keys, subscriptions
from tests.factories import SITE
from tests.moderation.api.conftest import Caller, is_problem
from tests.webserver import Site

PATH = f"/v1/sites/{SITE}/lists/subscriptions"
HOSTS = b"# hosts\n0.0.0.0 shop.example\n0.0.0.0 pills.example\n"


@pytest.fixture
def admin(caller: Callable[..., Caller]) -> Caller:
    """Return a caller with a token of the installation."""
    return caller("admin", site="")


@pytest.fixture
def others() -> Iterator[Site]:
    """Return the server on which others keep their list."""
    site = Site()
    site.body = HOSTS
    site.headers = {"ETag": '"one"'}
    yield site
    site.close()


@pytest.fixture
def worker(settings: Settings, api: Caller) -> Iterator[Runtime]:
    """Return another process, which may call this machine."""
    opened = open_runtime(replace(settings, outbound_allow=("127.0.0.0/8",)))
    yield opened
    opened.close()


def subscribe(admin: Caller, url: str, reads="domains", action="hold", **more):
    given = {"lists": [{"url": url, "reads": reads, "action": action, **more}]}
    etag = admin.get(PATH).headers["ETag"]
    answer = admin("PUT", PATH, json=given, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    return answer


def state(admin: Caller):
    return admin.get(PATH).json["lists"][0]


def check(api: Caller, content: str = "Thanks, see https://www.shop.example/kilns for mine."):
    return api.post("/v1/check", {"content": content, "author": {"name": "Ada"}}).json


def url_of(site: Site) -> str:
    return f"http://127.0.0.1:{site.port}/list.txt"


@pytest.mark.parametrize("action, status", [("hold", "held"), ("spam", "spam")])
def test_a_list_is_fetched_and_decides_the_next_comment(admin, api, others, worker, action, status):
    assert check(api)["status"] == "approved"
    subscribe(admin, url_of(others), action=action)
    assert check(api)["status"] == "approved"
    assert fetching.fetch_due(worker) == 1
    word = check(api)
    assert word["status"] == status
    assert word["verdict"]["reasons"][0]["code"] == "subscribed_list"
    assert word["verdict"]["reasons"][0]["text"].endswith("(number 1)")
    assert word["verdict"]["signals"] == {"subscribed_list": 1.0}
    assert check(api, "The list names nothing of this.")["status"] == "approved"
    assert (state(admin)["entries"], state(admin)["error"]) == (2, None)


def test_it_is_asked_for_once_a_day_and_by_its_tag(admin, api, others, worker):
    subscribe(admin, url_of(others))
    assert (fetching.fetch_due(worker), fetching.fetch_due(worker)) == (1, 0)
    due = worker.store.redis.zscore(keys.SUBSCRIBED, SITE)
    assert due - state_ms(worker) == fetching.EVERY_MS
    others.status, others.body = 304, b""
    assert fetching.fetch_site(worker, SITE, at_once=True) == 1
    assert others.heard[-1][1]["If-None-Match"] == '"one"'
    assert state(admin)["error"] is None and state(admin)["entries"] == 2
    assert check(api)["status"] == "held"


def state_ms(worker: Runtime) -> int:
    return subscriptions.states(worker.store, SITE)[1].tried_ms


@pytest.mark.parametrize(
    "status, body",
    [(500, b"oops"), (302, b""), (200, b"<html>\nMoved to another place\n</html>"), (200, b""),
     (200, b"x.example\n" * (1 << 20))],
    ids=["error", "redirect", "page", "empty", "large"],
)  # fmt: skip
def test_the_last_good_copy_stays_where_a_fetch_fails(admin, api, others, worker, status, body):
    subscribe(admin, url_of(others))
    fetching.fetch_due(worker)
    others.status, others.body = status, body
    fetching.fetch_site(worker, SITE, at_once=True)
    assert check(api)["status"] == "held"
    found = state(admin)
    assert found["error"] and found["entries"] == 2
    assert found["tried_at"] > found["fetched_at"]
    due = worker.store.redis.zscore(keys.SUBSCRIBED, SITE)
    assert due - state_ms(worker) == fetching.AGAIN_MS


def test_a_new_copy_takes_the_place_of_the_old_one(admin, api, others, worker):
    subscribe(admin, url_of(others))
    fetching.fetch_due(worker)
    assert check(api)["status"] == "held"
    others.body, others.headers = b"other.example\n", {}
    fetching.fetch_site(worker, SITE, at_once=True)
    for n in range(3000):  # It is put in order beside the comments that come meanwhile.
        if check(api, f"Thanks, see shop.example {n}.")["status"] == "approved":
            break
    assert check(api, "See other.example, thanks.")["status"] == "held"


def test_what_is_not_public_is_not_fetched(admin, others, app, api):
    subscribe(admin, url_of(others))
    assert fetching.fetch_due(app.extensions["winnow"]) == 1
    assert "not public" in state(admin)["error"]
    assert others.heard == []


def test_who_unsubscribes_has_nothing_of_it_left(admin, api, others, worker):
    subscribe(admin, url_of(others))
    fetching.fetch_due(worker)
    etag = admin.get(PATH).headers["ETag"]
    assert admin("PUT", PATH, json={"lists": []}, headers={"If-Match": etag}).status_code == 200
    assert check(api)["status"] == "approved"
    left = [key for key in worker.store.redis.scan_iter() if b":fetched" in key]
    assert left == [] and worker.store.redis.zscore(keys.SUBSCRIBED, SITE) is None


def test_a_list_is_tried_before_anybody_subscribes(admin, api, others, worker):
    check(api)
    check(api, "Nothing of it.")
    from moderation.domain.subscribed import NewSubscription
    from moderation.flow.sites import trying

    trial = trying.try_subscription(
        worker, SITE, NewSubscription(url_of(others), "domains", "spam")
    )
    assert (trial.comments, trial.fits, trial.newly) == (2, 1, 1)
    refused = admin.post(f"{PATH}/test", {"url": url_of(others), "reads": "keys", "action": "hold"})
    is_problem(refused, 409, "conflict")
    assert admin.get(PATH).json == {"lists": []}


@pytest.mark.parametrize(
    "given, pointer",
    [
        ({"url": "ftp://x.example", "reads": "keys", "action": "hold"}, "/lists/0/url"),
        ({"url": "https://x.example", "reads": "all", "action": "hold"}, "/lists/0/reads"),
        ({"url": "https://x.example", "reads": "keys", "action": "approve"}, "/lists/0/action"),
    ],
)
def test_what_cannot_be_subscribed_to_is_refused_by_its_place(admin, given, pointer):
    answer = admin("PUT", PATH, json={"lists": [given]}, headers={"If-Match": "*"})
    found = is_problem(answer, 422, "validation")
    assert [error["pointer"] for error in found["errors"]] == [pointer]


def test_it_is_changed_as_it_was_seen(admin, others):
    seen = admin.get(PATH).headers["ETag"]
    subscribe(admin, url_of(others))
    answer = admin("PUT", PATH, json={"lists": []}, headers={"If-Match": seen})
    is_problem(answer, 412, "stale")
