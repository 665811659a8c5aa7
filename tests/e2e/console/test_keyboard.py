"""A moderator works through held comments with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from moderation.flow.review import deciding
from tests.e2e.console.conftest import Desk
from tests.processes import until


def in_focus(page: Page, comment_id: str) -> None:
    """Wait until a comment is the one in focus."""
    expect(page.locator(f'article.item[data-id="{comment_id}"]')).to_be_visible()


def saved(page: Page, what: str) -> None:
    """Wait until the page says what happened."""
    expect(page.locator("[data-said]")).to_contain_text(what)


def test_twenty_comments_are_decided_by_one_key_each(desk: Desk) -> None:
    ids = desk.hold(*(f"Comment number {n}: does the glaze crawl?" for n in range(20)))
    page = desk.person()
    for n, comment_id in enumerate(ids):
        in_focus(page, comment_id)
        page.keyboard.press("s" if n % 3 == 0 else "a")
    expect(page.get_by_role("heading", name="Nothing needs a look")).to_be_visible()
    desk.become(ids, *("spam" if n % 3 == 0 else "approved" for n in range(20)))


def test_buttons_are_named_and_carry_their_keys(desk: Desk) -> None:
    desk.hold("One to look at.")
    page = desk.person()
    for name, letter in (("Approve", "a"), ("Spam", "s"), ("Escalate", "e"), ("Skip", "n")):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_have_attribute("aria-keyshortcuts", letter)
        expect(button.locator(".key")).to_have_text(letter.upper())
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_visible()


def test_undo_brings_the_comment_back_and_withdraws_the_decision(desk: Desk) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    page = desk.person()
    in_focus(page, first)
    page.keyboard.press("s")
    in_focus(page, second)
    page.keyboard.press("u")
    in_focus(page, first)
    saved(page, "Withdrawn")
    comment = desk.comment(first)
    assert (comment.status, comment.decision, comment.decisions) == ("held", None, 2)
    page.keyboard.press("a")
    in_focus(page, second)
    page.get_by_role("button", name="Undo", exact=True).click()
    in_focus(page, first)
    assert desk.comment(first).status == "held"


def test_what_comes_in_adds_to_counts_and_to_the_end_and_moves_nothing(desk: Desk) -> None:
    (first,) = desk.hold("The first of two.")
    page = desk.person()
    in_focus(page, first)
    count = page.get_by_role("navigation", name="By need").locator(".count").first
    expect(count).to_have_text("1")
    (second,) = desk.hold("The second of two.")
    expect(count).to_have_text("2")
    expect(page.locator(".coming li").nth(1)).to_have_attribute("data-id", second)
    in_focus(page, first)


def test_a_skipped_comment_waits_and_j_and_k_move(desk: Desk) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    page = desk.person()
    in_focus(page, first)
    page.keyboard.press("n")
    in_focus(page, second)
    page.keyboard.press("k")
    in_focus(page, first)
    page.keyboard.press("j")
    in_focus(page, second)
    assert desk.statuses([first, second]) == ["held", "held"]


def test_an_escalated_comment_goes_to_another_person(desk: Desk) -> None:
    (asked,) = desk.hold("Do we allow this?")
    ruth = desk.person("ruth")
    in_focus(ruth, asked)
    ruth.keyboard.press("e")
    expect(ruth.get_by_role("heading", name="Nothing needs a look")).to_be_visible()
    jonas = desk.person("jonas")
    in_focus(jonas, asked)
    expect(jonas.locator("article.item")).to_contain_text("Escalated by ruth")


def test_two_people_are_never_given_the_same_comment(desk: Desk) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    ruth = desk.person("ruth")
    in_focus(ruth, first)
    desk.looked_at(second, "ruth")  # The next one is fetched ahead, and hers too.
    jonas = desk.person("jonas")
    expect(jonas.get_by_role("heading", name="Nothing needs a look")).to_be_visible()
    expect(jonas.locator(".coming")).to_contain_text("is looking")
    ruth.goto(f"{desk.url}/console/account")
    desk.looked_at(first, "")
    jonas.reload()
    in_focus(jonas, first)
    ruth.goto(f"{desk.url}/console/review")
    expect(ruth.locator(".coming")).to_contain_text("is looking")
    assert ruth.locator(f'article.item[data-id="{first}"]').count() == 0


def test_who_comes_too_late_sees_who_decided_what(desk: Desk) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    page = desk.person()
    in_focus(page, first)
    etag = desk.comment(first).etag
    deciding.decide(desk.runtime, desk.site, first, "spam", "jonas", "", etag)
    page.keyboard.press("a")
    conflict = page.locator("[data-conflict]")
    expect(conflict).to_contain_text("jonas marked this spam")
    expect(conflict).to_contain_text("was not saved")
    expect(page.locator("article.item .where")).to_contain_text("Spam")
    assert desk.comment(first).status == "spam"
    page.keyboard.press("a")  # Against what jonas decided, having seen it.
    in_focus(page, second)
    saved(page, "Approved")
    desk.become([first, second], "approved", "held")
    decision = desk.comment(first).decision
    assert decision.label == "ham" and decision.by.startswith("ruth")


def test_what_was_not_saved_comes_back_and_says_so(desk: Desk) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    page = desk.person()
    in_focus(page, first)
    desk.looked_at(second, "ruth")
    page.route("**/decision", lambda route: route.abort())
    page.keyboard.press("s")
    saved(page, "Not saved")
    in_focus(page, first)
    assert desk.comment(first).status == "held"
    page.unroute("**/decision")
    page.keyboard.press("s")
    in_focus(page, second)
    desk.become([first, second], "spam", "held")


def test_keys_are_text_in_fields_and_can_be_changed_and_switched_off(desk: Desk) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    page = desk.person()
    in_focus(page, first)
    page.keyboard.press("/")
    page.keyboard.type("sas")
    expect(page.get_by_role("textbox", name="Search")).to_have_value("sas")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Keys").click()
    page.get_by_role("button", name="Change the key for: Spam", exact=True).click()
    page.keyboard.press("d")
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Spam", exact=True)).to_have_attribute(
        "aria-keyshortcuts", "d"
    )
    page.locator("#main").focus()
    page.keyboard.press("s")
    page.keyboard.press("d")
    in_focus(page, second)
    desk.become([first, second], "spam", "held")
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Keys decide and move").uncheck()
    page.get_by_role("button", name="Close").click()
    page.locator("#main").focus()
    page.keyboard.press("a")
    page.keyboard.press("g")
    page.keyboard.press("d")
    assert page.url.startswith(f"{desk.url}/console/review")
    assert desk.comment(second).status == "held"


def test_ticked_comments_are_decided_together_and_undone_together(desk: Desk) -> None:
    ids = desk.hold(*(f"Comment number {n}" for n in range(4)))
    page = desk.person()
    page.goto(f"{desk.url}/console/queue")
    for _ in range(3):
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.locator("[data-selected]")).to_have_text("3 selected")
    page.keyboard.press("Shift+S")
    page.wait_for_url("**/console/queue/bulk/*")
    expect(page.get_by_role("heading", name="3 of 3 are spam now")).to_be_visible()
    assert desk.statuses(ids) == ["spam", "spam", "spam", "held"]
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="3 of 3 decisions are withdrawn")).to_be_visible()
    assert desk.statuses(ids) == ["held"] * 4
    page.go_back()  # What was undone is not offered again.
    expect(page.get_by_role("heading", name="3 of 3 are spam now")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Undo all 3")).to_have_count(0)


def test_escape_takes_every_tick_away(desk: Desk) -> None:
    desk.hold("The first of three.", "The second of three.", "The third of three.")
    page = desk.person()
    page.goto(f"{desk.url}/console/queue")
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.locator("[data-selected]")).to_have_text("2 selected")
    page.keyboard.press("Escape")
    expect(page.locator("[data-selected]")).to_have_text("Tick comments to decide them together")
    assert page.evaluate("document.activeElement.closest('tr[aria-current]') !== null")
    page.keyboard.press("x")
    page.get_by_role("button", name="Clear").click()
    assert page.locator("[name=ticked]:checked").count() == 0


def test_escape_leaves_the_search_for_where_one_was_and_keeps_the_ticks(desk: Desk) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    page = desk.person()
    in_focus(page, first)
    page.keyboard.press("/")
    page.keyboard.type("as")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    in_focus(page, second)
    desk.become([first, second], "approved", "held")
    page.goto(f"{desk.url}/console/queue")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("/")
    expect(page.get_by_role("textbox", name="Search")).to_be_focused()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.closest('tr[aria-current]') !== null")
    expect(page.locator("[data-selected]")).to_have_text("1 selected")
    # Nor to where one was an earlier time.
    page.get_by_role("button", name="Keys").focus()
    page.get_by_role("textbox", name="Search").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Keys")).to_be_focused()


def test_who_may_only_look_moves_through_the_list_and_no_script_fails(desk: Desk) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    page = desk.person("eve", role="viewer")
    page.goto(f"{desk.url}/console/queue")
    for comment_id in (first, second):
        page.keyboard.press("j")
        expect(page.locator(f'tr[data-id="{comment_id}"]')).to_have_attribute(
            "aria-current", "true"
        )
    expect(page.get_by_role("checkbox")).to_have_count(0)


def test_a_decision_is_corrected_from_its_row(desk: Desk) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    for name in (first, second):
        etag = desk.comment(name).etag
        deciding.decide(desk.runtime, desk.site, name, "spam", "jonas", "", etag)
    page = desk.person()
    page.goto(f"{desk.url}/console/decisions")
    page.keyboard.press("j")  # The newest is the second.
    page.keyboard.press("a")
    desk.become([first, second], "spam", "approved")
    page.locator(f'tr[data-id="{first}"]').get_by_role("button", name="Undo").click()
    desk.become([first, second], "held", "approved")


def test_a_correction_is_said_in_its_row_where_the_keys_are_and_the_filters_stay(
    desk: Desk,
) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    for name in (first, second):
        etag = desk.comment(name).etag
        deciding.decide(desk.runtime, desk.site, name, "spam", "jonas", "", etag)
    page = desk.person()
    page.goto(f"{desk.url}/console/decisions?by=jonas&via=console")
    page.keyboard.press("j")
    page.keyboard.press("j")  # The first is the second.
    page.keyboard.press("u")
    row = page.locator(f'tr[data-id="{first}"]')
    expect(row.get_by_role("status")).to_have_text("Withdrawn")
    expect(row).to_have_attribute("aria-current", "true")
    expect(row.get_by_role("link")).to_be_focused()
    assert "by=jonas" in page.url and "via=console" in page.url
    page.keyboard.press("k")
    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_have_text("Approved, learned")
    page.goto(f"{desk.url}/console/comments/{desk.site}/{second}")
    page.keyboard.press("s")
    expect(page.get_by_role("status")).to_have_text("Spam, learned")
    desk.become([first, second], "held", "spam")


def test_what_is_searched_by_a_key_is_found_by_the_index(desk: Desk) -> None:
    wanted, _ = desk.hold("My celadon crawls at the foot.", "Another glaze.")
    page = desk.person()

    def is_found() -> bool:
        page.goto(f"{desk.url}/console/queue")
        page.keyboard.press("/")
        page.keyboard.type("celadon")
        page.keyboard.press("Enter")
        page.wait_for_url("**/console/search?*")
        assert page.locator("tr[data-id]").count() <= 1
        found = page.locator(f'tr[data-id="{wanted}"] mark').all_text_contents() == ["celadon"]
        return found and not page.get_by_text("off or behind").count()

    until(is_found, 30, page.content)
    page.locator("a.excerpt").click()
    page.wait_for_url(f"**/console/comments/{desk.site}/{wanted}")
