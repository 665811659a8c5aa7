"""Sites in a browser: a list tried and saved, an attack said, a key shown once, settings."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from moderation.domain.listed import Draft
from moderation.domain.subscribed import NewSubscription, Reads
from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.flow.people.links import By
from moderation.flow.runtime import now_ms
from moderation.flow.sites import administering, choosing, fetching, first_run
from tests.e2e.console.conftest import Desk
from tests.e2e.console.test_screens import WIDEST, broken, fill, fits, picture, serious

BY = By("jonas")
OF_OTHERS: tuple[Reads, ...] = ("domains", "networks")


def judge_all(desk: Desk) -> None:
    """Have the site judge by the model, as a new one does."""
    administering.change_settings(
        desk.runtime.store, desk.site, lambda s: replace(s, hold=None, reject=None)
    )


def verdicts(desk: Desk, content: str) -> list[dict[str, Any]]:
    """Return a verdict of each web process, as it is told by the API."""
    token = first_run.add_token(desk.runtime.store, desk.site, ("submit",), "test")
    found: dict[str, dict[str, Any]] = {}
    with contextlib.ExitStack() as open_ones:
        for _ in range(200):
            # Connections that stay: whoever has fewer of them takes the next.
            client = open_ones.enter_context(httpx.Client(timeout=30))
            answer = client.post(
                f"{desk.url}/v1/check?record=false",
                json={"content": content},
                headers={"Authorization": f"Bearer {token}"},
            )
            process = answer.headers["X-Request-Id"].partition("-")[0]
            found.setdefault(process, answer.json()["verdict"])
            if len(found) == 2:
                return list(found.values())
    raise AssertionError("one process answered every check")


def test_a_list_is_tried_saved_and_holds_in_every_process(desk: Desk) -> None:
    ids = desk.hold("I fired it on WhatsApp's advice", "Nothing of the kind")
    deciding.decide(desk.runtime, desk.site, ids[0], "ham", Word("jonas", "console"), None)
    judge_all(desk)
    assert {v["decided_by"] for v in verdicts(desk, "Write me on WhatsApp.")} == {"model"}
    page = desk.person()
    page.goto(f"{desk.url}/console/sites/{desk.site}/lists")
    page.get_by_label("One a line").fill("whatsapp, telegram")
    page.get_by_role("radio", name="Spam").check()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("1 of these was decided otherwise by a person.")).to_be_visible()
    expect(page.locator(".trial-table tbody tr")).to_have_count(1)
    assert choosing.listed(desk.runtime.store, desk.site).entries == ()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".entries li")).to_have_count(2)
    for verdict in verdicts(desk, "Write me on WhatsApp."):
        assert (verdict["status"], verdict["decided_by"]) == ("spam", "rule")
        assert verdict["reasons"][0]["code"] == "listed_words"
    page.get_by_role("button", name="Remove number 1").click()
    expect(page.locator(".entries li")).to_have_count(1)
    assert {v["decided_by"] for v in verdicts(desk, "Write me on WhatsApp.")} == {"model"}


def test_an_attack_is_begun_said_on_every_screen_and_ended(desk: Desk) -> None:
    judge_all(desk)
    page = desk.person()
    page.goto(f"{desk.url}/console/sites/{desk.site}")
    page.get_by_role("button", name="Hold everything").click()
    said = page.get_by_text(f"Everything new on {desk.site} is held until")
    expect(said).to_be_visible()
    for path in ("review", "queue", "spam", "decisions", "account"):
        page.goto(f"{desk.url}/console/{path}")
        expect(said).to_be_visible()
        assert fits(page)
    for verdict in verdicts(desk, "Thanks, that helped."):
        assert (verdict["status"], verdict["reasons"][0]["code"]) == ("held", "under_attack")
    page.get_by_role("link", name="Change or end it").click()
    page.get_by_role("button", name="End it now").click()
    expect(said).to_have_count(0)
    assert {v["decided_by"] for v in verdicts(desk, "Thanks, that helped.")} == {"model"}


def test_a_token_is_shown_once(desk: Desk) -> None:
    page = desk.person("root", "administrator")
    address = f"{desk.url}/console/sites/{desk.site}"
    page.goto(address)
    page.get_by_label("New token for").fill("the blog")
    page.get_by_role("button", name="Make a token").dblclick()
    expect(page.locator("[data-secret]")).to_be_visible()
    secret = page.locator("[data-secret]").inner_text()
    assert re.fullmatch(r"wnw_[\w-]{43}", secret)
    expect(page.locator(".keys-table tbody tr")).to_have_count(1)
    assert serious(page) == []
    page.goto(address)
    expect(page.get_by_text("the blog").first).to_be_visible()
    assert secret not in page.content()
    sent = {"json": {"content": "Hello."}, "headers": {"Authorization": f"Bearer {secret}"}}
    assert httpx.post(f"{desk.url}/v1/check", timeout=30, **sent).status_code == 200
    page.get_by_role("button", name="Revoke the blog").click()
    expect(page.locator(".keys-table tbody tr")).to_have_count(0)
    assert httpx.post(f"{desk.url}/v1/check", timeout=30, **sent).status_code == 401


def test_changes_are_counted_saved_and_a_conflict_is_said(desk: Desk) -> None:
    page = desk.person("root", "administrator")
    page.goto(f"{desk.url}/console/sites/{desk.site}")
    changes = page.locator("[data-changes]")
    expect(changes).to_have_text("")
    page.get_by_role("radio", name="Observe only").check()
    expect(changes).to_have_text("1 change")
    page.get_by_label("Random sample for measuring").fill("5")
    expect(changes).to_have_text("2 changes")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It holds for the next verdict.")).to_be_visible()
    saved = choosing.settings(desk.runtime.store, desk.site)
    assert (saved.mode, saved.audit_share) == ("observe", 0.05)
    page.get_by_label("Random sample for measuring").fill("7")
    choosing.put_settings(desk.runtime.store, desk.site, lambda s: replace(s, audit_share=0.09), BY)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Somebody else changed these settings meanwhile.")).to_be_visible()
    expect(page.get_by_text("Saved now: 9")).to_be_visible()
    expect(page.get_by_label("Random sample for measuring")).to_have_value("7")
    assert choosing.settings(desk.runtime.store, desk.site).audit_share == 0.09
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It holds for the next verdict.")).to_be_visible()
    assert choosing.settings(desk.runtime.store, desk.site).audit_share == 0.07


@pytest.mark.parametrize("width, theme", [(1280, "light"), (360, "dark")])
def test_an_administrators_screens_fit_and_can_be_used_by_everybody(
    desk: Desk, width: int, theme: str
) -> None:
    fill(desk)
    store = desk.runtime.store
    drafts = [
        Draft("email", "*@kilnnotes.example", "approve", "our own people"),
        Draft("domain", "cheap-kilns.example", "spam"), Draft("words", "加微信", "spam"),
        Draft("address", "198.51.100.0/24", "hold", "<script>alert(1)</script> \u202e"),
    ]  # fmt: skip
    choosing.put_list(store, desk.site, drafts, BY, None)
    choosing.hold_everything(store, desk.site, now_ms() + 7_200_000, BY)
    others = [
        NewSubscription(f"http://127.0.0.1:9/lists/of-others/{reads}.txt", reads, "hold", "note")
        for reads in OF_OTHERS
    ]
    fetching.subscribe(store, desk.site, others, BY, None)
    fetching.fetch_site(desk.runtime, desk.site)  # Nobody answers there, and the page says so.
    page = desk.person(
        "root", "administrator", viewport={"width": width, "height": 900}, color_scheme=theme
    )
    assert shown(desk, page, f"{width}-{theme}") == {}


def shown(desk: Desk, page: Page, name: str) -> dict[str, Any]:
    """Go through the screens of a site and return what is wrong with them."""
    address = f"{desk.url}/console/sites/{desk.site}"
    faults: dict[str, Any] = {}

    def look(what: str) -> None:
        picture(page, f"{what}-{name}")
        if not fits(page):
            faults[f"{what} sticks out"] = page.evaluate(WIDEST)
        if words := broken(page):
            faults[f"{what} breaks words"] = words
        if found := serious(page):
            faults[what] = found

    page.goto(f"{desk.url}/console/sites")
    look("sites")
    page.goto(address)
    # A form is sent once the page knows that the store answers: each answer is waited for.
    secret = page.locator("[data-secret]")
    page.get_by_label("New token for").fill("WordPress plugin")
    page.get_by_role("button", name="Make a token").click()
    expect(secret).to_be_visible()
    page.goto(address)
    page.get_by_role("button", name="Make an Akismet key").click()
    expect(secret).to_be_visible()
    page.get_by_role("button", name="Propose thresholds").click()
    expect(page.get_by_text("They are not saved yet.")).to_be_visible()
    look("site")
    page.goto(address)
    page.get_by_label("New token for").fill("Static site, form")
    page.get_by_role("button", name="Make a token").click()
    expect(secret).to_be_visible()
    look("token")
    page.get_by_role("link", name="Rotate…").first.click()
    expect(page.get_by_role("button", name="Rotate")).to_be_visible()
    look("rotate")
    page.goto(f"{address}/lists")
    page.get_by_label("One a line").fill("whatsapp, kiln")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".trial-table")).to_be_visible()
    look("lists")
    page.goto(f"{address}/keywords")
    page.get_by_label("Disallowed comment keys: spam").fill("kiln\nwhatsapp")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".trial-table")).to_be_visible()
    look("keywords")
    page.goto(f"{address}/subscriptions")
    expect(page.locator(".entries li")).to_have_count(2)
    look("subscriptions")
    return faults
