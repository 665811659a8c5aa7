"""Webhooks in the console: who may what, what is shown once, what was sent and sent again."""

from __future__ import annotations

import re

import pytest

from moderation.flow.authorise import authorise
from moderation.flow.comments import checking
from moderation.flow.people.links import By
from moderation.flow.sites import first_run, watching
from moderation.flow.webhooks import endpoints, sending
from moderation.store import webhooks
from tests.factories import SITE, submission
from tests.moderation.console.conftest import OTHER

PATH = f"/console/sites/{SITE}/webhooks"
FORM = {"url": "https://blog.example/hook", "event": ["comment.scored", "comment.changed"]}


@pytest.fixture
def admin(person):
    """Return the browser of an administrator."""
    return person("root", "administrator", ())


def only(runtime):
    """Return the one webhook of the site and how it is doing."""
    (found,) = endpoints.of_site(runtime.store, SITE)
    return found


def failed(runtime):
    """Have one message fail: it leads where nothing may be sent."""
    made, _ = endpoints.make(
        runtime.store,
        runtime.secret,
        SITE,
        "http://127.0.0.1:9/a-path-that-is-a-key",
        ("comment.scored",),
        By("ann"),
    )
    token = first_run.add_token(runtime.store, SITE, ("submit",), "t")
    checking.check(runtime, authorise(runtime, token, "submit"), submission("A kiln for sale."))
    sending.spread(runtime, SITE)
    sending.send_one(runtime, SITE, made.id)
    return made


def test_a_secret_is_shown_once_and_a_webhook_goes_its_way(admin, runtime):
    page = admin.post(PATH, data=FORM)
    assert page.status_code == 201
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", page.text)[0]
    assert secret not in admin.get(f"/console/sites/{SITE}").text
    hook, _ = only(runtime)
    assert hook.events == ("comment.scored", "comment.changed")
    at = f"{PATH}/{hook.id}"
    assert "https://blog.example/hook" in admin.get(at).text
    changed = admin.post(at, data={**FORM, "url": "https://blog.example/new", "personal": "1"})
    assert changed.status_code == 303
    hook, _ = only(runtime)
    assert (hook.url, hook.personal) == ("https://blog.example/new", True)
    rotated = admin.post(f"{at}/rotate", data={"overlap": "24"})
    assert rotated.status_code == 201
    assert secret not in rotated.text
    assert "whsec_" in rotated.text
    assert "Two secrets sign" in rotated.text
    admin.post(f"{at}/switch")
    assert only(runtime)[1].disabled == "by hand"
    admin.post(f"{at}/switch", data={"enable": "1"})
    assert only(runtime)[1].disabled is None
    admin.post(f"{at}/remove")
    assert endpoints.of_site(runtime.store, SITE) == []


@pytest.mark.parametrize(
    "wrong", [{"url": "ftp://x"}, {"url": "http://a:b@blog.example"}, {"event": []}]
)
def test_what_cannot_be_is_said_and_nothing_saved(admin, runtime, wrong):
    answer = admin.post(PATH, data={**FORM, **wrong})
    assert answer.status_code == 422
    assert "Nothing was saved" in answer.text
    assert endpoints.of_site(runtime.store, SITE) == []


def test_who_is_no_administrator_sees_and_changes_nothing(ann, runtime):
    hook = failed(runtime)
    page = ann.get(f"{PATH}/{hook.id}").text
    assert "not public" in page
    # The address of a webhook is often all that is needed to use it.
    for seen in (page, ann.get(f"/console/sites/{SITE}").text):
        assert "127.0.0.1" in seen
        assert "a-path-that-is-a-key" not in seen
    for path in ("", f"/{hook.id}", f"/{hook.id}/rotate", f"/{hook.id}/remove",
                 f"/{hook.id}/switch", f"/{hook.id}/resend"):  # fmt: skip
        assert ann.post(PATH + path, data=FORM).status_code == 403
    assert ann.get(f"/console/sites/{OTHER}/webhooks/{hook.id}").status_code == 404


def test_what_was_sent_is_shown_and_sent_again(admin, runtime):
    hook = failed(runtime)
    at = f"{PATH}/{hook.id}"
    page = admin.get(at).text
    assert "not public" in page
    assert "Waits" in page
    message = re.search(r'name="message" value="([^"]+)"', page)[1]
    assert admin.post(f"{at}/resend", data={"message": message}).status_code == 303
    (sent,), _ = endpoints.sent(runtime.store, SITE, hook.id)
    assert (sent.message.tries, sent.message.outcome) == (0, "waiting")
    assert admin.post(f"{at}/resend", data={"message": "msg_none"}).status_code == 303


def test_one_that_was_disabled_is_said_so_on_its_page_and_on_health(admin, runtime):
    hook = failed(runtime)
    health = webhooks.prefix(SITE, hook.id) + "health"
    runtime.store.redis.hset(health, mapping={"disabled": "failing", "since": 1_790_000_000_000})
    assert "was disabled" in admin.get(f"{PATH}/{hook.id}").text
    assert "Disabled: it failed" in admin.get(f"/console/sites/{SITE}").text
    runtime.own(watching.Watching).__init__()
    assert "A webhook of 1 site is disabled." in admin.get("/console/health").text
