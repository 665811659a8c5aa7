"""The log of a webhook: what it was sent, and a message once more."""

from __future__ import annotations

from moderation.flow.runtime import Runtime
from moderation.flow.webhooks import sending
from tests.factories import SITE
from tests.moderation.api.conftest import Caller, is_problem
from tests.webserver import Site

PATH = f"/v1/sites/{SITE}/webhooks"


def test_the_log_says_how_it_went_and_a_message_is_sent_again(
    admin: Caller, api: Caller, runtime: Runtime, receiver: Site
) -> None:
    url = f"http://127.0.0.1:{receiver.port}/hook"
    made = admin.post(PATH, {"url": url}).json["id"]
    ids = [api.post("/v1/check", {"content": f"Part {n} of it."}).json["id"] for n in range(3)]
    sending.spread(runtime, SITE)
    while sending.send_one(runtime, SITE, made):
        pass
    assert not receiver.heard
    first = admin.get(f"{PATH}/{made}/deliveries?limit=2").json
    rest = admin.get(f"{PATH}/{made}/deliveries?before={first['next']}").json
    data = first["data"] + rest["data"]
    assert [one["comment"] for one in data] == ids[::-1]
    assert rest["next"] is None
    assert {one["state"] for one in data} == {"waiting"}
    assert all("not public" in one["last_answer"] and one["due_at"] for one in data)
    shown = admin.get(f"{PATH}/{made}").json
    assert (shown["waiting"], bool(shown["failing_since"])) == (3, True)
    sent = admin.post(f"{PATH}/{made}/deliveries/{data[0]['id']}/resend")
    assert (sent.status_code, sent.json["tries"]) == (202, 0)
    is_problem(admin.post(f"{PATH}/{made}/deliveries/msg_none/resend"), 404, "not-found")
    admin("PATCH", f"{PATH}/{made}", json={"enabled": False})
    is_problem(admin.post(f"{PATH}/{made}/deliveries/{data[0]['id']}/resend"), 409, "conflict")
