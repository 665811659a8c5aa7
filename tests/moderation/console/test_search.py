"""Search: what is found, what is marked, what is said where nothing or not all was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from moderation.domain.comments import Comment
from moderation.flow.comments import reading
from moderation.flow.runtime import Runtime
from moderation.flow.search import finding
from moderation.settings import Settings
from moderation.store import Store
from moderation.store import search as stored
from tests.factories import SITE
from tests.moderation.console.conftest import OTHER, Browser
from tests.moderation.flow.search.conftest import Follower
from tests.processes import until

Hold = Callable[..., Comment]


@pytest.fixture
def followed(runtime: Runtime, settings: Settings) -> Iterator[Follower]:
    made = Follower(settings)
    until(lambda: stored.state(runtime.store).token)
    yield made
    made.end()


def known(runtime: Runtime, *comments: Comment) -> None:
    """Wait until the index has these comments."""

    def has() -> bool:
        found = finding.find(
            runtime, sorted({c.site for c in comments}), reading.Filter(author="a"), "", 99
        )
        return found.how == "index" and {c.id for c in found.comments} >= {c.id for c in comments}

    until(has, 5)


def shown(page: str, *comments: Comment) -> list[bool]:
    return [f'data-id="{comment.id}"' in page for comment in comments]


def test_words_and_fields_are_found_and_marked(
    ann: Browser, hold: Hold, runtime: Runtime, followed: Follower
) -> None:
    pills = hold("Cheap PILLS, order now: https://pills.example/buy", author={"name": "a Shop"})
    tea = hold("谢谢分享,河边小路", author={"name": "a Ada", "email": "ada@mail.example"})
    known(runtime, pills, tea)
    for query, expected in (
        ("pills", [True, False]), ("domain:pills.example", [True, False]), ("河边", [False, True]),
        ("email:ada@mail.example", [False, True]), ("author:Ada", [False, True]),
        ("ada", [False, True]), ("nowhere", [False, False]), ("pills&status=spam", [False, False]),
        ("pills&status=held&days=1", [True, False]),
    ):  # fmt: skip
        page = ann.get(f"/console/search?q={query}")
        assert page.status_code == 200
        assert shown(page.text, pills, tea) == expected, query
        assert "looked through" not in page.text
    assert (
        'Cheap <mark class="match">PILLS</mark>, order' in ann.get("/console/search?q=pills").text
    )
    assert '<mark class="match">河边</mark>' in ann.get("/console/search?q=河边").text


def test_nobody_finds_comments_of_sites_that_are_not_theirs(
    person: Callable[..., Browser], hold: Hold, runtime: Runtime, followed: Follower
) -> None:
    mine, theirs = hold("a pill", author={"name": "a"}), hold("a pill", OTHER, author={"name": "a"})
    known(runtime, mine, theirs)
    ann = person("ann", sites=(SITE,))
    for query in ("pill", f"pill&site={OTHER}", f"pill site:{OTHER}", f"site:{OTHER}"):
        assert not shown(ann.get(f"/console/search?q={query}").text, theirs)[0], query
    root = person("root", "administrator", ())
    assert shown(root.get("/console/search?q=pill").text, mine, theirs) == [True, True]
    nobody = person("nobody", "viewer", ())
    assert shown(nobody.get("/console/search?q=pill").text, mine, theirs) == [False, False]


def test_an_empty_search_says_what_was_sought_and_offers_to_drop_the_last_filter(
    ann: Browser, hold: Hold
) -> None:
    hold("something")
    page = ann.get("/console/search?q=two+words&status=held&days=7").text
    assert "two words" in page and "Drop the last filter" in page
    assert 'href="/console/search?q=two+words&amp;status=held"' in page
    page = ann.get("/console/search?q=two+words").text
    assert 'href="/console/search?q=two"' in page


def test_without_an_index_it_is_said_how_far_was_looked(
    ann: Browser, hold: Hold, runtime: Runtime, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    comments = [hold(f"the same words {n}") for n in range(6)]
    page = ann.get("/console/search?q=words").text
    assert "off or behind" in page and "All comments were looked through" in page
    assert all(shown(page, *comments))
    monkeypatch.setattr(reading, "SCANNED_AT_MOST", 2)
    monkeypatch.setattr(reading, "_CHUNK", 2)
    page = ann.get("/console/search?q=words").text
    assert "Only comments since" in page and "after=" in page
    stored.note(store, {"done": 3, "total": 6})
    assert "3 of 6 comments" in ann.get("/console/search?q=words").text


HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "\u202e evil", "a" * 5000,
           "{{ 7*7 }}", "%00", "'", "javascript:alert(1)", "\x1b[31m"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_sought_and_found_is_no_markup(
    ann: Browser, hold: Hold, runtime: Runtime, followed: Follower, text: str
) -> None:
    comment = hold(f"words {text[:200]}", author={"name": f"a {text[:100]}"})
    known(runtime, comment)
    for query in (text, "words"):
        page = ann.client.get("/console/search", query_string={"q": query})
        assert page.status_code == 200
        assert "<script>alert" not in page.text and "<img src=x" not in page.text
        if query == "words":
            assert "\u202e" not in page.text
    assert ann.get("/console/search?q=words&after=nonsense").status_code in (404, 422)


@pytest.mark.parametrize("query", ['"', "((((", "*", "\\", "\u202e", "^~:;[]{}"])
def test_a_question_without_a_word_says_that_and_not_that_the_index_is_away(
    ann: Browser, hold: Hold, runtime: Runtime, followed: Follower, query: str
) -> None:
    known(runtime, hold(author={"name": "a Ada"}))
    page = ann.get("/console/search", query_string={"q": query}).text
    assert "There is no word in this to search for." in page
    assert "off or behind" not in page
