"""Comments that attack whoever reads them: nothing runs, nothing is loaded, the layout holds."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.console.conftest import Desk
from tests.e2e.console.test_screens import fits
from tests.hostile import HOSTILE


@pytest.mark.parametrize("width", [1280, 360])
def test_no_comment_does_more_than_be_read(desk: Desk, width: int) -> None:
    ids: list[str] = []
    for text in HOSTILE:
        author = {"name": text[:256], "email": text[:300], "url": text[:2000], "ip": text[:60]}
        ids += desk.hold(text, author=author, permalink=text[:2000], context=[text[:9000]])
    page = desk.person(viewport={"width": width, "height": 800})
    for path in ("review", "queue"):
        page.goto(f"{desk.url}/console/{path}")
        assert fits(page), path
    for comment_id in ids:
        page.goto(f"{desk.url}/console/review?id={comment_id}&site={desk.site}")
        text = page.locator("article.item .text")
        expect(text).to_be_visible()
        assert page.locator("article.item .text :is(a, img, script, svg, form, style)").count() == 0
        assert fits(page), comment_id
        # Whatever the text, the answer stands where the eye expects it and can be pressed.
        page.get_by_role("button", name="Approve", exact=True).click(trial=True)
        if width < 400:  # Where it is tightest.
            page.goto(f"{desk.url}/console/comments/{desk.site}/{comment_id}")
            assert fits(page), comment_id
    page.goto(f"{desk.url}/console/review?id={ids[7]}&site={desk.site}")
    expect(page.locator("article.item .text")).to_contain_text("U+202E")


def test_a_comment_is_shown_as_it_was_written(desk: Desk) -> None:
    text = "First <b>line</b> & more\n\n  indented, see https://one.example/a?b=c&d=e#f."
    (comment_id,) = desk.hold(text)
    page = desk.person()
    page.goto(f"{desk.url}/console/comments/{desk.site}/{comment_id}")
    shown = page.evaluate(
        """() => { const copy = document.querySelector(".text").cloneNode(true);
        for (const hidden of copy.querySelectorAll(".unseen-label")) hidden.remove();
        return copy.textContent; }"""
    )
    assert shown == text
