"""Word back: a site is told when a person decides otherwise than it was answered.

What is to be told is noted before the decision is written, so that a crash in between costs
nothing: whoever tells looks at the comment as it then is, and sends only what the site does not
know yet. The sweep of the workers sends what was lost and what failed.
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import Any
from urllib.parse import urlencode

import msgspec
from ulid import ULID

from moderation.domain.akismet import SITE_PREFIX, Trace, callback_for
from moderation.domain.comments import Comment
from moderation.domain.verdicts import Label
from moderation.flow.akismet.keys import is_over
from moderation.flow.events import Decided, Deciding, Deleted, Rejudged, Rejudging, Swept
from moderation.flow.outbound import request
from moderation.flow.outbound.request import OutboundError
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sealing import unseal
from moderation.flow.tasks import TELL_SITE
from moderation.store import akismet, codec, processes, telling
from moderation.store.comments import reading

log = logging.getLogger(__name__)

AGAIN_SECONDS = (30, 120, 600, 3600, 21_600)
"""When a failed telling is tried again; after the last one it is given up."""
GRACE_MS = 10_000
LEASE_MS = 30_000
AT_ONCE = 50
TELLERS = 4
WAITING_AT_MOST = 1000

CALLBACKS = "callbacks "
"""Begins the names under which tries to tell sites are counted, by what came of them."""
TOLD, GIVEN_UP, NO_CALLBACK, REFUSED = "told", "given up", "no callback", "refused"


def listen(runtime: Runtime) -> None:
    """Have this process note, before a decision is written, that its site may have to be told."""

    def expect(event: Deciding | Rejudging) -> None:
        if _concerns(event):
            what = f"{event.site}/{event.comment}"
            telling.tell_by(runtime.store, what, now_ms() + GRACE_MS)

    def hurry(event: Decided | Rejudged) -> None:
        if _concerns(event):
            runtime.tasks.send(TELL_SITE, event.site, event.comment)

    def forget(event: Deleted) -> None:
        akismet.forget(runtime.store, event.site, codec.id_bytes(event.comment))

    runtime.events.listen(Deciding, expect)
    runtime.events.listen(Decided, hurry)
    runtime.events.listen(Deleted, forget)
    runtime.events.listen(Rejudging, expect)
    runtime.events.listen(Rejudged, hurry)
    runtime.events.listen(Swept, lambda _: send_due(runtime))


def _concerns(event: Deciding | Decided | Rejudging | Rejudged) -> bool:
    """Say whether a site asked by this protocol and does not know the decision: it made it not."""
    is_its_own = isinstance(event, Deciding | Decided) and event.via == "akismet"
    return not is_its_own and event.site.startswith(SITE_PREFIX)


def send_due(runtime: Runtime) -> int:
    """Send the task again for every telling that is due; return how many."""
    found = telling.due(runtime.store, now_ms(), AT_ONCE)
    for what in found:
        site, _, comment_id = what.partition("/")
        runtime.tasks.send(TELL_SITE, site, comment_id)
    return len(found)


def outcome_of(runtime: Runtime, comment: Comment) -> str:
    """Return what became of word back on a comment, '' while nothing is to be told.

    `no callback`: the site gave no address and must be told by hand. `refused`: its key was
    revoked, or its blog may not speak any more.
    """
    if not comment.site.startswith(SITE_PREFIX):
        return ""
    trace = akismet.trace(runtime.store, comment.site, codec.id_bytes(comment.id))
    if trace is None or trace.told == _label(comment):
        return trace.outcome if trace else ""
    return trace.outcome if trace.callback else NO_CALLBACK


def tell_site(runtime: Runtime, site: str, comment_id: str) -> None:
    """Tell a site the label of one comment, if it does not know it; note how that went."""
    what = f"{site}/{comment_id}"
    due, tries = telling.to_tell(runtime.store, what)
    token = str(ULID())
    if due is None or not telling.take_turn(runtime.store, what, token, LEASE_MS):
        return
    try:
        again = _tell(runtime, site, comment_id, tries)
        telling.told(runtime.store, what, due, again)
    finally:
        telling.end_turn(runtime.store, what, token)


class Tellers:
    """A few threads that tell sites: one that is slow to listen keeps no verdict waiting."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._queue: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._waiting: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._threads = 0

    def tell(self, site: str, comment_id: str) -> None:
        """Have a site told soon; where too many wait, the sweep asks again."""
        what = site, comment_id
        with self._lock:
            if what in self._waiting or len(self._waiting) >= WAITING_AT_MOST:
                return
            self._waiting.add(what)
            self._queue.put(what)
            if self._threads < TELLERS:
                self._threads += 1
                threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            what = self._queue.get()
            # From here on another decision on the comment is told anew.
            with self._lock:
                self._waiting.discard(what)
            try:
                tell_site(self._runtime, *what)
            except Exception as error:
                log.warning("a site could not be told of a decision: %s", type(error).__name__)


def _tell(runtime: Runtime, site: str, comment_id: str, tries: int) -> int:
    """Return when to try again, in milliseconds since 1970; 0 when there is nothing more to do."""
    raw = codec.id_bytes(comment_id)
    comment = reading.get(runtime.store, site, raw)
    trace = akismet.trace(runtime.store, site, raw)
    if comment is None or trace is None or not trace.guids:
        return 0
    label = _label(comment)
    if label is None or trace.told == label:
        return 0
    if not trace.callback:
        _note(runtime, site, raw, NO_CALLBACK)
        return 0
    account, blog = akismet.owner(runtime.store, site)
    key = _key(runtime, account, blog, trace.key)
    if not key:
        _note(runtime, site, raw, REFUSED)
        return 0
    try:
        _post(runtime, blog, key, trace, label)
    except OutboundError as error:
        log.info("a site could not be told of a decision: %s", error)
        processes.count(runtime.store, f"{CALLBACKS}failed")
        if tries >= len(AGAIN_SECONDS):
            processes.count(runtime.store, f"{CALLBACKS}given up")
            _note(runtime, site, raw, GIVEN_UP)
            return 0
        _note(runtime, site, raw, str(error))
        return now_ms() + AGAIN_SECONDS[tries] * 1000
    processes.count(runtime.store, f"{CALLBACKS}told")
    _note(runtime, site, raw, TOLD, label)
    return 0


def _label(comment: Comment) -> Label | None:
    """Return what a site should take a comment for: by the decision, else as it was answered."""
    if comment.decision is not None:
        return comment.decision.label
    if comment.status == "held" or comment.status == "queued":
        return None
    return "spam" if comment.status == "spam" else "ham"


def _note(runtime: Runtime, site: str, raw: bytes, outcome: str, told: Label | None = None) -> None:
    """Write down on the trace as it now is what became of word back."""

    def change(trace: Trace | None) -> Trace | None:
        if trace is None or not trace.guids:
            return trace
        return msgspec.structs.replace(trace, outcome=outcome, told=told or trace.told)

    akismet.change_trace(runtime.store, site, raw, change)


def _post(runtime: Runtime, blog: str, key: str, trace: Trace, label: Label) -> None:
    if callback_for(blog, trace.callback) != trace.callback:
        raise OutboundError("the callback is not on the blog's host")
    # WordPress knows a comment by the guid of its first check alone, others by that of the newest.
    guids = [guid.hex() for guid in reversed(trace.guids)]
    form = {"key": key, "endpoint": "comment-check"}
    for i, guid in enumerate(guids):
        form[f"comments[{i}][guid]"] = guid
        form[f"comments[{i}][result]"] = "true" if label == "spam" else "false"
    reply = request.post(
        trace.callback,
        urlencode(form).encode(),
        {"Content-Type": "application/x-www-form-urlencoded", "X-akismet-webhook": "1"},
        runtime.settings.outbound_allow,
    )
    if reply.status != 200:
        raise OutboundError(f"the site answered {reply.status}")
    if not any(_outcome(reply.body, guid) == "success" for guid in guids):
        raise OutboundError("the site could not change the comment")


def _outcome(body: bytes, guid: str) -> Any:
    try:
        return msgspec.json.decode(body)["comments"][guid]["status"]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, TypeError):
        return None


def _key(runtime: Runtime, account: str, blog: str, digest: str) -> str:
    """Return the key to speak to a site with, '' where nothing may be sent to it.

    It is the key that the site checked with, or the newest of its account where that one ended by
    rotation. One that was revoked is in the wrong hands: nothing is sent there, and least of all
    another key. Nor is anything sent to a blog that the operator refused.
    """
    known = akismet.blog(runtime.store, account, blog)
    key = akismet.key(runtime.store, digest)
    if known is None or known.revoked or key is None or key.account != account:
        return ""
    if is_over(key.expires_ms):
        every = akismet.all_keys(runtime.store).values()
        left = [key for key in every if key.account == account and not is_over(key.expires_ms)]
        key = max(left, key=lambda key: key.created_ms, default=None)
    return unseal(runtime.secret, key.sealed) if key else ""
