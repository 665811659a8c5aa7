"""Lists, cursors and counts."""

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.api import cursors
from moderation.api.problems import Refusal
from moderation.flow.comments import reading
from moderation.flow.runtime import Runtime
from moderation.store import keys
from moderation.store.codec import id_bytes
from moderation.store.comments import reading as stored
from tests.factories import SITE
from tests.moderation.api.conftest import Caller, is_problem

KEY = b"k" * 32


def fill(api: Caller, count: int) -> list[str]:
    """Store comments and return their ids, oldest first."""
    sent = [{"content": f"number {n}", "author": {"name": f"Ada {n % 2}"}} for n in range(count)]
    return [item["id"] for item in api.post("/v1/comments/batch", sent).json]


def walk(api: Caller, path: str) -> list[str]:
    """Follow `next` to the end and return every id."""
    found = []
    while path:
        page = api.get(path)
        assert page.status_code == 200, page.text
        found += [comment["id"] for comment in page.json["data"]]
        path = page.json["next"]
    return found


def test_pages_hold_every_comment_once_in_either_order(api: Caller) -> None:
    ids = fill(api, 23)
    assert walk(api, "/v1/comments?limit=5&order=oldest") == ids
    assert walk(api, "/v1/comments?limit=10") == ids[::-1]
    assert walk(api, "/v1/comments?limit=23") == ids[::-1]


def test_a_list_is_filtered(api: Caller) -> None:
    ids = fill(api, 12)
    spam = api.post(
        "/v1/check", {"content": "NUMBER 3, really", "author": {"email": "eve@x.example"}}
    )
    api.decide(spam.json, "spam", '"1-0"')
    assert walk(api, "/v1/comments?q=Number%203") == [spam.json["id"], ids[3]]
    assert walk(api, "/v1/comments?author=EVE@") == [spam.json["id"]]
    assert walk(api, "/v1/comments?status=spam") == [spam.json["id"]]
    assert walk(api, "/v1/comments?status=queued&author=ada%201&limit=2&order=oldest") == ids[1::2]
    hour = dt.timedelta(hours=1)
    now = dt.datetime.now(dt.UTC)
    for time, known in ((now - hour, 13), (now + hour, 0)):
        query = {"from": time.isoformat()}
        assert len(api.get("/v1/comments", query_string=query).json["data"]) == known
        query = {"to": time.isoformat()}
        assert len(api.get("/v1/comments", query_string=query).json["data"]) == 13 - known


@pytest.mark.parametrize(
    "query, parameter",
    [
        ("stauts=spam", "stauts"), ("status=bad", "status"), ("limit=0", "limit"),
        ("limit=101", "limit"), ("limit=ten", "limit"), ("order=up", "order"),
        ("from=yesterday", "from"), ("from=2026-01-01T00:00:00", "from"),
        ("to=1969-01-01T00:00:00Z", "to"), ("since=2026-01-01T00:00:00Z", "since"),
        ("status=spam&status=ham", "status"), ("q=" + "a" * 257, "q"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(api: Caller, query: str, parameter: str) -> None:
    problem = is_problem(api.get(f"/v1/comments?{query}"), 400, "invalid-parameter")
    assert problem["errors"][0]["parameter"] == parameter


def test_a_cursor_is_good_for_its_list_and_site_alone(
    api: Caller, caller: Callable[..., Caller]
) -> None:
    fill(api, 3)
    following = api.get("/v1/comments?limit=1").json["next"]
    stranger = caller("moderate", site="other.example")
    is_problem(stranger.get(following), 400, "invalid-cursor")
    is_problem(api.get(following + "&status=spam"), 400, "invalid-cursor")
    is_problem(api.get(following + "x"), 400, "invalid-cursor")
    assert api.get(following.replace("limit=1", "limit=2")).status_code == 200


@pytest.mark.parametrize(
    "cursor", ["x", "%00", "01M81Q1142C3EYPAKXTQDKFX9P", "a.b", ".", "é.é", "a" * 5000]
)
def test_a_forged_cursor_is_refused(api: Caller, cursor: str) -> None:
    is_problem(api.get(f"/v1/comments?cursor={cursor}"), 400, "invalid-cursor")


filters = st.dictionaries(st.sampled_from(["q", "author", "status"]), st.text(max_size=20))
sites = st.text("abc.-", min_size=1, max_size=8)
ids = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26)


@given(sites, filters, ids)
def test_any_cursor_is_read_as_it_was_signed(site: str, wanted: dict[str, str], last: str) -> None:
    cursor = cursors.sign(KEY, site, wanted, last)
    turned = dict(reversed(wanted.items()))
    assert cursors.read(KEY, site, turned, cursor) == last


@given(sites, filters, sites, filters, ids)
def test_no_cursor_is_good_for_another_list(
    site: str, wanted: dict[str, str], other: str, unwanted: dict[str, str], last: str
) -> None:
    if (site, wanted) == (other, unwanted):
        return
    with pytest.raises(Refusal):
        cursors.read(KEY, other, unwanted, cursors.sign(KEY, site, wanted, last))


@given(st.text(max_size=200))
def test_no_other_text_is_a_cursor(text: str) -> None:
    with pytest.raises(Refusal):
        cursors.read(KEY, "a", {}, text)


def test_counts_by_day_say_what_happened(api: Caller) -> None:
    comment = api.post("/v1/check", {"content": "Hello"}).json
    api.decide(comment, "ham", '"1-0"')
    today = dt.datetime.now(dt.UTC).date()
    days = api.get("/v1/stats").json["data"]
    assert len(days) == 30
    assert (days[-1]["day"], days[-1]["comments"]) == (today.isoformat(), 1)
    assert days[-1]["decided_by"]["model"] == 1
    assert days[-1]["decisions"]["ham"] == 1
    assert sum(days[-1]["statuses"].values()) == sum(days[-1]["labels"].values()) == 1
    one = api.get(f"/v1/stats?from={today}&to={today}").json["data"]
    assert one == days[-1:]


@pytest.mark.parametrize(
    "query", ["from=2020-01-01&to=2022-01-01", "from=2026-01-02&to=2026-01-01", "from=x", "days=3"]
)
def test_a_wrong_span_of_days_is_refused(api: Caller, query: str) -> None:
    is_problem(api.get(f"/v1/stats?{query}"), 400, "invalid-parameter")


def test_the_first_day_of_the_calendar_breaks_nothing(api: Caller) -> None:
    assert len(api.get("/v1/stats?to=0001-01-01").json["data"]) == 1


def test_a_page_reads_the_comments_that_it_answers_and_no_others(
    api: Caller, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred comments at their bounds are some 20 MB: one of them asked for is one read."""
    fill(api, 30)
    read: list[int] = []
    get_many = stored.get_many
    monkeypatch.setattr(
        stored,
        "get_many",
        lambda store, site, ids, *rest: read.append(len(ids)) or get_many(store, site, ids, *rest),
    )
    assert len(api.get("/v1/comments?limit=1").json["data"]) == 1
    assert read == [1]
    assert len(api.get("/v1/comments?limit=7&status=queued").json["data"]) == 7
    assert read == [1, 7]


@pytest.mark.parametrize("query", ["limit=100", "limit=100&q=same"])
def test_a_page_is_bounded_by_the_bytes_of_its_comments(
    api: Caller, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "READ_AT_MOST", 100_000)
    large = [{"content": f"the same {n} " + "x" * 30_000} for n in range(7)]
    huge = {"content": "the same, and by itself too large", "context": ["y" * 16_000] * 8}
    sent = [*large, huge, *({"content": f"the same, small {n}"} for n in range(5))]
    ids = [item["id"] for item in api.post("/v1/comments/batch", sent).json]
    first = api.get(f"/v1/comments?order=oldest&{query}").json
    assert [comment["id"] for comment in first["data"]] == ids[:3]
    assert walk(api, f"/v1/comments?order=oldest&{query}") == ids
    assert walk(api, f"/v1/comments?{query}") == ids[::-1]


def test_expired_comments_do_not_end_a_list(api: Caller, runtime: Runtime) -> None:
    ids = fill(api, 12)
    prefix = keys.of_site(SITE).comment.encode()
    runtime.store.redis.delete(*(prefix + id_bytes(i) for i in ids[3:10]))
    assert walk(api, "/v1/comments?limit=2&order=oldest") == [*ids[:3], *ids[10:]]
