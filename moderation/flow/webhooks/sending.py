"""Sending what waits: one message, and the threads that send many."""

from __future__ import annotations

import datetime as dt
import logging
import queue
import threading
from collections import Counter
from contextlib import suppress
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from cryptography.fernet import InvalidToken
from msgspec import Struct

from moderation import faults
from moderation.domain.addresses import parsed
from moderation.domain.errors import StoreDown, StoreFull
from moderation.domain.webhooks import FAILING_MS, Message, Webhook, again_seconds
from moderation.flow.outbound import request
from moderation.flow.outbound.request import OutboundError
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.webhooks import rendering
from moderation.settings import Settings
from moderation.store import processes, webhooks

log = logging.getLogger(__name__)

LEASE_MS = 30_000
"""Longer than an exchange takes: nobody else sends a message meanwhile."""
SENDERS = 16
EACH = 4
"""Threads of a process, and how many of them send to one webhook; to one that fails, one."""
A_TURN = 50
COUNTED = "webhooks "
"""Begins the names under which tries are counted, by what came of them."""
_LOOPBACK = ("127.0.0.1", "::1")
_LATER = frozenset((429, 502, 503, 504))
"""Answers that may say when to come again, for all that is sent there."""

Pair = tuple[str, str]


class Answer(Struct, frozen=True):
    """What came of a try: in a few words, when the receiver wants to be asked again (seconds)."""

    text: str
    is_told: bool = False
    is_gone: bool = False
    retry_after: int = 0


def send_one(runtime: Runtime, site: str, webhook_id: str) -> bool:
    """Send the message of a webhook that is due for longest; False where there is none."""
    store = runtime.store
    taken = webhooks.take(store, site, webhook_id, now_ms(), LEASE_MS)
    if taken is None:
        return False
    webhook = webhooks.one(store, site, webhook_id)
    if webhook is None:
        return False
    message = taken[1]
    sent = rendering.body(runtime, site, webhook, message)
    if sent is None:
        webhooks.settle(store, site, webhook_id, taken, outcome="gone", answer="", now_ms=now_ms())
        return True
    answer = _post(runtime, site, webhook, message, sent)
    _settle(runtime, site, webhook_id, taken, answer)
    return True


def _post(runtime: Runtime, site: str, webhook: Webhook, message: Message, sent: bytes) -> Answer:
    try:
        signed = rendering.headers(runtime.secret, site, webhook, message, sent, now_ms())
        allowed = allowed_for(runtime.settings, webhook.url)
        reply = request.post(webhook.url, sent, signed, allowed)
    except OutboundError as error:
        return Answer(str(error))
    except InvalidToken:
        return Answer("its secret cannot be read under this WINNOW_SECRET_KEY; rotate it")
    text = f"answered {reply.status}"
    if 300 <= reply.status < 400:
        text += "; redirects are not followed"
    later = _seconds(reply.retry_after) if reply.status in _LATER else 0
    return Answer(text, 200 <= reply.status < 300, reply.status == 410, later)


def _settle(
    runtime: Runtime, site: str, webhook_id: str, taken: tuple[bytes, Message], answer: Answer
) -> None:
    now, message = now_ms(), taken[1]
    after = None if answer.is_gone else again_seconds(message.tries + 1, answer.retry_after)
    outcome = "told" if answer.is_told else "given up" if after is None else "again"
    disabled = webhooks.settle(
        runtime.store,
        site,
        webhook_id,
        taken,
        outcome=outcome,
        answer=answer.text,
        now_ms=now,
        again_ms=now + int(1000 * (after or 0)),
        paused_ms=now + 1000 * answer.retry_after if answer.retry_after else 0,
        failing_ms=FAILING_MS,
        is_gone=answer.is_gone,
    )
    processes.count(runtime.store, COUNTED + ("failed" if outcome == "again" else outcome))
    if disabled:
        processes.count(runtime.store, f"{COUNTED}disabled")
        log.warning("webhook %s of site %s is disabled: %s", webhook_id, site, answer.text)


def _seconds(retry_after: str) -> int:
    """Return for how many seconds a receiver wants to be left alone (RFC 9110 §10.2.3)."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), 86_400)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return 0
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return max(0, min(86_400, round(at.timestamp() - now_ms() / 1000)))


def allowed_for(settings: Settings, url: str) -> tuple[str, ...]:
    """Return the networks that may be reached for a webhook though they are not public: those of
    the settings, and for the demo site's own address that of the demo site."""
    demo = urlsplit(settings.demo_url)
    if not demo.netloc or urlsplit(url).netloc != demo.netloc:
        return settings.outbound_allow
    host = demo.hostname or ""
    own = _LOOPBACK if host == "localhost" else (host,) if parsed(host) else ()
    return (*settings.outbound_allow, *own)


def spread(runtime: Runtime, site: str) -> None:
    """Let all of a site's outbox wait for its webhooks."""
    told = [one for one, health in webhooks.of_site(runtime.store, site) if health.disabled is None]
    while webhooks.spread(runtime.store, site, told, now_ms()) == webhooks.TAKEN:
        pass


class Senders:
    """A few threads that send: a slow receiver keeps neither others nor verdicts waiting."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._queue: queue.SimpleQueue[Pair] = queue.SimpleQueue()
        self._busy: Counter[Pair] = Counter()
        self._lock = threading.Lock()
        self._threads = 0

    def look(self) -> None:
        """Have sent what is due, of every site."""
        store = self._runtime.store
        every = webhooks.every(store)
        found = webhooks.waiting(store, every, now_ms())
        for site in found.sites:
            # A full server takes no new messages: they stay in the outbox, and what waits is sent.
            with suppress(StoreFull, *((StoreDown,) if store.is_spread else ())):
                spread(self._runtime, site)
        due = set(found.webhooks)
        failing = webhooks.failing(store, every)
        for pair in every:
            if pair in due or pair[0] in found.sites:
                self._hire(pair, 1 if pair in failing else EACH)

    def _hire(self, pair: Pair, most: int) -> None:
        with self._lock:
            while self._busy[pair] < most:
                self._busy[pair] += 1
                self._queue.put(pair)
                if self._threads < SENDERS:
                    self._threads += 1
                    threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            pair = self._queue.get()
            is_more = False
            try:
                is_more = self._turn(pair)
            except (StoreDown, StoreFull):
                pass  # The sweep asks again.
            except Exception as error:
                faults.say("the telling of a webhook", error)
            if is_more:
                self._queue.put(pair)
                continue
            with self._lock:
                self._busy[pair] -= 1
                if not self._busy[pair]:
                    del self._busy[pair]

    def _turn(self, pair: Pair) -> bool:
        """Send some of what is due for a webhook; say whether more may be."""
        return all(send_one(self._runtime, *pair) for _ in range(A_TURN))
