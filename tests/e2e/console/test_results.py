"""What a trial, a search for a person and an erasure answer, in German and in Arabic."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.console.conftest import Desk
from tests.e2e.console.test_languages import pages_in
from tests.e2e.console.test_screens import fill, themed
from tests.webserver import Site

MAIL = "someone@mail.example"
DONE_MS = 90_000
"""How long a worker may take to erase somebody on a busy machine, in milliseconds."""


def seen(page: Page, part: str) -> None:
    """Expect an answer where the eye is, with nothing of its table cut off."""
    expect(page.locator(f"{part} h2")).to_be_in_viewport()
    expect(page.locator(f"{part} tbody tr").first).to_be_visible()
    table = page.locator(f"{part} .scroll")
    assert table.evaluate("e => e.scrollWidth <= e.clientWidth"), part


def tried_keys(page: Page, address: str) -> None:
    page.goto(f"{address}/keywords")
    page.locator("#disallowed").fill("kiln\nwhatsapp\nRindfleischetikettierungsüberwachung")
    page.locator("#moderation").fill("https://noa.example\nпечь")
    page.locator("button[name=try]").click()
    seen(page, "#trial")


def tried_list(page: Page, address: str, url: str) -> None:
    page.goto(f"{address}/subscriptions")
    page.locator("#url").fill(url)
    page.locator("#reads").select_option("networks")
    page.locator("[name=action][value=spam]").check()
    page.locator("#note").fill("since the fair, by the neighbours")
    page.locator("form:has(#url) button.plain").click()
    seen(page, "#trial")


def subscribed(page: Page) -> None:
    page.locator("form:has(#url) button.main").click()
    expect(page.locator(".entries li")).to_have_count(1)


def found_person(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.url}/console/personal")
    page.locator("#email").fill(MAIL)
    page.locator("#on-site").select_option(desk.site)
    page.locator("form:has(#email) button.main").click()
    seen(page, "#found")
    page.locator("#found summary").click()
    # A site's name before a date leaves the day where it is read first.
    line = page.locator(".held-list .quiet-text").first
    site, day = (one.bounding_box() for one in line.locator("bdi").all())
    assert site and day
    is_rtl = page.evaluate("document.documentElement.dir === 'rtl'")
    assert (site["x"] > day["x"]) == is_rtl


def erased(page: Page) -> None:
    page.locator("#again").fill(MAIL)
    with page.expect_navigation():
        page.locator("form:has(#again) button").click()
    newest = page.locator("#erasures > div > ul > li").first
    expect(newest.locator(".report")).to_be_visible(timeout=DONE_MS)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("language", [pytest.param("de", marks=pytest.mark.slow), "ar"])
def test_results_fit_wide_and_narrow_light_and_dark(desk: Desk, blog: Site, language: str) -> None:
    blog.body = b"203.0.113.0/24\n198.51.100.7\n2001:db8::/32\n"
    fill(desk)
    ((_, page),) = pages_in(desk, {language: ""})
    address = f"{desk.url}/console/sites/{desk.site}"
    faults: dict[str, Any] = {}

    def look(name: str) -> None:
        for width in (1280, 360):  # What comes next is asked for where it is narrow.
            page.set_viewport_size({"width": width, "height": 900 if width > 400 else 780})
            faults.update(themed(page, f"{name}-{language}"))

    page.set_viewport_size({"width": 360, "height": 780})
    tried_keys(page, address)
    look("keys-tried")
    tried_list(page, address, f"http://127.0.0.1:{blog.port}/lists/networks-of-others.txt")
    look("list-tried")
    subscribed(page)
    look("list-saved")
    found_person(page, desk)
    look("person-found")
    erased(page)
    look("person-erased")
    assert faults == {}
