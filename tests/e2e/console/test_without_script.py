"""The core decisions without JavaScript; logging in and out."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.console.conftest import Desk


def test_comments_are_decided_undone_and_skipped_without_a_script(desk: Desk) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    page = desk.person(java_script_enabled=False)
    expect(page.locator("article.item")).to_have_attribute("data-excerpt", "The first of two.")
    page.get_by_role("button", name="Spam", exact=True).click()
    expect(page.locator("article.item")).to_have_attribute("data-excerpt", "The second of two.")
    expect(page.locator("[data-said]")).to_contain_text("Spam, learned")
    assert desk.statuses([first, second]) == ["spam", "held"]
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator("article.item")).to_have_attribute("data-excerpt", "The first of two.")
    assert desk.comment(first).status == "held"
    page.get_by_role("button", name="Skip", exact=True).click()
    expect(page.locator("article.item")).to_have_attribute("data-excerpt", "The second of two.")
    page.get_by_role("button", name="Escalate", exact=True).click()
    expect(page.locator("article.item")).to_have_attribute("data-excerpt", "The first of two.")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing needs a look")).to_be_visible()
    assert desk.statuses([first, second]) == ["approved", "held"]


def test_ticked_comments_are_decided_and_undone_together_without_a_script(desk: Desk) -> None:
    ids = desk.hold("The first of three.", "The second of three.", "The third of three.")
    page = desk.person(java_script_enabled=False)
    page.goto(f"{desk.url}/console/queue")
    for comment_id in ids[:2]:
        page.locator(f'tr[data-id="{comment_id}"]').get_by_role("checkbox").check()
    page.get_by_role("button", name="Spam", exact=True).click()
    desk.become(ids, "spam", "spam", "held")
    page.reload()  # As the link to load it again does.
    expect(page.get_by_role("heading", name="2 of 2 are spam now")).to_be_visible()
    page.get_by_role("button", name="Undo all 2").click()
    desk.become(ids, "held", "held", "held")


def test_a_late_decision_is_told_without_a_script(desk: Desk) -> None:
    (first,) = desk.hold("The only one.")
    ruth = desk.person("ruth", java_script_enabled=False)
    jonas = desk.person("jonas", java_script_enabled=False)
    jonas.goto(f"{desk.url}/console/comments/{desk.site}/{first}")
    jonas.get_by_role("button", name="Spam", exact=True).click()
    ruth.get_by_role("button", name="Approve", exact=True).click()
    expect(ruth.locator("[data-conflict]")).to_contain_text("marked this spam")
    assert desk.comment(first).status == "spam"
    ruth.get_by_role("button", name="Approve instead", exact=True).click()
    expect(ruth.locator("[data-said]")).to_contain_text("Approved, learned")
    assert desk.comment(first).status == "approved"


def test_log_in_wrong_then_right_then_out(desk: Desk) -> None:
    page = desk.person()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/console/login")
    page.goto(f"{desk.url}/console/decisions")
    page.wait_for_url("**/console/login?next=**")
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("name or the password is wrong")
