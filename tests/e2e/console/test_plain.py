"""The console for whoever hears it, and without JavaScript."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from moderation.flow.review import deciding as reviewing
from tests.e2e.console.conftest import Desk
from tests.e2e.console.test_keyboard import in_focus
from tests.e2e.console.test_screens import fill

REVIEW = """
- main:
  - navigation "By need":
    - list:
      - listitem:
        - link /Needs a look \\d+/
  - combobox "Order"
  - region "What comes":
    - list:
      - listitem:
        - link /(Unsure|Likely spam|Likely fine) Tobias Brandwein/
  - article "Tobias Brandwein":
    - region "Comment":
      - heading "Tobias Brandwein" [level=1]
      - region "What the filter says":
        - paragraph: /(Unsure|Likely spam|Likely fine) \\d+ %/
      - mark: /towards (spam|fine)/
      - list "Why":
        - listitem:
          - link /Towards (spam|fine)/
    - form "Decide":
      - button "Approve"
      - button "Spam"
      - button "Escalate"
      - button "Skip"
    - complementary "What is known":
      - heading /Author/ [level=2]
      - img /Their last comments, the oldest first/
"""
QUEUE = """
- main:
  - heading "Queue" [level=1]
  - region "Comments":
    - table:
      - rowgroup:
        - row:
          - columnheader "Select all that are listed":
            - checkbox "Select all that are listed"
          - columnheader "Band"
          - columnheader "Author"
      - rowgroup:
        - row /Tobias Brandwein/:
          - cell "Select the comment of Tobias Brandwein":
            - checkbox "Select the comment of Tobias Brandwein"
          - cell /Unsure|Likely spam|Likely fine/
  - status: Tick comments to decide them together
  - button "Approve" [disabled]
  - button "Spam" [disabled]
"""
COMMENT = """
- main:
  - article "Tobias Brandwein":
    - region "Comment":
      - heading "Tobias Brandwein" [level=1]
      - heading "Timeline" [level=2]
      - list:
        - listitem:
          - paragraph: /Came in/
    - region "Decide":
      - button "Approve"
      - button "Spam"
    - complementary "What is known"
"""
DECISIONS = """
- main:
  - heading "Decisions" [level=1]
  - region:
    - table:
      - rowgroup:
        - row "Time Said By Comment The filter then Change"
      - rowgroup:
        - row /jonas/
"""
NAMELESS = """() => [...document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, summary, dt, th, h1, h2, h3, img,"
  + "[role]"
)].filter((e) => e.checkVisibility() && !e.closest("[aria-hidden=true], template")
  && !(e.role === "status" || e.role === "alert") && !(e.innerText || "").trim() && !e.ariaLabel
  && !e.labels?.length && !e.ariaLabelledByElements?.length && e.getAttribute("alt") === null
  && !e.querySelector("[aria-label]")).map((e) => e.outerHTML.slice(0, 120))"""
"""Parts of a page that have a role and no name; a region that speaks has none until it does."""


def announced(page: Page) -> Any:
    """Return the region that says which comment is in focus now."""
    return page.locator("[data-announce][role=status]")


def test_core_screens_have_names_and_roles(desk: Desk) -> None:
    first = fill(desk)[0]
    page = desk.person()
    screens = {
        f"review?site={desk.site}&id={first}": REVIEW,
        f"queue?site={desk.site}": QUEUE,
        f"comments/{desk.site}/{first}": COMMENT,
        f"decisions?site={desk.site}": DECISIONS,
    }
    for path, tree in screens.items():
        page.goto(f"{desk.url}/console/{path}")
        expect(page.locator("body")).to_match_aria_snapshot(tree)
        assert page.evaluate(NAMELESS) == [], path


def test_the_next_comment_is_said_and_focus_stays_where_it_works(desk: Desk) -> None:
    ids = desk.hold("The first of three.", "The second of three.", "The last of three.")
    page = desk.person()
    in_focus(page, ids[0])
    expect(announced(page)).to_have_text("")
    page.get_by_role("button", name="Spam", exact=True).press("Enter")
    expect(page.locator("[data-said][role=status]")).to_contain_text("learned")
    expect(announced(page)).to_contain_text("writes: The second of three.")
    expect(page.get_by_role("button", name="Spam", exact=True)).to_be_focused()
    etag = desk.comment(ids[1]).etag
    reviewing.decide(desk.runtime, desk.site, ids[1], "ham", "jonas", "", etag)
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="jonas approved this")).to_be_focused()
    page.keyboard.press("n")
    expect(announced(page)).to_contain_text("writes: The last of three.")
    page.keyboard.press("a")
    expect(announced(page)).to_have_text("Nothing needs a look")


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
