"""Every screen, wide and narrow, light and dark: it fits, and axe finds nothing serious."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from moderation.domain.webhooks import EVENTS
from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.flow.people.links import OPERATOR
from moderation.flow.review import deciding as reviewing
from moderation.flow.review import looking
from moderation.flow.sites import administering
from moderation.flow.webhooks import endpoints
from tests.e2e.console.conftest import Desk
from tests.e2e.running import Up
from tests.processes import until

AXE = (Path(__file__).parent / "axe.min.js").read_text()
PICTURES = os.environ.get("SCREENS", "")
"""A folder for pictures of every screen; none are made where it is not named."""

COMMENTS: list[tuple[str, str]] = [
    (
        "Tobias Brandwein",
        "Twenty minutes of soaking the bisque fixed exactly this for me, the celadon stopped "
        "crawling. I wrote the numbers up at https://glazelab.example/cone-6?ref=tb42\n\n"
        "If anyone needs a used kiln, my cousin has great prices, just message on WhatsApp.",
    ),
    (
        "Best Kiln Deals 24",
        "Dear webmaster, your article are very informative!! I bookmarked. Visit "
        "https://cheap-kilns.example/deal for best price, order now, 90 % discount",
    ),
    ("سلمى الخطيب", "شكراً على الشرح المفصّل، لكن هل يصلح هذا الطلاء؟ https://noa.example/s/9"),
    ("Игорь", "Кто ищет печь недорого — пишите в личку, есть 3 штуки, https://pechi.example"),
    ("Gottfried Änderle", "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz."),
    (
        "小林 さくら",
        "釉薬の厚みは比重で 1.45 くらいが目安です。測り方はこちら https://togei.example/a",
    ),
    (
        "dev_marguerite",
        "for (const cone of cones) ramp(cone);\nSee https://git.example/dm/kiln-ctl",
    ),
    (
        "Crystal Readings",
        "My marriage was SAVED by a powerful spell caster, contact him on WhatsApp",
    ),
    ("נועה ברק", "תודה! ניסיתי בתנור ביתי והתוצאה כאן: https://noa.example/kiln"),
]


def fill(desk: Desk) -> list[str]:
    """Hold some comments, decide some of them, and return the ids of those that wait."""
    ids: list[str] = []
    for name, text in COMMENTS:
        fields = {"context": ["Cone 6 glazes without tears", "My celadon crawls at the foot."]}
        author = {"name": name, "email": "someone@mail.example", "ip": "203.0.113.24"}
        ids += desk.hold(
            text,
            author=author,
            permalink="https://kilnnotes.example/cone-6",
            form_ms=48_000,
            **fields,
        )
    for thing, who in (("wheel", "brother"), ("extruder", "sister"), ("kiln", "neighbour")):
        text = COMMENTS[0][1].replace("kiln, my cousin", f"{thing}, my {who}")
        desk.hold(text, author={"name": who.title(), "email": f"{who}@mail.example"})
    for comment_id, label in ((ids[-1], "ham"), (ids[-2], "spam")):
        word = Word("jonas", "console")
        deciding.decide(desk.runtime, desk.site, comment_id, label, word, None)
    looking.look(desk.runtime, desk.comment(ids[4]), "inès")
    looking.escalate(desk.runtime, desk.site, ids[3], "inès", "Do we allow this?")
    return ids


def draw(desk: Desk) -> str:
    """Have the filter take a comment for spam that is drawn to be looked at; return its id."""
    administering.change_settings(
        desk.runtime.store,
        desk.site,
        lambda s: replace(s, hold=0.000001, reject=0.000001, audit_share=1.0),
    )
    (drawn,) = desk.hold(COMMENTS[1][1], author={"name": COMMENTS[1][0]})
    return drawn


def fits(page: Page) -> bool:
    """Say whether nothing of the page sticks out to the side, once its stylesheets are there."""
    page.wait_for_load_state("load")
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )


BROKEN = r"""[...document.querySelectorAll("td, th")].flatMap((cell) => {
  const found = [], texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode()); ) {
    for (const word of text.data.matchAll(/[\p{Script=Latin}\p{Nd}_]+(?:[.,:]\p{Nd}+)*/gu)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((line) => Math.round(line.top)));
      if (word[0].length <= 24 && lines.size > 1) found.push(word[0]);
    }
  }
  return found;
})"""
"""Words and figures in cells of tables that stand on two lines. What is longer than any word of
ours was written by somebody."""


def broken(page: Page) -> list[str]:
    """Return words and figures that are broken in the page's tables."""
    return list(page.evaluate(BROKEN))


OVERLAPPING = """[...document.querySelectorAll("tbody tr")].flatMap((row) => {
  const boxes = [...row.cells].map((cell) => [cell, ...cell.querySelectorAll("*")].filter((e) =>
    e.checkVisibility() && !e.closest(".unseen-label")
    && [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
  ).map((e) => {
    let { left, right, top, bottom } = e.getBoundingClientRect();
    for (let at = e.parentElement; at !== row; at = at.parentElement) {
      if (getComputedStyle(at).overflowX === "visible") continue;
      const cut = at.getBoundingClientRect();
      left = Math.max(left, cut.left); right = Math.min(right, cut.right);
    }
    return { left, right, top, bottom, words: e.textContent.trim().slice(0, 40) };
  }));
  return boxes.flatMap((some, n) => boxes.slice(n + 1).flat().flatMap((b) => some.filter((a) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4
  ).map((a) => `${a.words} and ${b.words}`)));
})"""
"""Words of one cell of a table that stand on those of another."""


def overlapping(page: Page) -> list[str]:
    """Return words that stand on each other in the page's tables."""
    return list(page.evaluate(OVERLAPPING))


def serious(page: Page) -> list[Any]:
    """Return what axe finds that keeps people from using the page; it stands, nothing is on its way
    to another one: who clicked waits first for what the next page shows."""
    # The page's own policy lets no text become a script; the tool comes around it.
    page.evaluate(AXE)
    # What passes is not gathered: that takes most of the time.
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [
        (v["id"], [n["html"][:200] for n in v["nodes"]][:3])
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]


SCREENS = {
    "review": "/console/review",
    "sample": "/console/review?site={site}&id={drawn}",
    "queue": "/console/queue",
    "alike": "/console/queue?site={site}&like={first}",
    "spam": "/console/spam",
    "escalated": "/console/queue?escalated=1",
    "empty": "/console/queue?q=nowhere-to-be-found",
    "search": "/console/search?q=kiln",
    "search-empty": "/console/search?q=nowhere-to-be-found+words&status=held&days=7",
    "comment": "/console/comments/{site}/{id}",
    "decisions": "/console/decisions",
    "account": "/console/account",
    "sites": "/console/sites",
    "site": "/console/sites/{site}",
    "lists": "/console/sites/{site}/lists",
    "webhook": "/console/sites/{site}/webhooks/{hook}",
    "missing": "/console/comments/{site}/01ARZ3NDEKTSV4RRFFQ69G5FAV",
}


def themed(page: Page, name: str) -> dict[str, Any]:
    """Return what is wrong with a page, light and dark; axe is asked once: light where it is wide,
    dark where it is narrow."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    thorough = "light" if width > 400 else "dark"
    faults: dict[str, Any] = {}
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        where = f"{name}-{width}-{theme}"
        picture(page, where)
        if not fits(page):
            faults[f"{where} sticks out"] = page.evaluate(WIDEST)
        if words := broken(page):
            faults[f"{where} breaks words"] = words
        if words := overlapping(page):
            faults[f"{where} has words on words"] = words
        if theme == thorough and (found := serious(page)):
            faults[where] = found
    if not page.evaluate(DOUBLED):
        faults[f"{name}-{width} sticks out with large letters"] = page.evaluate(WIDEST)
    return faults


DOUBLED = """() => { const html = document.documentElement;
  html.style.fontSize = "175%";  // Twice the size of 87.5 % that pages have.
  const fits = html.scrollWidth <= html.clientWidth;
  html.style.fontSize = "";
  return fits; }"""


def hooked(desk: Desk) -> str:
    """Give the site a webhook that leads where nothing may be sent; return its id."""
    made, _ = endpoints.make(
        desk.runtime.store, desk.runtime.secret, desk.site, "http://10.255.255.1:9/a-hook?of=the-site",
        EVENTS, OPERATOR,
    )  # fmt: skip
    return made.id


def refused(desk: Desk, hook: str) -> bool:
    """Say whether something was to be sent to a webhook that leads where nothing may be sent."""
    found, _ = endpoints.sent(desk.runtime.store, desk.site, hook)
    return any("WINNOW_OUTBOUND_ALLOW" in one.message.answer for one in found)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("width", [1280, 360])
def test_every_screen_fits_and_can_be_used_by_everybody(desk: Desk, width: int) -> None:
    hook = hooked(desk)
    ids = fill(desk)
    drawn = draw(desk)
    size = {"width": width, "height": 900 if width > 400 else 780}
    page = desk.person(viewport=size, has_touch=width < 400)
    until(lambda: refused(desk, hook), 60)
    faults: dict[str, Any] = {}
    places = {"site": desk.site, "id": ids[-1], "first": ids[0], "drawn": drawn, "hook": hook}
    for name, path in SCREENS.items():
        page.goto(desk.url + path.format(**places))
        faults |= themed(page, name)
    faults |= decided(desk, page, ids)
    page.context.clear_cookies()
    page.goto(f"{desk.url}/console/login")
    faults |= themed(page, "login")
    assert faults == {}


def decided(desk: Desk, page: Page, ids: list[str]) -> dict[str, Any]:
    """Decide a comment, meet a conflict and come to an end; say what is wrong on the way."""
    page.goto(f"{desk.url}/console/review")
    page.keyboard.press("s")
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator(f'article.item[data-id="{ids[1]}"]')).to_be_visible()
    faults = themed(page, "decided")
    etag = desk.comment(ids[1]).etag
    reviewing.decide(desk.runtime, desk.site, ids[1], "ham", "jonas", "", etag)
    page.keyboard.press("s")
    expect(page.locator("[data-conflict]")).to_be_visible()
    faults |= themed(page, "conflict")
    page.goto(f"{desk.url}/console/review?site={desk.site}&id={ids[-1]}")
    return faults


def picture(page: Page, name: str) -> None:
    """Keep a picture of a page where pictures are asked for."""
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png")


WIDEST = """[...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .filter((e) => !e.parentElement.closest(".scroll"))  // What is within one is cut off there.
  .slice(0, 5).map((e) => e.outerHTML.slice(0, 120))"""


PUBLIC = {
    "home": "/",
    "docs": "/docs#schema-Comment",
    "problems": "/problems",
    "problem": "/problems/stale",
    "nowhere": "/nowhere",
    "privacy": "/privacy/demo",
}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_public_pages_fit_and_break_no_word_at_any_width(
    winnow: Up, chromium: Browser, theme: Any
) -> None:
    page = chromium.new_context(color_scheme=theme).new_page()
    page.set_default_timeout(40_000)
    faults: dict[str, Any] = {}
    for name, path in PUBLIC.items():
        page.goto(winnow.url + path)
        for width in (1280, 768, 360, 320):
            page.set_viewport_size({"width": width, "height": 900})
            picture(page, f"public-{name}-{width}-{theme}")
            if not fits(page):
                faults[f"{name} sticks out at {width}"] = page.evaluate(WIDEST)
            if words := broken(page):
                faults[f"{name} breaks words at {width}"] = words
        if found := serious(page):
            faults[name] = found
    assert faults == {}
