"""In the browser: an author's record, comments that are alike, the random sample, two people."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace
from playwright.sync_api import Page, expect

from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.flow.sites import administering
from moderation.store import labels
from tests.e2e.console.conftest import Desk

ANN = {"name": "Ann Lee", "email": "ann@mail.example", "ip": "203.0.113.7"}
PITCH = "If anyone needs a used {}, my {} has great prices, just message on WhatsApp today"


def in_focus(page: Page, comment_id: str) -> None:
    """Wait until a comment is the one in focus."""
    # A page that had nothing to do looks every five seconds for what came in.
    expect(page.locator(f'article.item[data-id="{comment_id}"]')).to_be_visible(timeout=20_000)


def draw_all(desk: Desk, **bands: Any) -> None:
    """Have the filter decide everything of the site alone, and have all of it drawn."""
    wanted = {"hold": 0.9999980, "reject": 0.9999990, "audit_share": 1.0, **bands}
    administering.change_settings(
        desk.runtime.store, desk.site, lambda settings: replace(settings, **wanted)
    )


def label_of(desk: Desk, comment_id: str) -> Any:
    """Return the entry of the label log that holds of a comment."""
    return labels.entry(desk.runtime.store, desk.site, desk.comment(comment_id).active_label)


def test_an_author_s_record_follows_every_key(desk: Desk) -> None:
    ids = desk.hold(*(f"Comment number {n}: does it crawl?" for n in range(3)), author=ANN)
    page = desk.person()
    in_focus(page, ids[0])
    known = page.locator("article.item .known")
    expect(known).to_contain_text("Nothing decided yet")
    expect(known.locator(".strip rect")).to_have_count(3)
    page.keyboard.press("a")
    in_focus(page, ids[1])
    desk.become(ids, "approved", "held", "held")
    page.goto(f"{desk.url}/console/review?site={desk.site}&id={ids[1]}")
    expect(known).to_contain_text("1 approved, 0 spam")
    expect(known.locator(".strip .approved")).to_have_count(1)
    page.keyboard.press("s")
    desk.become(ids, "approved", "spam", "held")
    page.goto(f"{desk.url}/console/queue")
    expect(page.locator("tr[data-id] .who")).to_contain_text("1 approved, 1 spam")


def test_comments_that_are_alike_are_seen_and_decided_together(desk: Desk) -> None:
    alike = desk.hold(
        *(
            PITCH.format(thing, who)
            for thing in ("kiln", "bike", "tent")
            for who in ("aunt", "boss")
        )
    )
    (other,) = desk.hold("Twenty minutes of soaking the bisque fixed exactly this for me.")
    page = desk.person()
    in_focus(page, alike[0])
    expect(page.locator(f'.coming [data-id="{alike[0]}"]')).to_contain_text("6 like this")
    evidence = page.locator("article.item .alike")
    expect(evidence.locator("li")).to_have_count(3)
    expect(evidence.locator(".differs").first).to_be_visible()
    evidence.get_by_role("link", name="See all 6 and decide together").click()
    expect(page.locator("tr[data-id]")).to_have_count(6)
    assert page.locator(f'tr[data-id="{other}"]').count() == 0
    expect(page.locator("[data-selected]")).to_have_text("6 selected")
    page.locator(f'tr[data-id="{alike[5]}"] [name=ticked]').uncheck()
    page.keyboard.press("Shift+S")
    # They are decided before the browser is there: one that is ended on its way may not end.
    expect(page.get_by_role("heading", name="5 of 5 are spam now")).to_be_visible()
    desk.become([*alike, other], *["spam"] * 5, "held", "held")


def test_a_random_sample_is_decided_unswayed_and_then_says_what_the_filter_said(desk: Desk) -> None:
    draw_all(desk)
    first, second = desk.hold("Cheap pills, order now at https://pills.example", "Thanks, Ada!")
    assert desk.statuses([first, second]) == ["approved", "approved"]
    page = desk.person()
    in_focus(page, first)
    item = page.locator("article.item")
    expect(item).to_contain_text("Random sample")
    expect(page.locator(".coming .die")).to_have_count(2)
    for hidden in ("mark", ".chip", ".score", ".meter", ".tag.fine", ".tag.spam"):
        assert item.locator(hidden).count() == 0, hidden
    page.keyboard.press("s")
    in_focus(page, second)
    expect(page.locator("[data-said]")).to_contain_text("The filter had approved it.")
    page.keyboard.press("a")
    expect(page.locator("[data-said]")).to_contain_text("The filter agreed.")
    expect(page.get_by_role("heading", name="Nothing needs a look")).to_be_visible()
    desk.become([first, second], "spam", "approved")
    entry = label_of(desk, first)
    assert (entry.how, entry.example.audit) == ("audit", 1.0)
    assert entry.example.suggestion_shown is False
    page.keyboard.press("u")
    in_focus(page, second)
    assert desk.comment(second).decision is None


def test_a_random_sample_is_skipped_and_decided_without_a_script(desk: Desk) -> None:
    draw_all(desk)
    first, second = desk.hold("The first of two.", "The second of two.")
    page = desk.person(java_script_enabled=False)
    in_focus(page, first)
    page.get_by_role("button", name="Skip").click()
    in_focus(page, second)
    page.get_by_role("button", name="Spam", exact=True).click()
    in_focus(page, first)
    expect(page.locator(".said")).to_contain_text("The filter had approved it.")
    assert desk.statuses([first, second]) == ["approved", "spam"]
    assert label_of(desk, second).how == "audit"


def test_what_one_person_escalates_another_decides(desk: Desk) -> None:
    asked, other = desk.hold("Do we allow this?", "And this is an easy one.")
    ruth, jonas = desk.person("ruth"), desk.person("jonas")
    in_focus(ruth, asked)
    ruth.keyboard.press("e")
    in_focus(ruth, other)
    # He had nothing to do: it comes to him by itself, with who asked. She is not given it again.
    in_focus(jonas, asked)
    expect(jonas.locator("article.item")).to_contain_text("Escalated by ruth")
    ruth.keyboard.press("a")
    expect(ruth.get_by_role("heading", name="Nothing needs a look")).to_be_visible()
    desk.become([asked, other], "held", "approved")
    ruth.reload()
    expect(ruth.get_by_role("heading", name="Nothing needs a look")).to_be_visible()
    expect(ruth.get_by_role("link", name="Escalated 1")).to_be_visible()
    jonas.goto(f"{desk.url}/console/queue?escalated=1")
    expect(jonas.locator(f'tr[data-id="{asked}"]')).to_be_visible()
    jonas.goto(f"{desk.url}/console/review")
    in_focus(jonas, asked)
    jonas.keyboard.press("s")
    desk.become([asked, other], "spam", "approved")
    assert desk.comment(asked).decision.by.startswith("jonas")
    ruth.reload()
    expect(ruth.get_by_role("link", name="Escalated 0")).to_be_visible()


def test_a_conflict_says_who_what_when_and_why_and_takes_the_bar_s_place(desk: Desk) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    page = desk.person()
    in_focus(page, first)
    word = Word("Jonas Weidemann", "console", "Same seller as yesterday.")
    deciding.decide(desk.runtime, desk.site, first, "spam", word, None)
    page.keyboard.press("a")
    bar = page.locator("article.item .bar")
    expect(bar.get_by_role("heading")).to_contain_text("Jonas Weidemann marked this spam,")
    expect(bar.get_by_role("heading")).to_contain_text(re.compile(r"(?:ago|just now)$"))
    expect(bar.locator(".face")).to_have_text("JW")
    expect(bar).to_contain_text("Your approval was not saved.")
    expect(bar).to_contain_text("Same seller as yesterday.")
    expect(page.locator("article.item .where")).to_contain_text("Spam, by Jonas Weidemann")
    for name in ("Leave it, next", "Timeline"):
        expect(bar.get_by_role("link", name=name)).to_be_visible()
    expect(bar.get_by_role("button", name="Approve instead")).to_be_visible()
    assert bar.get_by_role("button", name="Spam", exact=True).count() == 0
    page.keyboard.press("n")
    in_focus(page, second)
    assert desk.comment(first).decisions == 1


def test_a_reason_leads_to_the_comments_that_have_it(desk: Desk) -> None:
    pills, _ = desk.hold(
        "Cheap pills, order now without prescription: https://pills.example", "Thanks, Ada."
    )
    page = desk.person()
    in_focus(page, pills)
    page.locator("article.item .chips .chip").first.click()
    page.wait_for_url("**/console/queue?reason=*")
    expect(page.locator(f'tr[data-id="{pills}"]')).to_be_visible()
    expect(page.locator(".filters .tag.accent").first).to_contain_text("Reason: ")


SEEN = """(word) => {
  const seen = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode()); ) {
    let at = text.parentElement;
    if (!text.data.includes(word) || !at.checkVisibility() || at.closest(".unseen-label")) continue;
    while (at && getComputedStyle(at).filter === "none") at = at.parentElement;
    if (!at) seen.push(text.parentElement.outerHTML.slice(0, 120));
  }
  return seen;
}"""
"""Where a word is seen that should be blurred."""


def test_who_has_comments_blurred_sees_their_words_where_they_point_alone(desk: Desk) -> None:
    (above,) = desk.hold(PITCH.format("oven", "aunt"), external_id="above")
    answers = [
        desk.hold(PITCH.format(thing, "boss"), parent_id="above", context=["On WhatsApp, too."])[0]
        for thing in ("kiln", "bike")
    ]
    page = desk.person()
    page.goto(f"{desk.url}/console/account")
    page.get_by_label("Blurred until you point at them").check()
    page.locator("form", has=page.get_by_label("Blurred until you point at them")).get_by_role(
        "button", name="Save"
    ).click()
    expect(page.locator("body.blurred")).to_be_attached()
    for path in (
        f"review?site={desk.site}&id={answers[0]}", f"queue?site={desk.site}",
        f"comments/{desk.site}/{answers[1]}", f"queue?site={desk.site}&like={above}",
    ):  # fmt: skip
        page.goto(f"{desk.url}/console/{path}")
        page.wait_for_load_state("load")
        assert page.evaluate(SEEN, "WhatsApp") == [], path
    page.goto(f"{desk.url}/console/review?site={desk.site}&id={answers[0]}")
    text = page.locator("article.item .text")
    text.hover()
    expect(text).to_have_css("filter", "none")
    page.keyboard.press("s")
    expect(page.locator(".toast")).to_contain_text("If anyone needs a used kiln")
    page.mouse.move(0, 0)
    assert page.evaluate(SEEN, "anyone needs") == []
    page.goto(f"{desk.url}/console/decisions")
    assert page.evaluate(SEEN, "WhatsApp") == []


def test_who_has_comments_blurred_sees_their_words_by_the_keyboard_too(desk: Desk) -> None:
    desk.hold(PITCH.format("oven", "aunt"), external_id="above")
    context = ["On WhatsApp, too."]
    (answer, last) = desk.hold(
        PITCH.format("kiln", "boss"), "Another.", parent_id="above", context=context
    )
    page = desk.person()
    page.goto(f"{desk.url}/console/account")
    assert page.locator("[tabindex='0'].evidence").count() == 0
    blurred = page.get_by_label("Blurred until you point at them")
    blurred.check()
    page.locator("form", has=blurred).get_by_role("button", name="Save").click()
    expect(page.locator("body.blurred")).to_be_attached()
    page.goto(f"{desk.url}/console/review?site={desk.site}&id={answer}")
    evidence = page.locator("article.item aside.evidence")
    hidden = evidence.locator(".thread .quiet-text[dir], .answered .excerpt-lines")
    row = page.locator(f'.coming [data-id="{answer}"] a')
    assert hidden.count() >= 2
    for words in (*hidden.all(), row.locator(".excerpt")):
        expect(words).to_have_css("filter", "blur(5px)")
    row.focus()
    expect(row.locator(".excerpt")).to_have_css("filter", "none")
    evidence.press("Shift")
    expect(evidence).to_be_focused()
    for words in hidden.all():
        expect(words).to_have_css("filter", "none")
    note = "It sells by WhatsApp."
    word = Word("jonas", "console", note)
    deciding.decide(desk.runtime, desk.site, answer, "spam", word, None)
    page.keyboard.press("a")
    quoted = page.locator(".conflict q")
    expect(quoted).to_have_css("filter", "blur(5px)")
    page.keyboard.press("Tab")
    expect(quoted).to_have_css("filter", "none")
    page.keyboard.press("Enter")  # Leaves it: no button is in what is said then.
    in_focus(page, last)
    about = page.locator(".toast .about")
    expect(about).to_have_css("filter", "blur(5px)")
    about.press("Shift")
    expect(about).to_have_css("filter", "none")
