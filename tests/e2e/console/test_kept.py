"""Nothing is lost on the way: where the focus was, what can be undone, what was typed."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.flow.people import accounts
from moderation.flow.people.links import OPERATOR
from moderation.flow.review import looking
from moderation.store import keys
from tests.e2e.console.conftest import PASSWORD, Desk
from tests.e2e.console.test_keyboard import in_focus, saved

TEXTS = tuple(f"Comment number {n}: does it crawl?" for n in range(5))
PRESS = """key => document.body.dispatchEvent(
  new KeyboardEvent("keydown", { ...key, bubbles: true, cancelable: true }))"""


def name_of(page: Page) -> str:
    """Return the name of who is logged in."""
    return page.locator(".foot .person").inner_text().split()[-1]


def log_in_beside(page: Page, desk: Desk, name: str) -> None:
    """Log in on a page of its own."""
    other = page.context.new_page()
    other.goto(f"{desk.url}/console/login")
    other.get_by_label("User name").fill(name)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Log in").click()
    other.wait_for_url("**/console/review*")
    other.goto("about:blank")
    other.close()


def test_focus_stays_on_the_button_and_after_a_pointer_is_on_the_text(desk: Desk) -> None:
    ids = desk.hold(*TEXTS)
    page = desk.person()
    in_focus(page, ids[0])
    page.get_by_role("button", name="Approve", exact=True).focus()
    page.keyboard.press("Enter")
    in_focus(page, ids[1])
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_focused()
    page.get_by_role("button", name="Spam", exact=True).click()
    in_focus(page, ids[2])
    # Space scrolls what is read; on a button it would decide it.
    expect(page.locator("article.item .reading")).to_be_focused()
    page.get_by_role("button", name="Undo", exact=True).focus()
    page.keyboard.press("Enter")
    in_focus(page, ids[1])
    saved(page, "Withdrawn")
    expect(page.locator("article.item .reading")).to_be_focused()
    page.get_by_role("button", name="Approve", exact=True).focus()
    page.keyboard.down("Enter")
    in_focus(page, ids[2])
    page.keyboard.down("Enter")  # Held: it decides no second one.
    page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.keyboard.press("n")  # Done after whatever was asked for before it.
    in_focus(page, ids[3])
    desk.become(ids, "approved", "approved", "held", "held", "held")


@pytest.mark.parametrize(
    "key",
    [
        {"key": "A", "code": "KeyA"},  # Caps Lock.
        {"key": "ش", "code": "KeyA"},
        {"key": "ф", "code": "KeyA"},
        {"key": "α", "code": "KeyA"},
    ],
    ids=["caps-lock", "arabic", "russian", "greek"],
)
def test_a_key_is_known_by_its_place_where_the_letters_are_others(
    desk: Desk, key: dict[str, Any]
) -> None:
    ids = desk.hold(*TEXTS[:2])
    page = desk.person()
    in_focus(page, ids[0])
    page.evaluate(PRESS, key)
    in_focus(page, ids[1])
    desk.become(ids, "approved", "held")


def test_what_was_decided_before_a_reload_can_be_undone_after_it(desk: Desk) -> None:
    ids = desk.hold(*TEXTS[:3])
    page = desk.person()
    in_focus(page, ids[0])
    for n, key in enumerate("as"):
        page.keyboard.press(key)
        in_focus(page, ids[n + 1])
    desk.become(ids, "approved", "spam", "held")
    page.reload()
    in_focus(page, ids[2])
    page.get_by_role("button", name="Undo last").click()
    in_focus(page, ids[1])
    page.keyboard.press("u")
    in_focus(page, ids[0])
    desk.become(ids, "held", "held", "held")
    expect(page.get_by_role("button", name="Undo last")).to_be_hidden()


def test_what_somebody_overruled_is_not_undone_and_says_who_did(desk: Desk) -> None:
    ids = desk.hold(*TEXTS[:3])
    page = desk.person()
    in_focus(page, ids[0])
    page.keyboard.press("a")
    in_focus(page, ids[1])
    page.keyboard.press("a")
    in_focus(page, ids[2])
    desk.become(ids, "approved", "approved", "held")
    deciding.decide(desk.runtime, desk.site, ids[1], "spam", Word("zoe", "console"), None)
    page.keyboard.press("u")
    in_focus(page, ids[1])
    expect(page.locator("[data-conflict]")).to_contain_text("zoe marked this spam")
    page.keyboard.press("u")  # The one before it is not held up by it.
    in_focus(page, ids[0])
    desk.become(ids, "held", "spam", "held")
    deciding.decide(desk.runtime, desk.site, ids[0], "spam", Word("zoe", "console"), None)
    page.keyboard.press("e")
    expect(page.locator("[data-conflict]")).to_contain_text("zoe marked this spam")


def test_undo_takes_an_escalation_back_before_what_was_decided_earlier(desk: Desk) -> None:
    ids = desk.hold(*TEXTS[:3])
    page = desk.person()
    in_focus(page, ids[0])
    page.keyboard.press("a")
    in_focus(page, ids[1])
    desk.become(ids, "approved", "held", "held")
    page.keyboard.press("e")
    in_focus(page, ids[2])
    saved(page, "Escalated")
    page.keyboard.press("u")
    in_focus(page, ids[1])
    saved(page, "Withdrawn")
    expect(page.locator("article.item")).not_to_contain_text("Escalated by")
    desk.become(ids, "approved", "held", "held")
    page.keyboard.press("e")
    in_focus(page, ids[2])
    page.reload()
    in_focus(page, ids[2])
    page.keyboard.press("u")
    in_focus(page, ids[1])
    page.keyboard.press("u")
    in_focus(page, ids[0])
    desk.become(ids, "held", "held", "held")


def test_an_escalation_that_is_another_persons_by_now_says_whose(desk: Desk) -> None:
    ids = desk.hold(*TEXTS[:2])
    page = desk.person()
    in_focus(page, ids[0])
    page.keyboard.press("e")
    in_focus(page, ids[1])
    looking.escalate(desk.runtime, desk.site, ids[0], "zoe", "And the link?")
    page.keyboard.press("u")
    expect(page.locator("[data-conflict] h2")).to_have_text("Escalated by zoe")
    in_focus(page, ids[0])
    assert looking.counts(desk.runtime, [desk.site]) == (2, 1)


def test_u_lives_on_where_the_answer_to_an_act_breaks_off(desk: Desk) -> None:
    ids = desk.hold(*TEXTS[:2])
    page = desk.person()
    in_focus(page, ids[0])
    for key, act in (("e", "escalate"), ("a", "decision")):
        page.route(f"**/{act}", lambda route: route.fulfill(status=200, body='{"etag": '))
        page.keyboard.press(key)
        saved(page, "Not saved")
        in_focus(page, ids[0])
        page.keyboard.press("u")
        saved(page, "There is nothing to undo")
        page.unroute(f"**/{act}")
    page.keyboard.press("e")
    in_focus(page, ids[1])
    page.keyboard.press("u")
    in_focus(page, ids[0])
    saved(page, "Withdrawn")
    desk.become(ids, "held", "held")


def test_no_key_decides_what_was_not_shown_yet(desk: Desk) -> None:
    ids = desk.hold(*TEXTS)
    page = desk.person()
    in_focus(page, ids[0])
    waiting: list[Any] = []
    holds = True

    def answer(route: Any) -> None:
        if holds:
            waiting.append(route)
        else:
            route.continue_()

    # Whatever comes next is held back until the test lets it go.
    page.route("**/console/review/item?*", answer)
    page.reload()
    in_focus(page, ids[0])
    for _ in range(3):
        page.keyboard.press("a")
    expect(page.locator("#focus")).to_have_attribute("aria-busy", "true")
    desk.become(ids, "approved", "held", "held", "held", "held")
    holds = False
    for route in waiting:
        route.continue_()
    in_focus(page, ids[1])
    page.keyboard.press("n")  # Done after whatever was asked for before it.
    in_focus(page, ids[2])
    desk.become(ids, "approved", "held", "held", "held", "held")


def test_who_is_logged_out_keeps_what_was_decided_and_typed(desk: Desk) -> None:
    ids = desk.hold(*TEXTS[:2])
    page = desk.person("eva")
    name, store = name_of(page), desk.runtime.store
    in_focus(page, ids[0])
    accounts.end_sessions(store, name, OPERATOR)
    page.keyboard.press("a")
    saved(page, "You are logged out")
    bar = page.locator("#main > .away-bar")
    expect(bar.get_by_role("link", name="Log in")).to_be_visible()
    in_focus(page, ids[0])
    log_in_beside(page, desk, name)
    expect(bar).to_have_count(0)
    page.keyboard.press("a")
    in_focus(page, ids[1])
    desk.become(ids, "approved", "held")
    page.goto(f"{desk.url}/console/sites/{desk.site}/lists")
    page.get_by_label("One a line").fill("two words\nand more")
    accounts.end_sessions(store, name, OPERATOR)
    expect(bar).to_be_visible(timeout=40_000)  # A count that renews itself finds it out.
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_label("One a line")).to_have_value("two words\nand more")
    log_in_beside(page, desk, name)
    expect(bar).to_have_count(0)
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#trial")).to_be_visible()


def test_who_is_logged_out_keeps_what_was_typed_without_a_script(desk: Desk) -> None:
    page = desk.person("eva", java_script_enabled=False)
    name = name_of(page)
    page.goto(f"{desk.url}/console/sites/{desk.site}/lists")
    page.get_by_label("One a line").fill("two words\nand more")
    accounts.end_sessions(desk.runtime.store, name, OPERATOR)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("alert")).to_contain_text("You are logged out")
    expect(page.get_by_label("What you wrote")).to_have_value("two words\nand more")
    log_in_beside(page, desk, name)
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_role("alert")).to_contain_text("This page was open for too long")
    page.get_by_role("button", name="Send it again").click()
    expect(page.locator("#trial")).to_be_visible()


def test_the_sheet_of_keys_opens_on_every_page_and_says_what_a_key_does(desk: Desk) -> None:
    page = desk.person()
    page.goto(f"{desk.url}/console/sites/{desk.site}")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    change = sheet.get_by_role("button", name="Change the key for: Spam", exact=True)
    change.click()
    expect(sheet.get_by_role("status")).to_contain_text("Press the new key")
    page.keyboard.press("a")
    expect(sheet.get_by_role("status")).to_contain_text("does something else already")
    change.click()
    sheet.get_by_role("button", name="As they were").focus()
    expect(sheet.get_by_role("status")).to_have_text("")


def test_a_comment_says_until_when_it_is_yours_as_long_as_it_is(desk: Desk) -> None:
    (first,) = desk.hold("The only one.")
    page = desk.person(locale="en-GB", timezone_id="Asia/Kolkata")
    page.goto(f"{desk.url}/console/account")
    desk.looked_at(first, "")  # The page that was left has given it back.
    page.clock.install()
    page.goto(f"{desk.url}/console/review")
    in_focus(page, first)
    tag = page.locator("article.item .where [data-lease]")
    until = tag.locator("time")
    before = until.get_attribute("datetime") or ""
    # By the clock of who reads, half an hour off that of the server.
    at = dt.datetime.fromisoformat(before).astimezone(ZoneInfo("Asia/Kolkata"))
    expect(tag).to_have_text(f"Yours until {at:%H:%M}")
    page.clock.fast_forward(61_000)
    expect(until).not_to_have_attribute("datetime", before)
    assert (until.get_attribute("datetime") or "") > before
    desk.runtime.store.redis.delete(keys.of_site(desk.site).looking + first)
    page.clock.fast_forward(61_000)
    expect(tag).to_have_count(0)
    in_focus(page, first)
