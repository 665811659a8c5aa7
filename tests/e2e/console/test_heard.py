"""What a reader of the screen meets: headings, names, tables, what is said, and where focus is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page, expect

from moderation.flow import jobs, performing
from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.flow.review import bulk
from moderation.store import jobs as jobs_stored
from tests.e2e.console.conftest import Desk
from tests.e2e.console.hearing import heard_tree, listening, order_of, says
from tests.e2e.console.test_around import PITCH, draw_all
from tests.e2e.console.test_languages import FEW, REST
from tests.e2e.console.test_screens import SCREENS, draw, fill, hooked
from tests.processes import until


@pytest.mark.timeout(400)
def test_every_screen_has_one_first_heading_and_a_name_for_each_thing(desk: Desk) -> None:
    hook, ids = hooked(desk), fill(desk)
    places = {"site": desk.site, "id": ids[-1], "first": ids[0], "drawn": draw(desk), "hook": hook}
    page = desk.person(role="administrator")
    faults: dict[str, Any] = {}
    for name, path in (SCREENS | FEW | REST).items():
        page.goto(desk.url + path.format(**places))
        page.wait_for_load_state("load")
        if found := order_of(page):
            faults[name] = found
    page.context.clear_cookies()
    for name in ("login", "login/forgotten"):
        page.goto(f"{desk.url}/console/{name}")
        if found := order_of(page):
            faults[name] = found
    assert faults == {}


def test_each_key_is_heard_and_then_the_comment_that_comes(desk: Desk) -> None:
    texts = ("The first of four.", "The second of four.", "The third of four.", "The last of four.")
    first, second, third, last = desk.hold(*texts)
    page = listening(desk)
    for key, what, before, after, now in (
        ("s", "Spam, learned", texts[0], texts[1], second),
        ("u", "Withdrawn", texts[0], texts[0], first),
        ("a", "Approved, learned", texts[0], texts[1], second),
        ("n", "Skipped", texts[1], texts[2], third),
        ("e", "Escalated", texts[2], texts[3], last),
    ):
        page.evaluate("heard.splice(0)")
        page.keyboard.press(key)
        expect(page.locator(f'article.item[data-id="{now}"]')).to_be_visible()
        until(lambda n=after: any(f"writes: {n}" in one for one in page.evaluate("heard")), 20)
        heard = page.evaluate("heard")
        done = [one for one in heard if what in one and before in one]
        assert done, (key, heard)
    # Keys have no place: whoever is nowhere stays there, and whoever is on a button stays on it.
    assert page.evaluate("document.activeElement === document.body")
    page.get_by_role("button", name="Spam", exact=True).focus()
    page.keyboard.press("k")
    expect(page.locator(f'article.item[data-id="{second}"]')).to_be_visible()
    expect(page.get_by_role("button", name="Spam", exact=True)).to_be_focused()
    desk.become([first, second, third, last], "approved", "held", "held", "held")


def test_what_was_not_saved_and_who_was_first_is_heard_where_focus_is(desk: Desk) -> None:
    first, second = desk.hold("The first of two.", "The second of two.")
    page = listening(desk)
    page.route("**/decision", lambda route: route.abort())
    page.keyboard.press("s")
    says(page, "Not saved: the server did not answer. Decide again.")
    expect(page.locator(f'article.item[data-id="{first}"]')).to_be_visible()
    page.unroute("**/decision")
    word = Word("jonas", "console")
    deciding.decide(desk.runtime, desk.site, first, "spam", word, None)
    page.keyboard.press("a")
    # It takes focus, which is how it is heard; the buttons come next.
    expect(page.get_by_role("heading", name=re.compile("^jonas marked this spam"))).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Leave it, next")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f'article.item[data-id="{second}"]')).to_be_visible()
    desk.become([first, second], "spam", "held")


def test_nothing_of_what_is_hidden_of_a_random_sample_is_heard(desk: Desk) -> None:
    # Held ones that are nearly the same, of which the filter's opinion is seen, would tell it too.
    held = desk.hold(*(PITCH.format(thing, "aunt") for thing in ("kiln", "bike", "tent")))
    draw_all(desk)
    (drawn,) = desk.hold(PITCH.format("drum", "aunt"))
    page = listening(desk)
    page.goto(f"{desk.url}/console/review?site={desk.site}&id={drawn}")
    expect(page.locator("article.item")).to_contain_text("Random sample")
    nodes = heard_tree(page)
    at = next(n for n, one in enumerate(nodes) if one.role == "article")
    said = " ".join(f"{one.name} {one.about}" for one in nodes[at:])
    words = r"[Ll]ikely|[Uu]nsure|Sure spam|Towards|towards|\d %|Held\b(?! of)|Approved\b"
    assert re.findall(words, said) == []
    page.goto(f"{desk.url}/console/review?site={desk.site}&id={held[0]}")
    expect(page.locator("article.item .alike .ramp").first).to_be_visible()


def test_the_sheet_of_keys_says_each_key_and_what_became_of_one(desk: Desk) -> None:
    page = listening(desk)
    keys = page.get_by_role("button", name="Keys")
    keys.press("Enter")
    sheet = page.get_by_role("dialog", name="Keys")
    said = " ".join(one.name for one in heard_tree(page) if one.role == "StaticText")
    for words in ("Spam S change", "Spam for the selected Shift and S change", "Search / change"):
        assert words in said, said
    caps = sheet.locator('[data-line^="spam"] .key')
    assert caps.all_text_contents() == ["S", "⇧S"]
    change = page.get_by_role("button", name="Change the key for: Spam", exact=True)
    change.press("Enter")
    says(page, "Press the new key")
    page.keyboard.press("a")
    says(page, "This key does something else already.")
    change.press("Enter")
    page.keyboard.press("Escape")  # Leaves the key, not the sheet.
    expect(sheet).to_be_visible()
    change.press("Enter")
    page.keyboard.press("d")
    says(page, "Spam: D")
    expect(change).to_be_focused()
    sheet.get_by_role("button", name="As they were").press("Enter")
    says(page, "All keys are as they were.")
    page.keyboard.press("Escape")
    expect(keys).to_be_focused()
    page.locator("#main").focus()
    page.keyboard.press("?")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#main")).to_be_focused()


def test_what_is_renewed_keeps_focus_and_is_heard_when_it_changes_alone(
    desk: Desk, polled: Callable[[Page, str], None]
) -> None:
    hook = hooked(desk)
    desk.hold("One that is told of.")
    page = listening(desk, role="administrator", timezone_id="Asia/Tokyo")

    def fails() -> bool:
        page.goto(f"{desk.url}/console/health")
        return page.locator(".notice a").count() > 0

    until(fails, 60)
    assert hook
    link = page.locator(".notice a").first
    link.focus()
    times = page.locator(".health time[data-clock]")
    shown = times.all_text_contents()
    polled(page, "/console/health/now")
    polled(page, "/console/health/now")
    expect(link).to_be_focused()
    assert page.evaluate("heard") == []
    assert times.all_text_contents() == shown
    page.locator("h1").evaluate("e => { e.firstChild.data = 'Something else.'; heard.splice(0); }")
    polled(page, "/console/health/now")
    says(page, "Comments are being judged.")


@pytest.fixture
def polled() -> Callable[[Page, str], None]:
    """Return what waits until a page has asked for a part of itself again and shows it."""

    def wait(page: Page, path: str) -> None:
        with page.expect_event("response", lambda answer: answer.url.endswith(path)) as found:
            pass
        assert found.value.ok
        # What is swapped in is swapped in at once, in the turn after the answer was read.
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")

    return wait


def test_the_end_of_what_is_decided_together_is_heard(desk: Desk) -> None:
    ids = desk.hold(*(f"Comment number {n}" for n in range(3)))
    page = listening(desk)
    page.goto(f"{desk.url}/console/queue")
    for tick in page.get_by_role("checkbox", name=re.compile("^Select the comment of")).all():
        tick.press("Space")
    says(page, "3 selected")
    ticked = tuple(bulk.Tick(desk.site, name, desk.comment(name).etag) for name in ids)
    asked = msgspec.to_builtins(bulk.Asked("spam", ticked))
    job = jobs.begin(desk.runtime, bulk.KIND, "ruth", desk.site, asked)
    page.goto(f"{desk.url}/console/queue/bulk/{job.id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("0 of 3 are done")
    work = performing.take(desk.runtime, job.id)
    assert work
    for n in (1, 2):
        work.note(f"step {n}", n, 3)
        expect(page.get_by_role("heading", level=1)).to_have_text(f"{n} of 3 are done")
    jobs_stored.change(desk.runtime.store, job.id, "leave", work.token)
    bulk.work_on(desk.runtime, job.id)
    expect(page.get_by_role("heading", level=1)).to_have_text("3 of 3 are spam now")
    assert page.evaluate("heard") == ["3 of 3 are spam now"]
    desk.become(ids, "spam", "spam", "spam")


def test_a_filter_is_chosen_by_the_keyboard_without_leaving_it_at_each_step(desk: Desk) -> None:
    desk.hold("The only one.")
    page = desk.person()
    page.goto(f"{desk.url}/console/decisions")
    said = page.get_by_label("Said")
    said.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(said).to_have_value("ham")
    assert page.url.endswith("/console/decisions")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/decisions?*label=ham*")
    expect(said).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    page.wait_for_url("**/console/decisions?*label=spam*")
    expect(said).to_be_focused()
    overruled = page.get_by_label("Overruled the filter")
    overruled.focus()
    page.keyboard.press("Space")
    page.wait_for_url("**/console/decisions?*overruled=1*")
    expect(overruled).to_be_focused()
    said.select_option("ham")  # As a pointer chooses: at once.
    page.wait_for_url("**/console/decisions?*label=ham*")


def test_a_filter_that_is_opened_by_a_key_and_chosen_by_the_pointer_is_sent(desk: Desk) -> None:
    desk.hold("The only one.")
    page = desk.person()
    page.goto(f"{desk.url}/console/decisions")
    said = page.get_by_label("Said")
    # The open list may have the release of the key, and steps of its own before the choice.
    for key, label in (("Space", "ham"), ("Alt+ArrowDown", "spam")):
        said.focus()
        page.keyboard.down("Space") if key == "Space" else page.keyboard.press(key)
        said.select_option(label)  # The list is its own window: no press of it is seen here.
        page.wait_for_url(f"**/console/decisions?*label={label}*")


def test_who_decides_on_a_comment_s_own_page_is_at_what_was_done(desk: Desk) -> None:
    (only,) = desk.hold("The only one.")
    page = desk.person()
    page.goto(f"{desk.url}/console/comments/{desk.site}/{only}")
    page.get_by_role("button", name="Spam", exact=True).press("Enter")
    said = page.get_by_role("status").filter(has_text="Spam, learned")
    expect(said).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Withdrawn")).to_be_focused()
    desk.become([only], "held")


def test_why_a_log_in_failed_is_heard_at_its_field(desk: Desk) -> None:
    page = desk.open_context().new_page()
    page.goto(f"{desk.url}/console/login")
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("a wrong password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    words = page.get_by_role("alert").inner_text()
    (field,) = [one for one in heard_tree(page) if one.has.get("focused") and one.role == "textbox"]
    assert words and words in field.about


def test_what_somebody_wrote_is_spoken_in_the_language_of_its_site(desk: Desk) -> None:
    texts = ("Die Glasur kriecht am Fuss.", "The glaze crawls.", "La couverte rampe.")
    tags = ("de_AT", "", "fr, en")  # The last two say nothing of this one.
    ids = [desk.hold(text, language=tag)[0] for text, tag in zip(texts, tags, strict=True)]
    page = desk.person()
    for comment_id, lang in zip(ids, ("de-AT", "", ""), strict=True):
        page.goto(f"{desk.url}/console/review?site={desk.site}&id={comment_id}")
        expect(page.locator("article.item .text")).to_have_attribute("lang", lang)
        row = page.locator(f'.coming [data-id="{comment_id}"] .excerpt')
        expect(row).to_have_attribute("lang", lang)
        expect(row).to_have_attribute("dir", "auto")
