"""Review: leases, sites of others, what is shown next."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from ulid import ULID

from moderation.console.shown import iso
from moderation.flow.lookup import find
from moderation.flow.review import bulk, deciding, history, looking
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import Store
from tests.conftest import Server
from tests.factories import SITE
from tests.moderation.console.conftest import OTHER, Browser

JSON = {"headers": {"Accept": "application/json"}}


def shown(browser: Browser, query: str = "") -> str:
    """Return the id of the comment in focus, '' where there is none."""
    found = re.search(
        r'<article class="item" data-id="(\w{26})"', browser.get(f"/console/review{query}").text
    )
    return found.group(1) if found else ""


def test_the_oldest_comes_first_and_who_leaves_it_frees_it(
    person: Callable[..., Browser], hold
) -> None:
    first, second = hold("one"), hold("two")
    ann, bob = person("ann"), person("bob")
    assert shown(ann) == first.id
    assert shown(bob) == second.id
    assert shown(ann) == first.id, "it stays hers"
    answer = ann.post(f"/console/review/{SITE}/{first.id}/leave")
    assert answer.headers["Location"] == f"/console/review?after={first.id}"
    assert shown(bob) == first.id
    told = bob.post(f"/console/review/{SITE}/{first.id}/leave", {"told": "1"})
    assert (told.status_code, told.data) == (204, b"")


def test_a_lease_is_kept_by_its_holder_alone_and_runs_out(
    person: Callable[..., Browser], hold, runtime: Runtime, valkey: Server
) -> None:
    comment = hold()
    ann, bob = person("ann"), person("bob")
    assert shown(ann) == comment.id
    path = f"/console/review/{SITE}/{comment.id}/keep"
    hers = ann.post(path, **JSON).json
    assert hers["yours"] and iso(now_ms()) < hers["until"] <= iso(now_ms() + looking.LEASE_MS)
    assert bob.post(path, **JSON).json == {"yours": False, "until": ""}
    assert shown(bob) == ""
    with valkey.client() as client:
        (lease,) = client.keys("*:looking:*")
        assert 0 < client.pttl(lease) <= looking.LEASE_MS
        client.pexpire(lease, 1)
        while client.exists(lease):
            pass
    assert shown(bob) == comment.id


def test_a_decision_frees_the_comment_and_is_learned(ann: Browser, hold, runtime: Runtime) -> None:
    comment = hold()
    assert shown(ann) == comment.id
    answer = ann.decide(comment, "spam", **JSON)
    now = find(runtime, SITE, comment.id)
    assert answer.json == {
        "id": comment.id, "site": SITE, "etag": now.etag, "status": "spam",
    }  # fmt: skip
    assert now.decision and (now.decision.by, now.decision.via) == ("ann", "console")
    assert looking.look_of(runtime, now).looks == ""
    assert shown(ann) == ""


def test_sites_of_others_are_as_if_they_were_not(ann: Browser, hold, runtime: Runtime) -> None:
    theirs = hold("not hers", site=OTHER)
    base = f"/console/comments/{OTHER}/{theirs.id}"
    assert ann.get(base).status_code == 404
    assert ann.decide(theirs, "spam").status_code == 404
    acts = (f"{base}/undo", f"{base}/escalate", f"{base}/escalate/undo")
    for path in (*acts, f"/console/review/{OTHER}/{theirs.id}/keep"):
        assert ann.post(path, {"etag": theirs.etag}).status_code == 404
    assert shown(ann) == shown(ann, f"?site={OTHER}") == ""
    assert ann.get(f"/console/review?id={theirs.id}&site={OTHER}").status_code == 404
    for path in ("queue", "spam", "decisions"):
        assert "not hers" not in ann.get(f"/console/{path}?site={OTHER}").text
    ticked = f"{OTHER}/{theirs.id}/{theirs.etag}"
    bulk = {"ticked": [ticked], "label": "spam"}
    assert ann.post("/console/queue/bulk", bulk).status_code == 404
    assert find(runtime, OTHER, theirs.id).status == "held"


def test_a_viewer_sees_and_changes_nothing(
    person: Callable[..., Browser], hold, runtime: Runtime
) -> None:
    comment = hold()
    eve = person("eve", "viewer")
    assert shown(eve) == comment.id
    assert looking.look_of(runtime, comment).looks == ""
    assert (
        "Approve"
        not in eve.get(f"/console/comments/{SITE}/{comment.id}").text.partition("<dialog")[0]
    )
    assert eve.decide(comment, "spam").status_code == 403


def test_the_store_that_is_away_is_said_and_comes_back_by_itself(
    ann: Browser, hold, runtime: Runtime, tmp_path
) -> None:
    comment = hold()
    kept, runtime.store = runtime.store, Store.connect(f"unix://{tmp_path}/nowhere.sock")
    answer = ann.get("/console/review")
    assert answer.status_code == 503
    assert "The store does not answer since" in answer.text
    assert 'http-equiv="refresh"' in answer.text
    runtime.store.close()
    runtime.store = kept
    assert shown(ann) == comment.id


def test_a_full_store_still_takes_log_ins_and_decisions(
    ann: Browser, anyone: Browser, hold, runtime: Runtime, valkey: Server
) -> None:
    comment = hold()
    with valkey.client() as client:
        client.config_set("maxmemory", 1)
        try:
            assert anyone.log_in("ann").status_code == 303
            assert shown(ann) == comment.id
            assert ann.decide(comment, "spam", **JSON).status_code == 200
        finally:
            client.config_set("maxmemory", 0)
    assert find(runtime, SITE, comment.id).status == "spam"


def test_what_cannot_be_an_address_is_not_found(ann: Browser) -> None:
    for name in ("x", "0" * 26, str(ULID()), "%00", "..%2f..%2f"):
        assert ann.get(f"/console/comments/{SITE}/{name}").status_code in (404,), name
    assert ann.get("/console/review?after=nonsense").status_code == 404
    assert ann.get("/console/queue?after=nonsense&days=x&band=none").status_code == 404


def test_history_follows_a_comment_through_undo_and_decision(
    ann: Browser, hold, runtime: Runtime
) -> None:
    comment = hold("to and fro")
    once = deciding.decide(runtime, SITE, comment.id, "spam", "ann", "", comment.etag)
    undone = deciding.undo(runtime, SITE, comment.id, "ann", "", once.etag)
    last = deciding.decide(runtime, SITE, comment.id, "ham", "bob", "", undone.etag)
    said = history.of_comment(runtime, last)
    assert [(s.kind, s.decision.label, s.holds) for s in said] == [
        ("label", "spam", False), ("undo", "ham", False), ("label", "ham", True),
    ]  # fmt: skip
    page = ann.get(f"/console/comments/{SITE}/{comment.id}").text
    for words in (
        "<s>Spam, by ann</s>",
        "Withdrawn by ann",
        "<b>Approved by bob</b>",
        "would now score",
    ):
        assert words in page
    rows = ann.get("/console/decisions").text
    assert "withdrawn" in rows and "bob" in rows


def test_decisions_go_on_from_page_to_page(ann: Browser, hold, runtime: Runtime) -> None:
    comment = hold("decided again and again")
    for n in range(70):
        label = "spam" if n % 2 else "ham"
        now = find(runtime, SITE, comment.id)
        deciding.decide(runtime, SITE, comment.id, label, f"person {n:02}", "", now.etag)
    first, more = history.decisions(runtime, [SITE], 50)
    rest, end = history.decisions(runtime, [SITE], 50, more)
    assert [s.decision.by for s in [*first, *rest]] == [f"person {n:02}" for n in range(69, -1, -1)]
    assert end == {}
    page = ann.get("/console/decisions").text
    assert "person 69" in page and "person 19" not in page
    (older,) = re.findall(r'href="(/console/decisions\?[^"]*before=[^"]*)"', page)
    assert "person 19" in ann.get(html.unescape(older)).text


def test_decisions_of_many_sites_go_on_each_from_its_place(
    person: Callable[..., Browser], hold, runtime: Runtime
) -> None:
    comments = {site: hold(f"on {site}", site=site) for site in (SITE, OTHER)}
    expected = []
    for n in range(120):
        site = OTHER if n % 5 == 0 else SITE
        now = find(runtime, site, comments[site].id)
        deciding.decide(runtime, site, now.id, "spam" if n % 2 else "ham", f"p{n}", "", now.etag)
        expected.append(f"p{n}")
    found: list[str] = []
    before: dict[str, int] = {}
    for _ in range(5):
        said, before = history.decisions(runtime, [SITE, OTHER], 50, before)
        found += [one.decision.by for one in said]
        if not before:
            break
    assert sorted(found) == sorted(expected)
    assert found[:2] == ["p119", "p118"]
    spam, _ = history.decisions(runtime, [SITE], 50, {}, history.Asked(label="spam", by="p119"))
    assert [one.decision.by for one in spam] == ["p119"]
    admin = person("root", "administrator", ())
    page = admin.get("/console/decisions?by=p117&via=console").text
    assert "p117" in page and "p116" not in page
    assert "No decision fits" in admin.get("/console/decisions?by=nobody").text


def test_a_bulk_is_one_row_of_the_decisions(ann: Browser, hold, runtime: Runtime) -> None:
    comments = [hold(f"number {n}") for n in range(3)]
    ticked = [f"{c.site}/{c.id}/{c.etag}" for c in comments]
    sent = ann.post("/console/queue/bulk", {"ticked": ticked, "label": "spam"})
    job = sent.headers["Location"].rpartition("/")[2]
    bulk.work_on(runtime, job)
    page = ann.get("/console/decisions").text
    assert "3 comments decided together" in page and f"/console/queue/bulk/{job}/undo" in page
    assert "number 1" not in page


def test_what_a_revision_changed_is_shown(ann: Browser, hold, runtime: Runtime) -> None:
    first = hold("fire it to cone six", external_id="c1")
    hold("fire it to cone ten <script>", external_id="c1")
    page = ann.get(f"/console/comments/{SITE}/{first.id}").text
    assert re.search(r"<ins>.*ten &lt;script&gt;</ins>", page)
    assert re.search(r"<del>.*six</del>", page)
    older = ann.get(f"/console/comments/{SITE}/{first.id}?revision=1").text
    assert "<ins>" not in older


def test_lists_are_filtered_by_what_stands_in_the_address(
    ann: Browser, hold, runtime: Runtime
) -> None:
    pills = hold("Cheap pills, order now: https://pills.example/buy", author={"name": "Pill Shop"})
    thanks = hold("Thanks, that fixed my build.", author={"name": "Ada"})
    band = pills.verdict.band
    for query, expected in (
        ("", {pills.id, thanks.id}),
        ("?q=PILLS", {pills.id}),
        ("?author=ada", {thanks.id}),
        (f"?band={band}", {c.id for c in (pills, thanks) if c.verdict.band == band}),
        (f"?reason={pills.verdict.reasons[0][0]}&q=pills", {pills.id}),
        ("?q=nowhere", set()),
        ("?days=1", {pills.id, thanks.id}),
        ("?status=spam", set()),
    ):
        page = ann.get(f"/console/queue{query}").text
        assert {c.id for c in (pills, thanks) if f'data-id="{c.id}"' in page} == expected, query
    assert 'data-id="' not in ann.get("/console/spam").text
    ann.decide(pills, "spam")
    assert f'data-id="{pills.id}"' in ann.get("/console/spam").text
