"""Queue and Spam: what is filtered by stands in the address, and each filter can be dropped."""

from __future__ import annotations

import html
from collections.abc import Callable
from urllib.parse import quote

import pytest

from moderation.domain.comments import Comment
from moderation.flow.runtime import Runtime
from moderation.search.asking import snapshot
from tests.moderation.console.conftest import Browser
from tests.moderation.console.test_search import followed, known, shown
from tests.processes import until

Hold = Callable[..., Comment]
__all__ = ["followed"]
FERN = {
    "name": "a Fern", "email": "fern@moss.example", "ip": "203.0.113.7", "url": "https://bog.example/",
}  # fmt: skip
ROWAN = {"name": "a Rowan", "email": "rowan@heath.example", "ip": "198.51.100.9"}


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("screen", ["queue", "spam"])
def test_comments_are_listed_by_what_they_have(
    ann: Browser,
    hold: Hold,
    runtime: Runtime,
    request: pytest.FixtureRequest,
    indexed: bool,
    screen: str,
) -> None:
    if indexed:
        request.getfixturevalue("followed")
    fern = hold("Der Torf ist nass.", author=FERN, language="de")
    rowan = hold("The berries are red.", author=ROWAN, language="en")
    if screen == "spam":
        for comment in (fern, rowan):
            ann.decide(comment, "spam")
    if indexed:
        known(runtime, fern, rowan)
        everybody = f"/console/{screen}?author=a"  # What was decided just now is there too.
        until(lambda: shown(ann.get(everybody).text, fern, rowan) == [True, True], 10)
    for name, value in (
        ("domain", "bog.example"), ("ip", "203.0.113.7"), ("ip", "203.0.113.0/24"),
        ("language", "de"), ("email", "FERN@moss.example"), ("author", "fern"),
    ):  # fmt: skip
        page = ann.get(f"/console/{screen}?{name}={quote(value, safe='')}")
        assert shown(page.text, fern, rowan) == [True, False], (name, value)
        if name != "author":
            assert f'name="{name}" value="{value}"' in page.text
            assert page.text.count('class="tag accent"') == 1 and f": {value}</bdi>" in page.text
    model = quote(snapshot(fern), safe="")
    assert shown(ann.get(f"/console/{screen}?model={model}").text, fern, rowan) == [True, True]
    for nothing in ("model=none", "ip=1.2.3", "ip=%00", "domain=example.x", "language=" + "x" * 9):
        page = ann.get(f"/console/{screen}?{nothing}")
        expected = nothing == "ip=%00"  # Nothing is left of it.
        assert shown(page.text, fern, rowan) == [expected] * 2, nothing
        assert ("No comment fits these filters" in page.text) != expected
    both = ann.get(f"/console/{screen}?language=de&domain=bog.example&days=7").text
    assert shown(both, fern, rowan) == [True, False]
    assert f'href="/console/{screen}?' in both
    links = html.unescape(both)
    status = "" if screen == "queue" else "spam"
    assert f"status={status or 'held'}&domain=bog.example&days=7" in links, "without the language"
    assert f"status={status or 'held'}&language=de&days=7" in links, "without the domain"


def test_a_filter_that_is_markup_stays_text(ann: Browser, hold: Hold) -> None:
    hold("The only one.")
    for name in ("model", "domain", "ip", "language", "email", "author", "q"):
        page = ann.get(f"/console/queue?{name}=" + quote('"><script>{{ 7000*7 }}\u202e</script>'))
        assert page.status_code == 200
        assert "<script>{{" not in page.text and "49000" not in page.text
