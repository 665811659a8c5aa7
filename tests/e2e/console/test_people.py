"""People in a browser: second factor, invitation, the first minute, personal data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from time import time
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from moderation.flow.authorise import authorise
from moderation.flow.comments.checking import check
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.sites import administering, first_run
from tests.clock import Stopwatch
from tests.e2e.console.conftest import PASSWORD, Desk
from tests.e2e.console.test_screens import broken, fits, picture, serious, themed
from tests.e2e.running import Up
from tests.e2e.starting import running_up
from tests.factories import submission


def log_in(page: Page, url: str, name: str, password: str = PASSWORD) -> None:
    """Fill the form of the log-in in and send it."""
    page.goto(f"{url}/console/login")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def set_up(page: Page, url: str) -> tuple[pyotp.TOTP, list[str]]:
    """Set a second factor up and return the authenticator and the recovery codes."""
    page.goto(f"{url}/console/account")
    card = page.locator("form", has=page.get_by_role("button", name="Set it up…"))
    card.get_by_label("Password").fill(PASSWORD)
    card.get_by_role("button", name="Set it up…").click()
    expect(page.get_by_role("img", name=re.compile("QR code"))).to_be_visible()
    totp = pyotp.TOTP(page.locator(".secret").inner_text().replace(" ", ""))
    # The one before the present is taken as well: so the present one is left for the log-in.
    page.get_by_label("The six digits that it shows").fill(totp.at(int(time()) - 30))
    page.get_by_role("button", name="Use it from now on").click()
    expect(page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    return totp, page.locator(".codes code").all_inner_texts()


def test_a_person_logs_in_by_a_code_that_works_once_and_by_a_recovery_code(desk: Desk) -> None:
    page = desk.person("mei")
    name = page.locator(".foot .person").inner_text().split()[-1]
    totp, codes = set_up(page, desk.url)
    other = desk.open_context().new_page()
    log_in(other, desk.url, name)
    expect(other.get_by_label("Six digits")).to_be_focused()
    code = totp.now()
    other.get_by_label("Six digits").fill(f"{code[:3]} {code[3:]}")
    other.keyboard.press("Enter")
    other.wait_for_url("**/console/review*")
    third = desk.open_context().new_page()
    log_in(third, desk.url, name)
    third.get_by_label("Six digits").fill(code)
    third.keyboard.press("Enter")
    expect(third.get_by_role("alert")).to_contain_text("was used before")
    third.get_by_role("link", name="Use a recovery code").click()
    third.get_by_label("Recovery code").fill(codes[0])
    third.keyboard.press("Enter")
    third.wait_for_url("**/console/review*")


def test_who_is_invited_chooses_a_password_and_works(desk: Desk) -> None:
    desk.hold("The first comment of a new moderator.")
    administering.add_user(desk.runtime.store, f"boss-{desk.site}", PASSWORD, "administrator")
    boss = desk.open_context().new_page()
    log_in(boss, desk.url, f"boss-{desk.site}")
    boss.wait_for_url("**/console/review*")
    boss.get_by_role("link", name="People").click()
    boss.get_by_label("User name").fill(f"inès-{desk.site}")
    boss.get_by_label(desk.site, exact=True).check()
    boss.get_by_role("button", name="Make the link").click()
    link = boss.get_by_label("The invitation").input_value()
    ines = desk.open_context().new_page()
    ines.goto(link)
    ines.get_by_label(re.compile("^Password")).fill("a password of her own")
    ines.get_by_role("button", name="Set the password and log in").click()
    ines.wait_for_url("**/console/review*")
    expect(ines.get_by_text("The first comment of a new moderator.").first).to_be_visible()
    ines.goto(link)
    expect(ines.get_by_role("heading", name="This link works no more")).to_be_visible()
    boss.goto(f"{desk.url}/console/people/person?name=in%C3%A8s-{desk.site}")
    with boss.expect_navigation():
        boss.get_by_role("button", name="End every log-in").click()
    ines.goto(f"{desk.url}/console/review")
    ines.wait_for_url("**/console/login*")


@pytest.fixture
def fresh(kernels: None) -> Iterator[Up]:
    """Return a Winnow that runs for the first time."""
    with running_up() as up:
        yield up


def test_the_first_minute(fresh: Up, chromium: Browser) -> None:
    found = re.search(r"logs you in once, within ten minutes: (http\S+)", fresh.output)
    assert found
    context = chromium.new_context()
    context.set_default_timeout(20_000)
    page = context.new_page()
    with Stopwatch() as watch:
        page.goto(found.group(1))
        page.goto(found.group(1))  # A preview of the link has used nothing up.
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/console/first*")
        token = teach(page)
    assert page.get_by_label("Akismet key").input_value() == fresh.credentials["akismet_key"]
    context.close()
    assert watch.seconds < 60
    sent = sends(fresh, token)
    assert sent.status_code == 200, sent.text


def test_the_first_minute_without_a_script(desk: Desk) -> None:
    boss = f"boss-{desk.site}"
    administering.add_user(desk.runtime.store, boss, PASSWORD, "administrator")
    page = desk.open_context(java_script_enabled=False).new_page()
    log_in(page, desk.url, boss)
    page.goto(f"{desk.url}/console/first?site={desk.site}")
    teach(page)


def teach(page: Page) -> str:
    """Go through the four steps and return the token that the last one shows."""
    page.get_by_role("button", name="Send").click()
    thought = page.locator(".steps .score")
    expect(thought).to_be_visible()
    expect(page.locator(".steps .text mark").first).to_be_visible()
    before = percent(thought.inner_text())
    assert before > 80, "there is something to overrule"
    page.get_by_role("button", name="Approve").click()
    moved = page.locator(".change .moved")
    expect(moved).to_contain_text("→")
    assert percent(moved.locator("b").inner_text()) < before / 2
    page.get_by_role("button", name="Score it").click()
    alike = page.locator(".like .moved")
    untaught, taught = alike.inner_text().split("→")
    assert percent(taught) < percent(untaught)
    page.get_by_role("button", name="Show the keys of this site").click()
    return page.get_by_label("Token", exact=True).input_value()


def sends(up: Up, token: str) -> Any:
    import httpx

    headers = {"Authorization": f"Bearer {token}"}
    body = {"content": "A comment by curl"}
    return httpx.post(f"{up.url}/v1/check", json=body, headers=headers, timeout=10)


def percent(text: str) -> float:
    """Return the last number of a text."""
    return float(re.findall(r"[\d.]+", text)[-1])


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "width, theme",
    [
        (1280, "light"),
        pytest.param(1280, "dark", marks=pytest.mark.slow),
        pytest.param(360, "light", marks=pytest.mark.slow),
        (360, "dark"),
    ],
)
def test_every_screen_of_people_fits_and_can_be_used_by_everybody(
    desk: Desk, width: int, theme: str
) -> None:
    store, boss = desk.runtime.store, f"boss-{desk.site}"
    administering.add_user(store, boss, PASSWORD, "administrator")
    size = {"width": width, "height": 900 if width > 400 else 780}
    page = desk.open_context(viewport=size, color_scheme=theme, has_touch=width < 400).new_page()
    page.goto(f"{desk.url}/console/login")
    page.get_by_label("User name").fill(boss)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    faults: dict[str, Any] = {}

    def look(name: str) -> None:
        picture(page, f"{name}-{width}-{theme}")
        if not fits(page):
            faults[f"{name} sticks out"] = page.evaluate("document.documentElement.scrollWidth")
        if words := broken(page):
            faults[f"{name} breaks words"] = words
        if (width, theme) in ((1280, "light"), (360, "dark")) and (found := serious(page)):
            faults[name] = found

    page.wait_for_url("**/console/review*")
    page.goto(f"{desk.url}/console/people")
    look("people")
    page.get_by_label("User name").fill(f"mei-{desk.site}")
    page.get_by_label("E-mail address").fill("mei@kiln.example")
    page.get_by_label(desk.site, exact=True).check()
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_text("the mail server does not answer")).to_be_visible()
    look("invitation")
    link = page.get_by_label("The invitation").input_value()
    page.goto(f"{desk.url}/console/people/person?name=mei-{desk.site}")
    look("person")
    stranger = page.context.browser.new_context(viewport=size, color_scheme=theme)
    page, mine = stranger.new_page(), page
    page.goto(link)
    look("link")
    page.goto(f"{desk.url}/console/link/gone")
    look("link-gone")
    stranger.close()
    page = mine
    page.goto(f"{desk.url}/console/first")
    look("first-one")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".steps .score")).to_be_visible()
    look("first-three")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".change")).to_be_visible()
    page.get_by_role("button", name="Show the keys of this site").click()
    expect(page.get_by_label("Akismet key")).to_be_visible()
    look("first-four")
    page.goto(f"{desk.url}/console/account")
    card = page.locator("form", has=page.get_by_role("button", name="Set it up…"))
    card.get_by_label("Password").fill(PASSWORD)
    card.get_by_role("button", name="Set it up…").click()
    expect(page.get_by_label("The six digits that it shows")).to_be_visible()
    look("factor")
    totp = pyotp.TOTP(page.locator(".secret").inner_text().replace(" ", ""))
    page.get_by_label("The six digits that it shows").fill(totp.now())
    page.get_by_role("button", name="Use it from now on").click()
    expect(page.locator(".codes")).to_be_visible()
    look("codes")
    page.goto(f"{desk.url}/console/account")
    look("account-with-factor")
    page.context.clear_cookies()
    page.goto(f"{desk.url}/console/login")
    page.get_by_role("link", name="Forgot the password?").click()
    expect(page.get_by_role("button", name="Send the link")).to_be_visible()
    look("forgotten")
    page.get_by_label("User name").fill("nobody")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    look("asked")
    log_in(page, desk.url, boss)
    expect(page.get_by_label("Six digits")).to_be_visible()
    look("code")
    page.get_by_role("link", name="Use a recovery code").click()
    expect(page.get_by_label("Recovery code")).to_be_visible()
    look("recovery")
    assert faults == {}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.slow), 360])
def test_somebody_is_looked_for_and_erased(desk: Desk, width: int) -> None:
    store, email = desk.runtime.store, f"mabel@{desk.site}"
    token = first_run.add_token(store, desk.site, ("submit",), "test")
    grant = authorise(desk.runtime, token, "submit")
    for n in range(3):
        sent = submission(f"A kiln of mine, number {n}", author={"name": "Mabel", "email": email})
        comment = check(desk.runtime, grant, sent).comment
    decide(desk.runtime, desk.site, comment.id, "spam", Word("ann", "api"), None)
    administering.add_user(store, f"boss-{desk.site}", PASSWORD, "administrator")
    size = {"width": width, "height": 900 if width > 400 else 780}
    page = desk.open_context(viewport=size, has_touch=width < 400).new_page()
    page.goto(f"{desk.url}/console/login")
    page.get_by_label("User name").fill(f"boss-{desk.site}")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/console/review*")
    page.goto(f"{desk.url}/console/personal")
    faults: dict[str, Any] = themed(page, "personal")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("On which site").select_option(desk.site)
    page.get_by_role("button", name="Look what is held").click()
    expect(page.get_by_role("heading", name="This is held")).to_be_visible()
    expect(page.locator("#found tbody tr").first).to_contain_text(desk.site)
    assert email not in page.url
    faults |= themed(page, "personal-found")
    page.get_by_label("Write the address or the id once more").fill(email)
    page.get_by_role("button", name="Erase", exact=True).click()
    # By the worker, and shown without a reload.
    expect(page.locator("#erasures > div > ul > li").first).to_contain_text(
        "comments 3, labels 1, pieces of evidence 0, records 1", timeout=90_000
    )
    expect(page.locator("#erasures")).not_to_contain_text("not Winnow's own")
    faults |= themed(page, "personal-erased")
    assert faults == {}
