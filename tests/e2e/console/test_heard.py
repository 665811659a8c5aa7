"""What a reader of the screen is told: names and roles of what stands there, and what happens."""

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
        - link /Unsure Tobias Brandwein/
  - article "Tobias Brandwein":
    - region "Comment":
      - heading "Tobias Brandwein" [level=1]
      - region "What the filter says":
        - paragraph: /Unsure \\d+ %/
      - mark: /towards (spam|fine)/
      - list "Why":
        - listitem:
          - link /Towards (spam|fine)/
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
          - cell /Unsure/
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
