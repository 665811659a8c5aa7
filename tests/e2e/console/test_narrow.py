"""A window as narrow as a telephone: the bar of decisions, its menu, and the menu of places."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.console.conftest import Desk
from tests.e2e.console.test_keyboard import in_focus, saved

TEXTS = tuple(f"Comment number {n}: does the glaze crawl?" for n in range(12))
TELEPHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 780}, "has_touch": True}


def button(page: Page, name: str) -> Locator:
    """Return the button of exactly this name that is seen."""
    return page.get_by_role("button", name=name, exact=True)


def box(place: Locator) -> dict[str, float]:
    """Return where something stands, in whole pixels."""
    found = place.bounding_box()
    assert found
    return {side: round(found[side]) for side in ("x", "y", "width", "height")}


def test_approve_and_spam_share_the_width_and_the_rest_is_in_a_menu(desk: Desk) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    page = desk.person(**TELEPHONE)
    in_focus(page, first)
    more = page.get_by_label("More actions")
    approve, spam, dots = (
        box(one) for one in (button(page, "Approve"), button(page, "Spam"), more)
    )
    assert approve["width"] == spam["width"] > 2 * dots["width"]
    assert approve["y"] == spam["y"] == dots["y"]
    for name in ("Escalate", "Skip", "Undo"):
        expect(button(page, name)).to_have_count(0)
    more.press("Enter")
    expect(button(page, "Escalate")).to_be_visible()
    expect(button(page, "Undo")).to_have_count(0)  # Nothing was decided yet.
    page.keyboard.press("Escape")
    expect(button(page, "Skip")).to_have_count(0)
    expect(more).to_be_focused()
    more.press("Enter")
    button(page, "Skip").press("Enter")
    in_focus(page, second)
    expect(page.get_by_label("More actions")).to_be_focused()
    button(page, "Spam").click()
    in_focus(page, first)
    saved(page, "Spam, learned")
    desk.become([first, second], "held", "spam")
    page.get_by_label("More actions").click()
    button(page, "Undo").click()
    in_focus(page, second)
    desk.become([first, second], "held", "held")


def test_the_menu_of_a_narrow_bar_works_without_a_script(desk: Desk) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    page = desk.person(java_script_enabled=False, **TELEPHONE)
    in_focus(page, first)
    page.get_by_label("More actions").click()
    button(page, "Skip").click()
    in_focus(page, second)
    button(page, "Spam").click()
    in_focus(page, first)
    assert desk.statuses([first, second]) == ["held", "spam"]
    page.get_by_label("More actions").click()
    button(page, "Undo").click()
    in_focus(page, second)
    assert desk.statuses([first, second]) == ["held", "held"]


@pytest.mark.parametrize("has_script", [True, False])
def test_a_narrow_window_has_menu_title_and_search_in_48_pixels(
    desk: Desk, has_script: bool
) -> None:
    desk.hold("The only one.")
    page = desk.person(java_script_enabled=has_script, **TELEPHONE)
    places = page.get_by_role("navigation", name="Places")
    assert box(places)["height"] <= 49  # With its line.
    assert box(page.get_by_role("main"))["y"] <= 49
    expect(places.locator(".page-name")).to_have_text("Review")
    expect(places.get_by_role("link", name="Decisions")).to_have_count(0)
    places.get_by_label("Menu").press("Enter")
    for name in ("Review", "Queue", "Health", "Sites and keys"):
        expect(places.get_by_role("link", name=re.compile(f"^{name}"))).to_be_visible()
    expect(button(page, "Log out")).to_be_visible()
    places.get_by_role("link", name="Decisions").click()
    page.wait_for_url("**/console/decisions")
    expect(places.locator(".page-name")).to_have_text("Decisions")
    places.get_by_role("link", name="Search").click()
    page.wait_for_url("**/console/search")


def test_what_is_selected_and_its_buttons_share_one_row(desk: Desk) -> None:
    desk.hold(*TEXTS)
    page = desk.person(**TELEPHONE)
    for language in ("en", "de", "ar"):
        page.set_extra_http_headers({"Accept-Language": language})
        page.goto(f"{desk.url}/console/queue")
        bar = page.locator(".selection")
        for tick in page.locator("[name=ticked]").all():
            tick.check()
        expect(bar.locator("[data-selected]")).to_contain_text("12")
        said = box(bar.locator("[data-selected]"))
        buttons = [box(one) for one in bar.locator(".decide").all()]
        assert [one["y"] for one in buttons] == [buttons[0]["y"]] * 2, [language, said, *buttons]
        assert buttons[0]["y"] <= said["y"] <= buttons[0]["y"] + buttons[0]["height"]
        assert box(bar)["height"] < 2 * buttons[0]["height"]


@pytest.mark.parametrize("has_script, size", [(True, {}), (False, TELEPHONE)])
def test_filters_open_under_a_word_and_stand_as_tags_that_drop_them(
    desk: Desk, has_script: bool, size: dict[str, Any]
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
