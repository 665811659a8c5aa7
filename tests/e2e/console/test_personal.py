"""Personal data in a browser: looked for and erased by the worker, with nothing that sticks out."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from moderation.flow.authorise import authorise
from moderation.flow.comments.checking import check
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.sites import administering, first_run
from tests.e2e.console.conftest import PASSWORD, Desk
from tests.e2e.console.test_screens import themed
from tests.factories import submission


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.slow), 360])
def test_somebody_is_looked_for_and_erased(desk: Desk, width: int) -> None:
    store, email = desk.runtime.store, f"mabel{width}@post.example"
    token = first_run.add_token(store, desk.site, ("submit",), "test")
    grant = authorise(desk.runtime, token, "submit")
    for n in range(3):
        sent = submission(f"A kiln of mine, number {n}", author={"name": "Mabel", "email": email})
        comment = check(desk.runtime, grant, sent).comment
    decide(desk.runtime, desk.site, comment.id, "spam", Word("ann", "api"), None)
    administering.add_user(store, f"boss{width}", PASSWORD, "administrator")
    size = {"width": width, "height": 900 if width > 400 else 780}
    page = desk.open_context(viewport=size, has_touch=width < 400).new_page()
    page.goto(f"{desk.url}/console/login")
    page.get_by_label("User name").fill(f"boss{width}")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/console/review*")
    page.goto(f"{desk.url}/console/personal")
    faults: dict[str, Any] = themed(page, "personal")
    page.get_by_label("E-mail address").fill(email)
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
