"""A site whose webhook is a web server on loopback, and a clock that tests move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from moderation.domain.comments import Comment
from moderation.domain.webhooks import EVENTS, Health
from moderation.flow import runtime as flow_runtime
from moderation.flow.authorise import Grant
from moderation.flow.comments.checking import check
from moderation.flow.opening import open_runtime
from moderation.flow.people.links import OPERATOR
from moderation.flow.runtime import Runtime
from moderation.flow.webhooks import endpoints, listening, sending
from moderation.settings import Settings
from moderation.store import webhooks
from tests.factories import SITE, submission
from tests.webserver import Site


class Clock:
    """The time that webhooks go by; it begins now and moves when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ahead = 0
        for module in (sending, listening, endpoints):
            monkeypatch.setattr(module, "now_ms", self.now_ms)

    def now_ms(self) -> int:
        return flow_runtime.now_ms() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += int(1000 * seconds)


class Hooked:
    """A runtime, a site with a webhook, and the receiver of that."""

    def __init__(self, runtime: Runtime, grant: Grant, receiver: Site, clock: Clock) -> None:
        self.runtime, self.grant, self.receiver, self.clock = runtime, grant, receiver, clock
        self.url = f"http://127.0.0.1:{receiver.port}/hook"
        self.id, self.secret = self.add(self.url)

    def add(self, url: str, **more: Any) -> tuple[str, str]:
        """Add a webhook; return its id and its secret."""
        events = more.pop("events", EVENTS)
        made, secret = endpoints.make(
            self.runtime.store, self.runtime.secret, SITE, url, events, OPERATOR, **more
        )
        return made.id, secret

    def check(self, content: str = "Thanks, that fixed my build.", **fields: Any) -> Comment:
        """Have a comment checked."""
        return check(self.runtime, self.grant, submission(content, **fields)).comment

    def work(self) -> None:
        """Do what the workers' task does, in this thread."""
        store = self.runtime.store
        listening.look(self.runtime)
        sending.spread(self.runtime, SITE)
        for pair in webhooks.every(store):
            while sending.send_one(self.runtime, *pair):
                pass

    def heard(self, secret: str = "", since: int = 0) -> list[dict[str, Any]]:
        """Return what the receiver heard, each verified by the library with a secret."""
        found = []
        for _, headers, body in self.receiver.heard[since:]:
            # The library compares with the clock of the wall.
            signed = Verifier(secret or self.secret)
            number, at = headers["webhook-id"], int(headers["webhook-timestamp"])
            mine = signed.sign(number, _utc(at), body.decode())
            assert mine in headers["webhook-signature"].split(" ")
            found.append({**msgspec.json.decode(body), "id": number})
        return found

    def health(self, webhook_id: str = "") -> Health:
        """Return how a webhook is doing."""
        return endpoints.one(self.runtime.store, SITE, webhook_id or self.id)[1]

    def log(self, webhook_id: str = "") -> list[endpoints.Sent]:
        """Return the log of a webhook."""
        return endpoints.sent(self.runtime.store, SITE, webhook_id or self.id)[0]


def _utc(seconds: int) -> dt.datetime:

    return dt.datetime.fromtimestamp(seconds, dt.UTC)


@pytest.fixture
def receiver() -> Iterator[Site]:
    """Return a web server on loopback."""
    made = Site()
    yield made
    made.close()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings by which loopback may be reached, and nothing else that is not public."""
    return msgspec.structs.replace(settings, outbound_allow=("127.0.0.1",))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock."""
    return Clock(monkeypatch)


@pytest.fixture
def hooked(runtime: Runtime, grant: Grant, receiver: Site, clock: Clock) -> Hooked:
    """Return a site with a webhook."""
    return Hooked(runtime, grant, receiver, clock)


@pytest.fixture
def again(settings: Settings, hooked: Hooked) -> Iterator[Runtime]:
    """Return a second process's view."""
    opened = open_runtime(settings)
    yield opened
    opened.close()
