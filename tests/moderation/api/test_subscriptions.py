"""Lists of others are fetched within bounds, decide, and the last good copy of each is kept."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import pytest

from classifier import marks_of
from moderation.domain.feeds import FORMAT, Domain, Feed, Text, domain_hash, sketch_of
from moderation.domain.sites import SiteSettings
from moderation.flow import judging, signing
from moderation.flow.runtime import Runtime
from moderation.flow.sites import fetching
from moderation.store import keys, subscriptions
from tests.factories import SITE, all_keys, put_settings
from tests.moderation.api.conftest import Caller, is_problem
from tests.webserver import Site

PATH = f"/v1/sites/{SITE}/lists/subscriptions"
HOSTS = b"# hosts\n0.0.0.0 shop.example\n0.0.0.0 pills.example\n"


@pytest.fixture
def others() -> Iterator[Site]:
    """Return the server on which others keep their list."""
    site = Site()
    site.body = HOSTS
    site.headers = {"ETag": '"one"'}
    yield site
    site.close()


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
    assert word["verdict"]["signals"]["subscribed_list"] == 1.0
    assert check(api, "The list names nothing of this.")["status"] == "approved"
    assert (state(admin)["entries"], state(admin)["error"]) == (2, None)


def test_it_is_asked_for_once_a_day_and_by_its_tag(admin, api, others, worker):
    subscribe(admin, url_of(others))
    assert (fetching.fetch_due(worker), fetching.fetch_due(worker)) == (1, 0)
    due = worker.store.redis.zscore(keys.SUBSCRIBED, SITE)
    assert due - state_ms(worker) == fetching.EVERY_MS
    others.status, others.body = 304, b""
    others.headers["Content-Encoding"] = "gzip"  # As some say it of what they do not send.
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
    left = [key for key in all_keys(worker.store) if b":fetched" in key]
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


PITCH = "our roofers mend every leak before winter comes ask for an estimate today"


def feed(
    *texts: str, domains: tuple[str, ...] = (), good_for: int = 2, by: bytes = b"f" * 32
) -> bytes:
    """Return a feed as its publisher would hand it out."""
    now = dt.datetime.now(dt.UTC)
    day = now.date().isoformat()
    sketches = [sketch_of(mark) for mark in marks_of(list(texts))] if texts else []
    made = Feed(
        FORMAT,
        "blogs of others",
        now,
        now + dt.timedelta(days=good_for),
        tuple(Text(sketch.hex(), 3, 5) for sketch in sketches),
        tuple(Domain(day, domain_hash(day, name).hex(), 2, 2) for name in domains),
    )
    return signing.sign(by, made)


KEY = signing.public_key(b"f" * 32)


def hear(admin: Caller, others: Site, worker: Runtime, data: bytes, **more) -> None:
    others.body, others.headers = data, {}
    subscribe(admin, url_of(others), reads="feed", action="weigh", key=KEY, **more)
    fetching.fetch_site(worker, SITE, at_once=True)


def logit(score: float) -> float:
    return math.log(score / (1 - score))


def test_a_feed_weighs_in_says_so_and_is_silent_once_it_is_removed(admin, api, others, worker):
    before = check(api, f"{PITCH} from us")["verdict"]
    hear(admin, others, worker, feed(PITCH, domains=("nordway.example",)), weight=2.0)
    assert state(admin)["entries"] == 2
    for text in (f"{PITCH} from us", "Have a look at https://shop.nordway.example/x"):
        verdict = check(api, text)["verdict"]
        assert verdict["signals"]["feed"] == 1
        assert verdict["signals"]["feed_weight"] == 2.0
        reasons = {one["code"]: one for one in verdict["reasons"]}
        assert reasons["campaign_elsewhere"]["weight"] == 2.0
    verdict = check(api, f"{PITCH} from us")["verdict"]
    assert logit(verdict["score"]) == pytest.approx(logit(before["score"]) + 2, abs=0.01)
    said = next(r["text"] for r in verdict["reasons"] if r["code"] == "campaign_elsewhere")
    assert said.endswith("(feed 1; sites: 3, people: 5)")
    fine = check(api, "The bread was good and the soup was better than at home")["verdict"]
    assert "feed" not in fine["signals"]
    etag = admin.get(PATH).headers["ETag"]
    admin("PUT", PATH, json={"lists": []}, headers={"If-Match": etag})
    assert check(api, f"{PITCH} from us")["verdict"]["score"] == before["score"]


def test_a_feed_alone_makes_nothing_blatant(admin, api, others, worker):
    texts = [f"{PITCH} number {n}" for n in range(3)]
    hear(admin, others, worker, feed(*texts), weight=4.0)
    put_settings(worker.store, SITE, SiteSettings(hold=0.001, reject=0.002))
    checked = check(api, texts[0])
    assert checked["status"] == "spam"
    assert checked["verdict"]["discard"] is False


@pytest.mark.parametrize(
    "data, fault",
    [(feed(PITCH, by=b"x" * 32), "not signed"), (feed(PITCH).replace(b"blogs", b"bl0gs"), "signed"),
     (feed(PITCH, good_for=-1), "not believed"), (b"pills.example\n", "signed"), (b"", "signed")],
    ids=["another key", "changed", "too old", "a list", "empty"],
)  # fmt: skip
def test_a_feed_is_heard_only_as_it_was_signed_and_while_it_is_new(
    admin, api, others, worker, data, fault
):
    hear(admin, others, worker, data)
    assert fault in state(admin)["error"]
    assert "feed" not in check(api, f"{PITCH} from us")["verdict"]["signals"]


def test_a_copy_that_grew_old_is_silent(admin, api, others, worker, monkeypatch):
    hear(admin, others, worker, feed(PITCH))
    assert "feed" in check(api, f"{PITCH} from us")["verdict"]["signals"]
    later = judging.now_ms() + 3 * 86_400_000
    monkeypatch.setattr(judging, "now_ms", lambda: later)
    assert "feed" not in check(api, f"{PITCH} from us")["verdict"]["signals"]


@pytest.mark.parametrize(
    "wrong",
    [{"key": ""}, {"key": "short"}, {"key": KEY, "action": "hold"}, {"key": KEY, "action": "spam"},
     {"key": KEY, "reads": "domains"}, {"key": KEY, "weight": 0}, {"key": KEY, "weight": 9}],
)  # fmt: skip
def test_a_feed_has_a_key_and_decides_nothing(admin, others, wrong):
    given = {"url": url_of(others), "reads": "feed", "action": "weigh"} | wrong
    etag = admin.get(PATH).headers["ETag"]
    answer = admin("PUT", PATH, json={"lists": [given]}, headers={"If-Match": etag})
    is_problem(answer, 422, "validation")


def test_what_a_feed_would_have_done_is_seen_before(admin, api, others, worker, app):
    app.extensions["winnow"].settings = worker.settings
    put_settings(worker.store, SITE, SiteSettings(hold=0.95, reject=0.9999))
    score = check(api, f"{PITCH} from us")["verdict"]["score"]
    assert score < 0.95
    others.body, others.headers = feed(PITCH), {}
    draft = {"url": url_of(others), "reads": "feed", "action": "weigh", "key": KEY, "weight": 4.0}
    tried = admin.post(f"{PATH}/test", draft).json
    assert tried["newly"] == 1, tried
    assert check(api, f"{PITCH} from us")["verdict"]["score"] == score, "nothing was saved"
