"""What is sent twice has one effect, and a role that is taken away ends at the next click."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.flow.people import accounts
from moderation.flow.people.links import OPERATOR
from tests.e2e.console.conftest import Desk
from tests.e2e.console.test_keyboard import in_focus, saved

TEXTS = ("The first of three.", "The second of three.", "The third of three.")


def test_a_double_click_decides_one_comment(desk: Desk) -> None:
    ids = desk.hold(*TEXTS)
    page = desk.person()
    in_focus(page, ids[0])
    page.get_by_role("button", name="Approve", exact=True).dblclick()
    in_focus(page, ids[1])
    page.keyboard.press("n")  # Done after whatever was asked for before it.
    in_focus(page, ids[2])
    desk.become(ids, "approved", "held", "held")
    assert desk.comment(ids[0]).decisions == 1
    page.goto(f"{desk.url}/console/queue")
    page.locator("[data-all]").check()
    page.get_by_role("button", name="Spam", exact=True).dblclick()
    expect(page.get_by_role("heading", name="2 of 2 are spam now")).to_be_visible()
    assert [desk.comment(name).decisions for name in ids] == [1, 1, 1]


def test_two_tabs_of_a_person_decide_once(desk: Desk) -> None:
    ids = desk.hold(*TEXTS)
    one = desk.person()
    other = one.context.new_page()
    for page in (one, other):
        page.goto(f"{desk.url}/console/review?site={desk.site}&id={ids[0]}")
        in_focus(page, ids[0])
    for page in (one, other):
        page.keyboard.press("s")
        saved(page, "Spam")
        in_focus(page, ids[1])
        desk.become(ids, "spam", "held", "held")
    assert desk.comment(ids[0]).decisions == 1


def test_a_page_gone_back_to_decides_once(desk: Desk) -> None:
    ids = desk.hold(*TEXTS)
    page = desk.person(java_script_enabled=False)
    shown = page.locator("article.item")
    expect(shown).to_have_attribute("data-excerpt", TEXTS[0])
    page.get_by_role("button", name="Spam", exact=True).click()
    expect(shown).to_have_attribute("data-excerpt", TEXTS[1])
    page.go_back()
    again = page.get_by_role("button", name="Spam", exact=True)
    if page.locator(f'article.item[data-id="{ids[0]}"]').count():
        again.click()
        expect(shown).to_have_attribute("data-excerpt", TEXTS[1])
    assert desk.statuses(ids) == ["spam", "held", "held"]
    assert desk.comment(ids[0]).decisions == 1


def test_a_role_that_is_taken_away_ends_at_the_next_click(desk: Desk) -> None:
    ids = desk.hold(*TEXTS)
    page = desk.person("mara")
    in_focus(page, ids[0])
    store = desk.runtime.store
    (mara,) = (p.user.name for p in accounts.everybody(store) if p.user.name.startswith("mara"))
    accounts.change_role(store, mara, "viewer", OPERATOR)
    page.keyboard.press("s")
    saved(page, "Not saved")
    in_focus(page, ids[0])
    page.reload()
    expect(page.get_by_role("button", name="Spam", exact=True)).to_have_count(0)
    accounts.end_sessions(store, mara, OPERATOR)
    page.get_by_role("link", name="Queue").first.click()
    page.wait_for_url("**/console/login*")
    assert desk.statuses(ids) == ["held"] * 3


def test_what_is_sent_again_and_was_overruled_meanwhile_was_saved_and_is_not_undone(
    desk: Desk,
) -> None:
    ids = desk.hold(*TEXTS)
    page = desk.person()
    in_focus(page, ids[0])

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/decision", lose)
    page.keyboard.press("a")
    saved(page, "Not saved")
    in_focus(page, ids[0])
    page.unroute("**/decision")
    zoe = Word("zoe", "console")
    deciding.decide(desk.runtime, desk.site, ids[0], "spam", zoe, desk.comment(ids[0]).etag)
    page.keyboard.press("a")
    conflict = page.locator("[data-conflict]")
    expect(conflict).to_contain_text("zoe marked this spam")
    expect(conflict).to_contain_text("Your approval was saved; then the comment was changed.")
    expect(page.locator(".coming [data-today]")).to_contain_text("1")
    page.keyboard.press("u")
    saved(page, "There is nothing to undo")
    desk.become(ids, "spam", "held", "held")
    assert desk.comment(ids[0]).decision.by == "zoe"
