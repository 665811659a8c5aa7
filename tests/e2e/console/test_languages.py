"""The console in German and in Arabic: it fits, wide and narrow, and axe finds nothing serious."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from moderation.wording import catalogue
from tests.e2e.console.conftest import Desk
from tests.e2e.console.test_screens import (
    WIDEST,
    broken,
    draw,
    fill,
    fits,
    overlapping,
    picture,
    serious,
)

DIRECTIONS = {"de": "ltr", "ar": "rtl"}
FEW = {
    "review": "/console/review",
    "queue": "/console/queue",
    "comment": "/console/comments/{site}/{id}",
    "search": "/console/search?q=kiln",
    "site": "/console/sites/{site}",
    "models": "/console/models",
    "account": "/console/account",
}
REST = {
    "sample": "/console/review?site={site}&id={drawn}",
    "alike": "/console/queue?site={site}&like={first}",
    "spam": "/console/spam",
    "escalated": "/console/queue?escalated=1",
    "empty": "/console/queue?q=nowhere-to-be-found",
    "decisions": "/console/decisions",
    "upload": "/console/models/upload",
    "health": "/console/health",
    "sites": "/console/sites",
    "lists": "/console/sites/{site}/lists",
    "people": "/console/people",
    "first": "/console/first?site={site}",
    "audit": "/console/audit",
    "missing": "/console/comments/{site}/01ARZ3NDEKTSV4RRFFQ69G5FAV",
}


def pages_in(desk: Desk, languages: dict[str, str]) -> Iterator[tuple[str, Page]]:
    """Yield a page of an administrator for each language, which the browser asks for."""
    known = desk.person(role="administrator").context.storage_state()
    for language in languages:
        yield language, desk.open_context(locale=language, storage_state=known).new_page()


def look(page: Page, name: str, language: str, asked: tuple[int, ...]) -> dict[str, Any]:
    """Return what is wrong with a page in a language; axe is `asked` at these widths only."""
    faults: dict[str, Any] = {}
    for width in (1280, 360):
        where = f"{name}-{width}-{language}"
        page.set_viewport_size({"width": width, "height": 900 if width > 400 else 780})
        picture(page, where)
        if not fits(page):
            faults[f"{where} sticks out"] = page.evaluate(WIDEST)
        if words := broken(page):
            faults[f"{where} breaks words"] = words
        if words := overlapping(page):
            faults[f"{where} has words on words"] = words
        if width in asked and (found := serious(page)):
            faults[where] = found
    page.set_viewport_size({"width": 1280, "height": 900})
    said = page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
    if said != [language, DIRECTIONS[language]]:
        faults[f"{name}-{language} says of itself"] = said
    return faults


def faults_of(desk: Desk, screens: dict[str, str], asked: dict[str, tuple[int, ...]]) -> Any:
    """Return what is wrong with screens in every language."""
    ids = fill(desk)
    drawn = draw(desk)
    faults: dict[str, Any] = {}
    for language, page in pages_in(desk, DIRECTIONS):
        for name, path in screens.items():
            page.goto(desk.url + path.format(site=desk.site, id=ids[-1], first=ids[0], drawn=drawn))
            faults |= look(page, name, language, asked[language])
        page.context.clear_cookies()
        page.goto(f"{desk.url}/console/login")
        faults |= look(page, "login", language, asked[language])
        button = catalogue(language).gettext("Log in")
        if not page.get_by_role("button", name=button).count():
            faults[f"login-{language} says"] = page.locator("main").inner_text()
    return faults


@pytest.mark.timeout(400)
def test_the_most_used_screens_fit_in_german_and_in_arabic(desk: Desk) -> None:
    assert faults_of(desk, FEW, {"de": (360,), "ar": (1280,)}) == {}


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_screen_fits_in_german_and_in_arabic(desk: Desk) -> None:
    assert faults_of(desk, FEW | REST, {"de": (1280, 360), "ar": (1280, 360)}) == {}


def test_a_marked_comment_takes_its_direction_from_its_own_words(desk: Desk) -> None:
    hebrew = fill(desk)[-1]
    page = desk.person()
    page.goto(f"{desk.url}/console/comments/{desk.site}/{hebrew}")
    text = page.locator(".reading > .text")
    assert text.evaluate("e => e.firstChild.nodeName") == "MARK", "it begins with marked words"
    assert text.evaluate("e => getComputedStyle(e).direction") == "rtl"


def test_a_page_for_new_entries_of_a_list_starts_empty(desk: Desk) -> None:
    page = desk.person(role="administrator")
    page.goto(f"{desk.url}/console/sites/{desk.site}/lists")
    assert page.locator("#values").input_value() == ""


def test_what_was_done_is_said_above_two_rows_of_buttons(desk: Desk) -> None:
    first, _second = desk.hold("The first of two.", "The second of two.")
    known = desk.person().context.storage_state()
    size = {"width": 1110, "height": 800}
    page = desk.open_context(locale="de", storage_state=known, viewport=size).new_page()
    page.goto(f"{desk.url}/console/review?site={desk.site}&id={first}")
    page.keyboard.press("s")
    expect(page.locator(".toast")).to_be_visible()
    tops = page.locator(".bar button").evaluate_all("all => all.map((e) => e.offsetTop)")
    assert max(tops) > min(tops) + 30, "the buttons stand in two rows"
    toast, bar = page.locator(".toast").bounding_box(), page.locator(".bar").bounding_box()
    assert toast and bar
    assert toast["y"] + toast["height"] <= bar["y"]


SELECTED = {
    "de": ("2 ausgewählt", "1 unsicher, 1 wohl Spam · wirkt nur auf diese"),
    "ar": ("تعليقان محدَّدان", "واحد غير مؤكد وواحد مزعج على الأرجح · يسري على هذه فقط"),
}


def test_what_is_selected_is_said_in_whole_sentences(desk: Desk) -> None:
    texts = ["The glaze crawled at the foot.", "Order cheap pills now, best price, 90 % off!"]
    ids = desk.hold(*texts)
    for language, page in pages_in(desk, DIRECTIONS):
        page.goto(f"{desk.url}/console/queue?site={desk.site}")
        rows = page.locator("tbody tr")
        for row, band in zip(rows.all(), (3, 2), strict=True):
            row.evaluate("(row, band) => (row.dataset.band = band)", band)
        page.locator("[data-all]").check()
        all_of_them, by_band = SELECTED[language]
        expect(page.locator("[data-selected]")).to_have_text(all_of_them)
        expect(page.locator("[data-by-band]")).to_have_text(by_band)
        rows.last.get_by_role("checkbox").uncheck()
        one = catalogue(language).ngettext("%(num)s selected", "%(num)s selected", 1)
        expect(page.locator("[data-selected]")).to_have_text(one % {"num": 1})
    assert desk.statuses(ids) == ["held", "held"]
