"""The demo site in a real browser: what becomes of a comment, and of a decision in the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.demo.conftest import DOUBTFUL, Demo
from tests.processes import until

HAM = "Mine rose twice as high after a night in the fridge, thank you for the tip about salt."
SPAM = (
    "BUY CHEAP VIAGRA CIALIS ONLINE casino bonus http://pills-a.example http://pills-b.example "
    "http://pills-c.example"
)

Open = Callable[..., Page]


@pytest.fixture
def open_page(demo: Demo, chromium: Browser) -> Iterator[Open]:
    """Open pages that load nothing from anywhere else."""
    contexts: list[BrowserContext] = []
    strangers: list[str] = []
    faults: list[str] = []

    def opened(url: str, width: int = 1280, **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        ours = (demo.url, demo.up.url)
        context.on(
            "request",
            lambda r: None if r.url.startswith((*ours, "data:")) else strangers.append(r.url),
        )
        context.on("weberror", lambda raised: faults.append(str(raised.error)))
        page = context.new_page()
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert strangers == []
    assert faults == []


def _post(page: Page, content: str) -> Locator:
    """Post a comment as a visitor does and return it on the page."""
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_label("Comment", exact=True).fill(content)
    page.get_by_role("button", name="Post comment").click()
    page.wait_for_url("**/#c-*")
    return page.locator(".comments li").filter(has_text=content)


def _console(demo: Demo, open_page: Open) -> Page:
    page = open_page(f"{demo.up.url}/console/review")
    page.get_by_label("User name").fill(demo.up.credentials["console"]["user"])
    page.get_by_label("Password").fill(demo.up.credentials["console"]["password"])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/console/review*")
    return page


def _fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, "the page scrolls sideways"


@pytest.mark.parametrize(("width", "scheme", "verdict"), [
    (1280, "light", "Approve"),
    pytest.param(360, "dark", "Spam", marks=pytest.mark.slow),
])  # fmt: skip
def test_a_decision_changes_the_page_by_itself(
    demo: Demo, open_page: Open, width: int, scheme: str, verdict: str
) -> None:
    page = open_page(demo.url, width, color_scheme=scheme)
    doubtful = f"{DOUBTFUL} at {width}"
    expect(_post(page, f"{HAM} ({width})")).to_have_class("published")
    refused = _post(page, f"{SPAM} {width}")
    expect(refused).to_have_class("refused")
    expect(refused).to_contain_text("no harm done")
    awaiting = _post(page, doubtful)
    expect(awaiting).to_have_class("awaiting")
    _fits(page)
    stranger = open_page(demo.url, width)
    expect(stranger.get_by_text(f"{HAM} ({width})")).to_be_visible()
    for hidden in (doubtful, f"{SPAM} {width}"):
        expect(stranger.get_by_text(hidden)).to_have_count(0)
    page.get_by_label("Comment", exact=True).fill("I am still typing.")
    desk = _console(demo, open_page)
    expect(desk.locator("article.item")).to_have_attribute("data-excerpt", doubtful)
    desk.get_by_role("button", name=verdict, exact=True).click()
    expect(awaiting).to_have_class({"Approve": "published", "Spam": "refused"}[verdict])
    expect(page.get_by_label("Comment", exact=True)).to_have_value("I am still typing.")
    seen = 1 if verdict == "Approve" else 0
    expect(stranger.locator(".comments li").filter(has_text=doubtful)).to_have_count(seen)


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.slow), 360])
def test_without_a_script_a_reload_shows_it(demo: Demo, open_page: Open, width: int) -> None:
    page = open_page(demo.url, width, java_script_enabled=False)
    doubtful = f"{DOUBTFUL}, no script {width}"
    expect(_post(page, f"{HAM} No script, {width}.")).to_have_class("published")
    expect(_post(page, f"{SPAM} no script {width}")).to_have_class("refused")
    awaiting = _post(page, doubtful)
    expect(awaiting).to_have_class("awaiting")
    desk = _console(demo, open_page)
    expect(desk.locator("article.item")).to_have_attribute("data-excerpt", doubtful)
    desk.get_by_role("button", name="Approve", exact=True).click()

    def published() -> bool:
        page.reload()
        return awaiting.get_attribute("class") == "published"

    until(published, 60)


def test_the_page_says_what_it_must_and_robots_are_caught(demo: Demo, open_page: Open) -> None:
    answer = httpx.get(f"{demo.up.url}/demo")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{demo.url}/")
    page = open_page(demo.url, java_script_enabled=False)
    expect(page.get_by_text("This site uses Winnow to reduce spam.")).to_be_visible()
    link = page.get_by_role("link", name="Learn how your comment data is processed.")
    assert link.get_attribute("href") == f"{demo.up.url}/privacy/demo"
    robot = {"name": "Ada", "content": "A lovely text about bread.", "homepage": "http://a.example"}
    sent = httpx.post(f"{demo.url}/comments", data=robot, timeout=30)
    assert sent.status_code == 303
    headers = {"Authorization": f"Bearer {demo.up.credentials['api_token']}"}
    found = httpx.get(f"{demo.up.url}/v1/comments?limit=1", headers=headers).json()["data"][0]
    assert found["honeypot"] == "http://a.example"
    assert found["status"] == "spam"
    forged = httpx.post(f"{demo.url}/winnow-webhook", content=b'{"type":"comment.changed"}')
    assert forged.status_code == 401
