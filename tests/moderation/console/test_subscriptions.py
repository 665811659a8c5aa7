"""Lists of others in the console: administrators subscribe, everybody of the site sees them."""

from __future__ import annotations

import pytest

from moderation.flow.sites import fetching
from moderation.store import subscriptions
from tests.factories import SITE
from tests.moderation.console.test_sites import form_of

PATH = f"/console/sites/{SITE}/subscriptions"
LIST = {"url": "https://lists.example/hosts.txt", "reads": "domains", "action": "spam"}


@pytest.fixture
def admin(person):
    """Return the browser of an administrator."""
    return person("root", "administrator", ())


def test_an_administrator_subscribes_and_ends_it(admin, ann, runtime):
    assert admin.post(PATH, {**LIST, "note": "since the fair", "save": "1"}).status_code == 303
    (held,) = fetching.shown(runtime.store, SITE)
    assert (held.chosen.url, held.chosen.action, held.chosen.by) == (LIST["url"], "spam", "root")
    fresh = ann.get(PATH).text
    assert "not fetched yet" in fresh and "0 entries" not in fresh, "unknown is not none"
    subscriptions.note(
        runtime.store, SITE, 1, fetching.Fetched(tried_ms=1, error="<b>no answer</b>")
    )
    page = ann.get(PATH).text
    assert "since the fair" in page and "&lt;b&gt;no answer" in page
    assert f'action="{PATH}' not in page
    assert ann.post(PATH, {**LIST, "save": "1"}).status_code == 403
    assert admin.post(f"{PATH}/remove", {"number": "1"}).status_code == 303
    assert fetching.shown(runtime.store, SITE) == []


@pytest.mark.parametrize(
    "wrong", [{"url": "javascript:alert(1)"}, {"reads": "all"}, {"action": "approve"}, {"url": ""}]
)
def test_what_cannot_be_subscribed_to_is_said_beside_what_was_typed(admin, runtime, wrong):
    answer = admin.post(PATH, {**LIST, "note": "why", **wrong, "save": "1"})
    assert answer.status_code == 422 and 'value="why"' in answer.text
    assert fetching.shown(runtime.store, SITE) == []


def test_a_list_that_cannot_be_fetched_cannot_be_tried(admin, runtime):
    answer = admin.post(PATH, {**LIST, "url": "http://127.0.0.1:9/x"})
    assert answer.status_code == 422 and "could not be fetched" in answer.text


def test_rules_of_the_settings_are_typed_tried_and_saved(admin, hold, runtime):
    hold("A first word.")
    path = f"/console/sites/{SITE}"
    typed = form_of(admin.get(path).text) | {
        "hold_links_over": "2", "pace_author": "", "trust_after": "5", "hold_first_time": "1",
    }  # fmt: skip
    tried = admin.post(f"{path}/settings", {**typed, "try": "1"})
    assert "What it would have done to the last" in tried.text
    assert runtime.read_settings(SITE)[1].trust_after is None
    assert admin.post(f"{path}/settings", typed).status_code == 303
    saved = runtime.read_settings(SITE)[1]
    assert (saved.hold_links_over, saved.trust_after, saved.hold_first_time) == (2, 5, True)
    assert saved.pace_author is None
    wrong = admin.post(f"{path}/settings", {**typed, "trust_after": "0"})
    assert wrong.status_code in (412, 422)
