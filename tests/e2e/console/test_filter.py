"""Models, Health, and every screen while the store is away, in a browser."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from playwright.sync_api import Page, expect

from moderation.flow.models import promoting
from tests.e2e.console.conftest import Desk
from tests.e2e.console.test_keyboard import in_focus, saved
from tests.e2e.console.test_screens import WIDEST, broken, fits, picture, serious
from tests.e2e.running import Up
from tests.e2e.starting import running_up
from tests.moderation.flow.models.taught import teach_site
from tests.processes import command_of, until

SLOW = 90_000
"""Milliseconds that a training, or three beats that do not come, may take on a busy machine."""


@pytest.fixture(scope="module")
def winnow(kernels: None) -> Iterator[Up]:
    """Return a running Winnow whose gate is content with few labels."""
    more = {"WINNOW_GATE_LABELS": "10", "WINNOW_TRAIN_AT": "never", "WINNOW_WORKERS": "2"}
    with running_up(**more) as up:
        yield up


@pytest.fixture(scope="module")
def killed(winnow: Up) -> int:
    """Kill one of two worker processes and return its id."""

    def pool() -> list[psutil.Process]:
        return [p for p in winnow.part("worker").children() if "celery" in command_of(p)]

    until(lambda: len(pool()) >= 2, 30)
    victim = pool()[0]
    victim.send_signal(signal.SIGKILL)
    return victim.pid


def administrator(desk: Desk, winnow: Up, **options: Any) -> Page:
    """Return a page of the first administrator, who has logged in."""
    page = desk.open_context(**options).new_page()
    page.goto(f"{desk.url}/console/login?next=/console/models")
    page.get_by_label("User name").fill(winnow.credentials["console"]["user"])
    page.get_by_label("Password").fill(winnow.credentials["console"]["password"])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/console/models")
    return page


@contextmanager
def store_away(winnow: Up) -> Iterator[None]:
    """Have the store answer nobody."""
    store = winnow.part("store")
    store.suspend()
    try:
        yield
    finally:
        store.resume()


def test_train_compare_promote_and_roll_back(desk: Desk, winnow: Up, killed: int) -> None:
    teach_site(desk.runtime, desk.site, 120)
    first = promoting.in_use(desk.runtime).name
    page = administrator(desk, winnow)
    page.get_by_role("button", name="Train now").click()
    page.get_by_role("link", name=re.compile("Show ")).click(timeout=SLOW)
    expect(page.get_by_role("heading", level=1)).to_contain_text("A candidate is ready")
    for heading in ("How much spam, at what price", "Whether the percent can be trusted", "Gate"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(page.locator('svg[role="img"]')).to_have_count(2)
    table = page.locator("table.figures")
    assert table.evaluate("e => e.offsetWidth === e.parentElement.clientWidth"), "it fills its card"
    page.get_by_text("As a table").first.click()
    expect(page.get_by_role("columnheader", name="Precision of the candidate, %")).to_be_visible()
    made = promoting.candidate(desk.runtime)
    page.locator("header").get_by_role("link", name="Promote…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Promote {made}?")
    page.get_by_label("Why, for those who come after you").fill("catches the roofers")
    page.get_by_role("button", name="Promote", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{made} is in use")
    assert promoting.in_use(desk.runtime).name == made
    versions = page.get_by_role("region", name="Versions")
    row = versions.get_by_role("row").filter(has_text=made)
    expect(row).to_contain_text("catches the roofers")
    page.get_by_role("link", name="Roll back…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Roll back from {made} to {first}?")
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{first} is in use again")
    assert promoting.in_use(desk.runtime).name == first


@pytest.mark.slow
def test_health_shows_a_worker_that_was_killed(desk: Desk, winnow: Up, killed: int) -> None:
    page = administrator(desk, winnow)
    page.goto(f"{desk.url}/console/health")
    notice = page.locator(".notice").filter(has_text=f"process {killed} ")
    expect(notice).to_contain_text("A worker stopped without saying so", timeout=SLOW)
    expect(page.get_by_role("heading", level=1)).to_contain_text("wants attention")
    row = page.locator(f'[data-process="worker {killed}"]')
    expect(row).to_contain_text("not heard of since", timeout=10_000)
    running = page.locator('[data-process^="worker"]').filter(has_text="scoring")
    expect(running.first).to_be_visible()
    expect(page.locator('[data-process^="beat"]')).to_contain_text("on time")
    expect(page.locator(".side")).to_contain_text("wants attention", timeout=15_000)


def test_a_page_says_that_the_store_is_away_keeps_what_was_not_saved_and_goes_on(
    desk: Desk, winnow: Up
) -> None:
    first, second, third = desk.hold("The first of three.", "The second of three.", "The third.")
    page = desk.person()
    in_focus(page, first)
    page.keyboard.press("s")
    in_focus(page, second)
    until(lambda: bool(page.evaluate("sessionStorage.getItem('winnow.saved')")), 30)
    desk.looked_at(third, "ruth")
    with store_away(winnow):
        page.keyboard.press("a")
        bar = page.locator("#main > .away-bar")
        expect(bar).to_contain_text("The store does not answer since")
        expect(bar).to_contain_text("Your last one, spam for “The first of three.”, was saved.")
        saved(page, "Not saved")
        in_focus(page, second)
        expect(page.get_by_role("button", name="Approve", exact=True)).to_be_disabled()
        page.keyboard.press("s")
        picture(page, "away-review")
    expect(bar).to_have_count(0)
    in_focus(page, second)
    assert desk.statuses([first, second, third]) == ["spam", "held", "held"]
    page.keyboard.press("a")
    in_focus(page, third)
    desk.become([first, second, third], "spam", "approved", "held")


def test_a_page_opened_while_the_store_is_away_goes_on_by_itself(desk: Desk, winnow: Up) -> None:
    desk.hold("One that waits.")
    page = desk.person()
    with store_away(winnow):
        page.goto(f"{desk.url}/console/queue")
        expect(page.get_by_role("heading", name="Sites still get answers")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("The store does not answer since")
        if page.get_by_role("cell", name=desk.site).count():  # Another web process may know it.
            expect(page.get_by_role("row").filter(has_text=desk.site)).to_contain_text("held")
        for width, theme in ((1280, "light"), (360, "dark")):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=theme)
            picture(page, f"away-{width}-{theme}")
            assert fits(page), page.evaluate(WIDEST)
        assert serious(page) == []
    expect(page.get_by_text("One that waits.")).to_be_visible()
    assert page.url == f"{desk.url}/console/queue"


@pytest.mark.slow
def test_a_form_keeps_what_was_typed_while_the_store_is_away(desk: Desk, winnow: Up) -> None:
    page = administrator(desk, winnow)
    page.goto(f"{desk.url}/console/account")
    page.get_by_label("Old password").fill("what was typed")
    with store_away(winnow):
        page.get_by_label("New password").fill("something longer")
        page.get_by_role("button", name="Change password").click()
        bar = page.locator("#main > .away-bar")
        expect(bar).to_contain_text("what you typed stays here")
        expect(page.get_by_label("Old password")).to_have_value("what was typed")
    expect(bar).to_have_count(0)
    expect(page.get_by_label("Old password")).to_have_value("what was typed")


@pytest.mark.slow
def test_without_a_script_what_was_sent_can_be_sent_again(desk: Desk, winnow: Up) -> None:
    (held,) = desk.hold("One to decide without a script.")
    page = desk.person(java_script_enabled=False)
    page.goto(f"{desk.url}/console/review?id={held}&site={desk.site}")
    with store_away(winnow):
        page.get_by_role("button", name="Spam", exact=True).click()
        expect(
            page.get_by_role("heading", name="What you sent is kept on this page")
        ).to_be_visible()
    page.get_by_role("button", name="Send it again").click()
    desk.become([held], "spam")


SCREENS = {"models": "/console/models", "health": "/console/health",
           "rollback": "/console/models/rollback", "upload": "/console/models/upload"}  # fmt: skip


@pytest.mark.parametrize(
    "width, theme", [pytest.param(1280, "light", marks=pytest.mark.slow), (360, "dark")]
)
def test_the_screens_of_the_filter_fit_and_can_be_used_by_everybody(
    desk: Desk, winnow: Up, width: int, theme: str
) -> None:
    size = {"width": width, "height": 900}
    page = administrator(desk, winnow, viewport=size, color_scheme=theme, has_touch=width < 400)
    faults: dict[str, Any] = {}
    for name, path in SCREENS.items():
        page.goto(desk.url + path)
        for table in page.locator("main details").all():
            table.evaluate("e => { e.open = true }")
        picture(page, f"{name}-{width}-{theme}")
        if not fits(page):
            faults[f"{name} sticks out"] = page.evaluate(WIDEST)
        if words := broken(page):
            faults[f"{name} breaks words"] = words
        if found := serious(page):
            faults[name] = found
    page.goto(f"{desk.url}/console/health")
    for kind in ("web", "worker", "beat"):
        expect(page.locator(f'[data-process^="{kind} "]').first).to_be_visible()
    assert faults == {}
