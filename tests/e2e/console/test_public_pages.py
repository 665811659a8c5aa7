"""The pages that anybody may read, at every width, light and dark."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.console.test_screens import WIDEST, broken, fits, picture, serious
from tests.e2e.running import Up

PAGES = {
    "home": "/",
    "docs": "/docs#schema-Comment",
    "problems": "/problems",
    "problem": "/problems/stale",
    "nowhere": "/nowhere",
    "privacy": "/privacy/demo",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_public_pages_fit_and_break_no_word_at_any_width(
    winnow: Up, chromium: Browser, theme: Any
) -> None:
    page = chromium.new_context(color_scheme=theme).new_page()
    page.set_default_timeout(40_000)
    faults: dict[str, Any] = {}
    for name, path in PAGES.items():
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
