"""Comments that attack whoever reads them: nothing runs, nothing is loaded, the layout holds."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from moderation.domain.listed import Draft
from moderation.flow.people.links import By
from moderation.flow.review import deciding as reviewing
from moderation.flow.review import looking
from moderation.flow.sites import choosing
from tests.e2e.console.conftest import Desk
from tests.e2e.console.test_screens import WIDEST, fits
from tests.e2e.running import Up
from tests.e2e.starting import running_up
from tests.hostile import HOSTILE, NAME


@pytest.fixture(scope="module")
def winnow(kernels: None) -> Iterator[Up]:
    """Return a Winnow of its own: what is tried here would be met on an administrator's pages."""
    with running_up(WINNOW_SMTP_URL="smtp://127.0.0.1:9") as up:
        yield up


NOTED = [("alert", HOSTILE[0]), ("evil", HOSTILE[1]), ("w" * 60, "W" * 400), ("pay", "=1+1")]


@pytest.mark.parametrize("width", [1280, 360])
def test_no_comment_does_more_than_be_read(desk: Desk, width: int) -> None:
    ids: list[str] = []
    for text in HOSTILE:
        author = {"name": text[:256], "email": text[:300], "url": text[:2000], "ip": text[:60]}
        ids += desk.hold(text, author=author, permalink=text[:2000], context=[text[:9000]])
    page = desk.person(viewport={"width": width, "height": 800})
    for path in ("review", "queue"):
        page.goto(f"{desk.url}/console/{path}")
        assert fits(page), path
    for comment_id in ids:
        page.goto(f"{desk.url}/console/review?id={comment_id}&site={desk.site}")
        text = page.locator("article.item .text")
        expect(text).to_be_visible()
        assert page.locator("article.item .text :is(a, img, script, svg, form, style)").count() == 0
        assert fits(page), comment_id
        # Whatever the text, the answer stands where the eye expects it and can be pressed.
        page.get_by_role("button", name="Approve", exact=True).click(trial=True)
        if width < 400:  # Where it is tightest.
            page.goto(f"{desk.url}/console/comments/{desk.site}/{comment_id}")
            assert fits(page), comment_id
    page.goto(f"{desk.url}/console/review?id={ids[7]}&site={desk.site}")
    expect(page.locator("article.item .text")).to_contain_text("U+202E")


def test_no_other_screen_does_more_than_be_read(desk: Desk) -> None:
    """The narrowest, where a word that does not break sticks out first."""
    store, by = desk.runtime.store, By(NAME)
    fields = {"author": {"name": HOSTILE[1], "email": HOSTILE[0], "ip": HOSTILE[3][:60]}}
    ids = desk.hold(*HOSTILE, **fields)
    ids += desk.hold(*(f"{text[:60_000]} one" for text in HOSTILE[:7]), **fields)
    first = desk.comment(ids[0])
    reviewing.decide(desk.runtime, desk.site, first.id, "spam", NAME, "", first.etag, HOSTILE[1])
    looking.escalate(desk.runtime, desk.site, ids[1], NAME, HOSTILE[0] + HOSTILE[7])
    drafts = [Draft("words", word, "spam", text[:400]) for word, text in NOTED]
    choosing.put_list(store, desk.site, drafts, by, None)
    page = desk.person(NAME, "administrator", viewport={"width": 360, "height": 800})
    site, faults = f"{desk.url}/console/sites/{desk.site}", []

    def look(what: str) -> None:
        if not fits(page):
            faults.append((what, page.evaluate(WIDEST)))

    for path in (
        f"queue?site={desk.site}&like={ids[4]}", "queue?escalated=1", "spam", "decisions", "people",
        f"search?q={quote('alert')}", f"search?q={'W' * 256}", "audit", f"audit?who={quote(NAME)}",
        f"queue?model={'W' * 256}&email={'W' * 99}", f"comments/{desk.site}/{ids[0]}",
    ):  # fmt: skip
        page.goto(f"{desk.url}/console/{path}")
        look(path[:40])
    page.goto(f"{site}/lists")
    look("lists")
    page.get_by_label("One a line").fill("onerror, form, " + "V" * 60)
    page.get_by_label("Where").select_option("first")
    page.get_by_role("radio", name="Approve").check()
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#trial")).to_be_visible()
    look("trial")
    page.goto(f"{desk.url}/console/first?site={desk.site}")
    page.locator("#content").fill(HOSTILE[0] + "W" * 5000)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**id=*")
    look("first")
    page.goto(f"{desk.url}/console/queue?site={desk.site}")
    for box in page.locator("[name=ticked]").all():
        box.check()
    page.get_by_role("button", name="Spam", exact=True).click()
    expect(page.get_by_role("heading", name="are spam now")).to_be_visible()
    look("bulk")
    assert faults == []


def test_a_comment_is_shown_as_it_was_written(desk: Desk) -> None:
    text = "First <b>line</b> & more\n\n  indented, see https://one.example/a?b=c&d=e#f."
    (comment_id,) = desk.hold(text)
    page = desk.person()
    page.goto(f"{desk.url}/console/comments/{desk.site}/{comment_id}")
    shown = page.evaluate(
        """() => { const copy = document.querySelector(".text").cloneNode(true);
        for (const hidden of copy.querySelectorAll(".unseen-label")) hidden.remove();
        return copy.textContent; }"""
    )
    assert shown == text
