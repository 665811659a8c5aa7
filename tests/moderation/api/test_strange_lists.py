"""Servers of lists and feeds that nobody should trust: the copy before serves on, and says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from classifier import marks_of
from moderation.domain import subscribed
from moderation.domain.feeds import FORMAT, Feed, Text, sketch_of
from moderation.domain.subscribed import Reads
from moderation.flow import signing
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sites import fetching
from moderation.store import keys
from tests.clock import Stopwatch
from tests.factories import SITE
from tests.moderation.api.conftest import Caller
from tests.processes import until
from tests.strangers import BOMB, FAULTS, OK, Speak, Stranger, body, drips, patience, pours, says

PATH = f"/v1/sites/{SITE}/lists/subscriptions"
HOSTS = b"shop.example\npills.example\n"
KEYS = b"cheap kilns\nbuy viagra\n"
PITCH = "our roofers mend every leak before winter comes ask for an estimate today"
SECRET, OTHER = b"f" * 32, b"x" * 32
KEY = signing.public_key(SECRET)


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """Return a server that is told what to say."""
    made = Stranger(says(body(HOSTS)))
    yield made
    made.close()


Fetch = Callable[..., dict]


@pytest.fixture
def fetch(admin: Caller, worker: Runtime, stranger: Stranger) -> Fetch:
    """Let the server say something, fetch the list, and return how that went."""

    def subscribe(reads: str, key: str) -> None:
        action = "weigh" if reads == "feed" else "hold"
        given = {"url": stranger.url, "reads": reads, "action": action}
        wanted = {"lists": [{**given, "key": key} if reads == "feed" else given]}
        etag = admin.get(PATH).headers["ETag"]
        answer = admin("PUT", PATH, json=wanted, headers={"If-Match": etag})
        assert answer.status_code == 200, answer.text

    def fetched(speak: Speak | bytes, reads: str = "domains", key: str = KEY) -> dict:
        stranger.speak = says(body(speak)) if isinstance(speak, bytes) else speak
        subscribe(reads, key)
        fetching.fetch_site(worker, SITE, at_once=True)
        return admin.get(PATH).json["lists"][0]

    return fetched


def status(api: Caller, content: str = "Thanks, see shop.example for mine.") -> str:
    return api.post("/v1/check", {"content": content}).json["status"]


STRANGE = {name: (speak, said) for name, (speak, said) in FAULTS.items()} | {
    "has no end": (pours(OK + b"\r\n", b"a.example\n" * 6000), "longer than 8,388,608 bytes"),
    "drips its list": (drips(OK + b"\r\n", b"a.example\n"), "no answer in time"),
    "breaks off": (says(body(HOSTS, length=9000)), "its answer broke off"),
    "is a bomb": (says(body(BOMB, b"Content-Encoding: gzip")), "packed"),
    "is a bomb that says nothing": (says(body(BOMB)), "no list of this kind"),
    "is in UTF-16": (says(body(HOSTS.decode().encode("utf-16"))), "no list of this kind"),
    "is a page": (says(body(b"\n<!DOCTYPE html><p>moved to\nnew.example\n")), "no list of this"),
    "leads elsewhere in packed words": (
        says(b"HTTP/1.1 301 Moved\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"),
        "status 301; redirects are not followed",
    ),
    "leads elsewhere": (
        says(b"HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
        "status 301; redirects are not followed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_the_last_good_copy_serves_on_whatever_comes(
    fetch: Fetch, api: Caller, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fetch(HOSTS)["error"] is None
    monkeypatch.setattr(fetching, "SECONDS", patience(STRANGE[name][1]))
    with Stopwatch() as watch:
        found = fetch(STRANGE[name][0])
    assert watch.seconds < 15
    assert STRANGE[name][1] in found["error"] and found["entries"] == 2
    assert status(api) == "held"


@pytest.mark.parametrize(
    "page",
    [b"<html>\n<body>\n<p>not found</p>\n</body>\n", BOMB[:60_000], KEYS.decode().encode("utf-16"),
     "\n".join(f"chèvre chaud {n}" for n in range(9)).encode("latin-1")],
    ids=["a page", "packed", "in UTF-16", "in Latin-1"],
)  # fmt: skip
def test_keys_which_may_be_any_text_are_none_of_what_is_no_list(
    fetch: Fetch, api: Caller, page: bytes
) -> None:
    """Else each tag of a page that says that the list has moved would hold all that has it."""
    assert fetch(KEYS, "keys")["entries"] == 2
    found = fetch(page, "keys")
    assert "no list of this kind" in found["error"] and found["entries"] == 2
    assert status(api, "I buy Viagra.") == "held"
    assert status(api, "Thanks for the words on <p>glazes</p>.") == "approved"


def test_a_remark_in_another_encoding_costs_its_line_alone(fetch: Fetch) -> None:
    found = fetch("# café\nshop.example\npills.example\ncafé.example\n".encode("latin-1"))
    assert (found["error"], found["entries"], found["skipped"]) == (None, 2, 1)


@pytest.mark.parametrize("reads, line", [("networks", "x\n"), ("domains", "a-\n"), ("keys", "a\n")])
def test_what_is_no_list_from_end_to_end_is_not_read_to_its_end(reads: str, line: str) -> None:
    entries, skipped = subscribed.read(reads, line * (subscribed.LIST_BYTES // len(line)))
    assert (entries, skipped) == ([], subscribed.LIST_ENTRIES + 1)


@pytest.mark.parametrize("nothing", ["\n", "# a remark\n", "localhost ", "a.example\n"])
@pytest.mark.parametrize("reads", ["networks", "domains", "keys"])
def test_a_list_of_nothing_new_is_not_read_to_its_end(
    reads: Reads, nothing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has neither entries that end it nor lines that are none."""
    monkeypatch.setattr(subscribed, "LIST_LOOKED_AT", 1000)
    entry = {"networks": "192.0.2.7/32", "domains": "shop.example", "keys": "kiln"}[reads]
    if "\n" in nothing or reads == "domains":
        assert entry not in subscribed.read(reads, nothing * 1000 + f"\n{entry}\n")[0]
    assert entry in subscribed.read(reads, nothing * 900 + f"\n{entry}\n")[0]


def test_slow_servers_leave_the_rest_to_the_next_turn(
    fetch: Fetch, stranger: Stranger, worker: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(HOSTS)
    for site in (SITE, "other.example", "demo"):
        worker.store.redis.zadd(keys.SUBSCRIBED, {site: 1})
    monkeypatch.setattr(fetching, "A_TURN_SECONDS", 0.0)
    fetching.fetch_due(worker)
    due = dict(worker.store.redis.zrange(keys.SUBSCRIBED, 0, -1, withscores=True))
    assert sorted(due.values())[:2] == [1, 1], "these were not touched"


def feed(*texts: str, made: float = 0, by: bytes = SECRET, good_for: float = 48) -> bytes:
    """Return a feed that was made some hours after now."""
    at = dt.datetime.fromtimestamp(now_ms() / 1000, dt.UTC) + dt.timedelta(hours=made)
    sketches = [sketch_of(mark) for mark in marks_of(list(texts))]
    told = tuple(Text(sketch.hex(), 3, 5) for sketch in sketches)
    return signing.sign(by, Feed(FORMAT, "x", at, at + dt.timedelta(hours=good_for), told))


def is_heard(api: Caller) -> bool:
    verdict = api.post("/v1/check", {"content": f"{PITCH} from us"}).json["verdict"]
    return "feed" in verdict["signals"]


def test_a_feed_that_is_rolled_back_to_an_older_file_is_not_heard(
    fetch: Fetch, api: Caller
) -> None:
    """Whoever hands it out cannot bring back what its publisher took out of it."""
    older, newer = feed(PITCH, made=-5), feed("another text of many other words", made=-1)
    assert fetch(older, "feed")["error"] is None
    until(lambda: is_heard(api))
    assert fetch(newer, "feed")["error"] is None
    until(lambda: not is_heard(api))  # It is put in order beside the comments that come meanwhile.
    found = fetch(older, "feed")
    assert "older than the one that was fetched before" in found["error"]
    assert not is_heard(api)
    assert fetch(newer, "feed")["error"] is None
    assert fetch(feed(PITCH), "feed")["error"] is None
    until(lambda: is_heard(api))


@pytest.mark.parametrize("hours", [2, 24 * 365])
def test_a_feed_of_a_clock_that_is_ahead_is_not_heard_and_keeps_no_later_one_away(
    fetch: Fetch, api: Caller, hours: int
) -> None:
    assert "made in the future" in fetch(feed(PITCH, made=hours), "feed")["error"]
    assert not is_heard(api)
    assert fetch(feed(PITCH), "feed")["error"] is None
    assert is_heard(api)


def test_clocks_that_are_some_minutes_apart_cost_nothing(fetch: Fetch, api: Caller) -> None:
    assert fetch(feed(PITCH, made=0.5), "feed")["error"] is None
    assert (
        "older than the one"
        in fetch(feed("another text of many other words", made=0.2), "feed")["error"]
    )
    assert is_heard(api)


def test_a_copy_that_was_kept_while_the_clock_here_was_ahead_keeps_no_later_one_away(
    fetch: Fetch, api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as ahead:
        ahead.setattr(fetching, "now_ms", lambda: now_ms() + 365 * 86_400_000)
        assert (
            fetch(feed("another text of many other words", made=24 * 365), "feed")["error"] is None
        )
    assert fetch(feed(PITCH), "feed")["error"] is None
    until(lambda: is_heard(api))


def test_the_same_feed_signed_by_another_key_is_not_heard_until_somebody_chooses_it(
    fetch: Fetch, api: Caller
) -> None:
    assert fetch(feed(PITCH), "feed")["error"] is None
    resigned = feed(PITCH, "another text of many other words", by=OTHER)
    assert "not signed by this key" in fetch(resigned, "feed")["error"]
    assert is_heard(api), "the copy before serves on"
    older = feed(PITCH, made=-9, by=OTHER)
    other = signing.public_key(OTHER)
    assert fetch(older, "feed", other)["error"] is None, "another key is another feed"
    assert is_heard(api)


@pytest.mark.parametrize("cut", [2, 40, 90, 200])
def test_a_feed_that_was_cut_off_without_a_word_is_not_heard(
    fetch: Fetch, api: Caller, cut: int
) -> None:
    data = feed(PITCH)
    assert fetch(data, "feed")["error"] is None
    found = fetch(says(OK, b"\r\n", data[:-cut]), "feed")
    assert "not signed" in found["error"] and is_heard(api)
