"""Queue in a browser: its filters, what is selected, and who may only look."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.console.conftest import Desk
from tests.e2e.console.test_narrow import TELEPHONE, box

TEXTS = tuple(f"Comment number {n}: does the glaze crawl?" for n in range(12))


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_what_is_selected_and_its_buttons_share_one_row_of_a_telephone(
    desk: Desk, language: str
) -> None:
    desk.hold(*TEXTS)
    page = desk.person(**TELEPHONE)
    page.set_extra_http_headers({"Accept-Language": language})
    page.goto(f"{desk.url}/console/queue")
    bar = page.locator(".selection")
    for tick in page.locator("[name=ticked]").all():
        tick.check()
    expect(bar.locator("[data-selected]")).to_contain_text("12")
    said = box(bar.locator("[data-selected]"))
    buttons = [box(one) for one in bar.locator(".decide").all()]
    assert [one["y"] for one in buttons] == [buttons[0]["y"]] * 2, [said, *buttons]
    assert buttons[0]["y"] <= said["y"] <= buttons[0]["y"] + buttons[0]["height"]
    assert box(bar)["height"] < 2 * buttons[0]["height"]


def test_escape_takes_every_tick_away(desk: Desk) -> None:
    desk.hold(*TEXTS[:3])
    page = desk.person()
    page.goto(f"{desk.url}/console/queue")
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.locator("[data-selected]")).to_have_text("2 selected")
    page.keyboard.press("Escape")
    expect(page.locator("[data-selected]")).to_have_text("Tick comments to decide them together")
    assert page.evaluate("document.activeElement.closest('tr[aria-current]') !== null")
    page.keyboard.press("x")
    page.get_by_role("button", name="Clear").click()
    assert page.locator("[name=ticked]:checked").count() == 0


@pytest.mark.parametrize("has_script", [True, False])
@pytest.mark.parametrize("size", [{}, TELEPHONE])
def test_filters_open_under_a_word_and_stand_as_tags_that_drop_them(
    desk: Desk, has_script: bool, size: dict
) -> None:
    mine, _ = desk.hold(TEXTS[0], TEXTS[1], author={"name": "Ada"})
    (other,) = desk.hold(TEXTS[2], author={"name": "Bea"})
    page = desk.person(java_script_enabled=has_script, **size)
    page.goto(f"{desk.url}/console/queue")
    filters = page.locator(".filters")
    filters.get_by_text("Author", exact=True).click()
    filters.get_by_placeholder("Author or e-mail").fill("Ada")
    filters.locator(".choose[open]").get_by_role("button", name="Filter").click()
    page.wait_for_url("**author=Ada**")
    expect(page.locator(f'tr[data-id="{mine}"]')).to_be_visible()
    expect(page.locator(f'tr[data-id="{other}"]')).to_have_count(0)
    filters.get_by_role("link", name="Author: Ada").click()
    expect(page.locator(f'tr[data-id="{other}"]')).to_be_visible()
    assert "author=Ada" not in page.url


def test_who_may_only_look_moves_through_the_list_and_no_script_fails(desk: Desk) -> None:
    first, second = desk.hold(*TEXTS[:2])
    page = desk.person("eve", role="viewer")
    page.goto(f"{desk.url}/console/queue")
    for comment_id in (first, second):
        page.keyboard.press("j")
        expect(page.locator(f'tr[data-id="{comment_id}"]')).to_have_attribute(
            "aria-current", "true"
        )
    expect(page.get_by_role("checkbox")).to_have_count(0)
