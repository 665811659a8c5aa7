"""What answers where there is no index, and that nothing the index says is believed unseen."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from moderation.flow.authorise import Grant
from moderation.flow.comments import reading
from moderation.flow.comments.reading import Filter
from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.search import finding, folders
from moderation.flow.search.excerpts import LONGEST, excerpt
from moderation.store import keys
from moderation.store import search as stored
from tests.factories import SITE
from tests.moderation.flow.search.conftest import Follower, Search
from tests.moderation.flow.search.followed import finds, send
from tests.processes import until


@pytest.fixture(autouse=True)
def however_slow_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an index that nobody keeps any more asked all the same, for an hour."""
    monkeypatch.setattr(finding, "BEHIND_MS", 3_600_000)


def test_without_an_index_the_newest_are_looked_through(
    runtime: Runtime, grant: Grant, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = send(runtime, grant, *[f"apple {n}" for n in range(5)], *[f"pear {n}" for n in range(5)])
    monkeypatch.setattr(reading, "SCANNED_AT_MOST", 5)
    monkeypatch.setattr(reading, "_CHUNK", 5)
    page = search("pear")
    assert (page.how, [c.id for c in page.comments]) == ("scan", ids[:4:-1])
    assert 0 < page.looked_to_ms <= now_ms() and page.last == ids[5]
    wanted = Filter(text="apple")
    rest = finding.find(runtime, [SITE], wanted, page.last, 100)
    assert [c.id for c in rest.comments] == ids[4::-1]


def test_an_index_that_is_behind_is_not_asked(
    runtime: Runtime, grant: Grant, search: Search, followed: Follower
) -> None:
    ids = send(runtime, grant, "the same words")
    finds(search, "words", ids)
    followed.end()
    late = now_ms() - finding.BEHIND_MS - 1
    runtime.store.redis.hset(keys.SEARCH, "at_ms", late)
    assert search("words").how == "scan"


def test_an_index_that_lies_elsewhere_or_is_off_is_not_asked(
    runtime: Runtime, grant: Grant, search: Search, followed: Follower, tmp_path
) -> None:
    ids = send(runtime, grant, "the same words")
    finds(search, "words", ids)
    for where in ("off", str(tmp_path / "another machine")):
        runtime.settings = msgspec.structs.replace(runtime.settings, search=where)
        runtime._owned.pop(finding.Readers)
        page = search("words")
        assert (page.how, [c.id for c in page.comments]) == ("scan", ids)
        finding.find(runtime, [SITE], Filter(text="words"), "", 5)


def test_what_the_index_still_has_is_compared_with_the_store(
    runtime: Runtime, grant: Grant, search: Search, followed: Follower
) -> None:
    ids = send(runtime, grant, "the same words", "the same words", "the same words")
    finds(search, "words", ids)
    followed.end()
    deciding.forget(runtime, SITE, ids[0])
    deciding.decide(runtime, SITE, ids[1], "spam", Word("ann", "console"), None)
    before = {c.id: c.status for c in search("words").comments}
    assert before == {ids[1]: "spam", ids[2]: before[ids[2]]}
    page = search("words", status=before[ids[2]])
    assert (page.how, [c.id for c in page.comments]) == ("index", ids[2:])


def test_what_the_index_has_not_taken_in_yet_is_found_all_the_same(
    runtime: Runtime, grant: Grant, search: Search, followed: Follower
) -> None:
    old = send(runtime, grant, *[f"apple {n}" for n in range(10)])
    finds(search, "apple", old)
    followed.end()
    new = send(runtime, grant, "a pear", "an apple of today", "a plum", "one more apple")
    apples = [*old, new[1], new[3]]
    page = search("apple")
    assert (page.how, [c.id for c in page.comments]) == ("index", apples[::-1])
    deciding.decide(runtime, SITE, old[4], "spam", Word("ann", "console"), None)
    assert [c.id for c in search("apple", status="spam").comments] == [old[4]]
    assert old[4] not in [c.id for c in search("apple", status="approved").comments]
    assert search("apple", sites=("other.example",)).comments == []


@pytest.mark.parametrize("newest_first", [True, False])
def test_pages_go_on_among_what_the_index_has_and_has_not(
    runtime: Runtime, grant: Grant, search: Search, followed: Follower, newest_first: bool
) -> None:
    ids = send(runtime, grant, *[f"apple {n}" for n in range(30)])
    finds(search, "apple", ids)
    followed.end()
    deciding.decide(runtime, SITE, ids[7], "spam", Word("ann", "console"), None)
    ids += send(runtime, grant, *[f"apple {n}" for n in range(5)])
    seen, last = [], ""
    while len(seen) < 50:
        wanted = Filter(text="apple", newest_first=newest_first)
        page = finding.find(runtime, [SITE], wanted, last, 4)
        assert page.how == "index" and len(page.comments) <= 4
        seen += [c.id for c in page.comments]
        if not (last := page.last):
            break
    assert seen == (ids[::-1] if newest_first else ids)


def test_of_what_changed_last_a_bounded_part_is_looked_at(
    runtime: Runtime, grant: Grant, search: Search, followed: Follower,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    finds(search, "apple", send(runtime, grant, "apple"))
    followed.end()
    ids = [send(runtime, grant, f"pear {n}")[0] for n in range(9)]
    monkeypatch.setattr(finding, "_FRESH", 6)
    # Each changed twice, by being accepted and by its verdict.
    assert [c.id for c in search("pear").comments] == ids[:5:-1]
    monkeypatch.setattr(finding, "_FRESH", 200)
    assert [c.id for c in search("pear").comments] == ids[::-1]
    monkeypatch.setattr(finding, "_FRESH_BYTES", 1)
    assert [c.id for c in search("pear").comments] == ids[:7:-1]


def test_what_the_index_has_is_not_looked_at_besides(
    runtime: Runtime, grant: Grant, search: Search, followed: Follower,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    ids = send(runtime, grant, *[f"pear {n}" for n in range(9)])
    finds(search, "pear", ids)
    root = folders.root(runtime.settings)
    assert root is not None
    until(lambda: not left_to_read(runtime, root), 30, "the index has not taken in all of it")
    monkeypatch.setattr(finding, "has_whole_words", lambda *_: pytest.fail("it was looked at"))
    assert [c.id for c in search("pear").comments] == ids[::-1]


def left_to_read(runtime: Runtime, root: Path) -> list[tuple[str, bytes]]:
    """Return what changed that an index has not."""
    position = folders.position(root / stored.state(runtime.store).token)
    assert position is not None
    return stored.newest(runtime.store, {SITE}, position.positions, 100)


@pytest.mark.parametrize(
    ("sought", "stands"),
    [
        ("pear", False), ("mint tea", False), ("spearmint tea", True), ("spear*", True),
        ("ear*", False), ("spearmint t*", True), ("TEA", True), ("author:nna", False),
        ("author:Hanna", True), ("分享", True),
        ("domain:shop.example", True), ("shop.example", True),
    ],
)  # fmt: skip
def test_words_are_sought_as_the_index_seeks_them_before_and_after_it_has_a_comment(
    runtime: Runtime, grant: Grant, search: Search, followed: Follower, sought: str, stands: bool
) -> None:
    finds(search, "apple", send(runtime, grant, "apple"))
    followed.end()
    ids = send(
        runtime, grant, "A spearmint tea, 谢谢分享: https://www.shop.example/x",
        author={"name": "Hanna Vogel", "email": "h@mail.example"},
    )  # fmt: skip
    assert [c.id for c in search(sought).comments] == (ids if stands else [])
    again = Follower(runtime.settings)
    try:
        finds(search, "spearmint", ids)
        finds(search, sought, ids if stands else [])
    finally:
        again.end()


def test_pages_go_on(runtime: Runtime, grant: Grant, search: Search, followed: Follower) -> None:
    ids = send(runtime, grant, *[f"apple {n}" for n in range(30)])
    finds(search, "apple", ids)
    seen, last = [], ""
    while len(seen) < 40:
        page = finding.find(runtime, [SITE], Filter(text="apple"), last, 7)
        assert page.how == "index"
        seen += [c.id for c in page.comments]
        last = page.last
        if not last:
            break
    assert seen == ids[::-1]


def test_a_list_without_filters_asks_no_index(
    runtime: Runtime, grant: Grant, search: Search, followed: Follower
) -> None:
    """It is complete at once, while the index may be seconds behind."""
    (one,) = send(runtime, grant, "the same words")
    page = search("", status="approved")
    assert page.how == "scan" and [c.id for c in page.comments] == [one]


@pytest.mark.parametrize(
    "text, sought, expected",
    [
        ("Cheap pills", ["pills"], [("Cheap ", False), ("pills", True)]),
        ("nothing", ["pills"], [("nothing", False)]),
        ("", ["pills"], []),
    ],
)
def test_an_excerpt_has_matches_apart(
    text: str, sought: list[str], expected: list[tuple[str, bool]]
) -> None:
    assert [(p.text, p.is_match) for p in excerpt(text, sought)] == expected


def test_an_excerpt_of_a_long_text_begins_before_its_first_match() -> None:
    text = "word " * 2000 + "pills here " + "word " * 2000
    parts = excerpt(text, ["pills"])
    assert [p.text for p in parts if p.is_match] == ["pills"]
    assert parts[0].text == parts[-1].text == "…"
    assert sum(len(p.text) for p in parts) <= LONGEST + 2
