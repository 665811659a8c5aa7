"""What is sent by somebody who is logged out meanwhile stands on the page, but no secret does, and
nothing that another site sent."""

from __future__ import annotations

import pytest

from moderation.flow.people import accounts
from moderation.flow.people.links import OPERATOR
from moderation.store import Store
from tests.factories import SITE
from tests.moderation.console.conftest import PASSWORD, Browser

LISTS = f"/console/sites/{SITE}/lists"
FORM = f"http://localhost{LISTS}"
TYPED = {"values": 'two words\n<b>"more"</b>', "kind": "words"}
OURS = {"Origin": "http://localhost", "Referer": FORM}


def send(browser: Browser, token: str, headers: dict[str, str], path: str = LISTS, **fields: str):
    data = {"csrf_token": token, **(fields or TYPED)}
    return browser.client.post(path, data=data, headers=headers)


def test_what_was_typed_is_kept_from_who_is_logged_out(ann: Browser, store: Store) -> None:
    token = ann.token()
    accounts.end_sessions(store, "ann", OPERATOR)
    answer = send(ann, token, OURS)
    assert answer.status_code == 401
    assert "You are logged out." in answer.text
    assert "two words\n&lt;b&gt;&#34;more&#34;&lt;/b&gt;</textarea>" in answer.text
    assert '<input type="hidden" name="kind" value="words">' in answer.text
    assert f'action="{LISTS}"' in answer.text


def test_what_was_typed_is_kept_where_the_token_is_of_a_log_in_before(ann: Browser) -> None:
    token = ann.token()
    ann.post("/console/logout")
    ann.log_in("ann")
    answer = send(ann, token, OURS)
    assert answer.status_code == 400
    assert "This page was open for too long." in answer.text
    assert "two words" in answer.text


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "null"}, {"Origin": "http://evil.example"}, {"Referer": FORM}],
    ids=["none", "hidden", "another", "no origin"],
)
def test_nothing_that_another_site_sends_comes_to_stand_on_a_page(
    ann: Browser, store: Store, headers: dict[str, str]
) -> None:
    token = ann.token()
    assert "two words" not in send(ann, "made up", headers).text
    accounts.end_sessions(store, "ann", OPERATOR)
    answer = send(ann, token, headers)
    assert answer.status_code == 303 and "two words" not in answer.text


def test_no_secret_is_kept_and_the_way_leads_back_to_the_form(ann: Browser, store: Store) -> None:
    token = ann.token()
    accounts.end_sessions(store, "ann", OPERATOR)
    came = {"Origin": "http://localhost", "Referer": "http://localhost/console/account"}
    path = "/console/account/password"
    answer = send(ann, token, came, path, old=PASSWORD, new="another good one")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/console/login?next=%2Fconsole%2Faccount",
    )
    assert PASSWORD not in answer.text
