"""Log-ins, attempts to log in, and the log of what people did."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from moderation.domain.accounts import User
from moderation.domain.people import Act, Session
from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

AUDIT_KEPT = 100_000
"""About how many entries of the audit log are kept."""

DECIDED_KEPT_MS = 2 * 86_400_000
"""How long it is kept how much a person decided on a day, after the last time."""

_session = msgspec.json.Decoder(Session).decode
_act = msgspec.json.Decoder(Act).decode
_user = msgspec.json.Decoder(User).decode


def put_session(store: Store, session: Session, ttl_ms: int, *, new: bool = True) -> bool:
    """Keep a log-in for so long from now on; False for one that is not new and was ended."""
    about = [ttl_ms, session.user, session.seen_ms, int(new)]
    words = [session.id, msgspec.json.encode(session), *about]
    names = [keys.session(session.id), keys.sessions(session.user), keys.SEEN]
    return bool(store.run("session", names, words))


def seen(store: Store) -> dict[str, int]:
    """Return when each person was seen last (ms since 1970)."""
    with store_errors():
        found = store.redis.hgetall(keys.SEEN)
    return {name.decode(): int(ms) for name, ms in found.items()}


def session_of(store: Store, digest: str, user: str) -> tuple[Session | None, User | None]:
    """Return a log-in and the account of the person it should be of, in one round trip."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        pipe.get(keys.session(digest))
        pipe.hget(keys.USERS, user)
        session, account = pipe.execute()
    return session and _session(session), account and _user(account)


def sessions(store: Store, user: str) -> list[Session]:
    """Return the log-ins of a person, the newest first; forget those that ran out."""
    with store_errors():
        digests = [digest.decode() for digest in store.redis.smembers(keys.sessions(user))]
        if not digests:
            return []
        pipe = store.redis.pipeline(transaction=False)
        for digest in digests:
            pipe.get(keys.session(digest))
        found = dict(zip(digests, pipe.execute(), strict=True))
        gone = [digest for digest, data in found.items() if data is None]
        if gone:
            store.redis.srem(keys.sessions(user), *gone)
    held = [_session(data) for data in found.values() if data is not None]
    return sorted(held, key=lambda session: -session.created_ms)


def end_sessions(store: Store, user: str, digests: Sequence[str]) -> int:
    """End log-ins of a person and return how many there were."""
    if not digests:
        return 0
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for digest in digests:
            pipe.delete(keys.session(digest))
        pipe.srem(keys.sessions(user), *digests)
        *ended, _ = pipe.execute()
    return sum(ended)


def count_attempt(store: Store, account: str, address: str, keep_ms: int) -> tuple[int, int]:
    """Count an attempt to log in and return how many there were: by account, by address."""
    names = [keys.attempts("account", account), keys.attempts("address", address)]
    by_account, by_address = store.run("attempts", names, [keep_ms])
    return int(by_account), int(by_address)


def forget_attempts(store: Store, *accounts: str) -> None:
    """Forget the attempts on an account, or on several things that are counted of one."""
    with store_errors():
        store.redis.delete(*(keys.attempts("account", account) for account in accounts))


def count_decided(store: Store, person: str, day: str, more: int) -> int:
    """Count comments that a person decided on a day (fewer where `more` is negative), and return
    how many there are, never below 0."""
    return int(store.run("decided", [keys.decided(day, person)], [more, DECIDED_KEPT_MS]))


def decided(store: Store, person: str, day: str) -> int:
    """Return how many comments a person decided on a day."""
    with store_errors():
        return int(store.redis.get(keys.decided(day, person)) or 0)


def note(store: Store, act: Act) -> None:
    """Put an entry at the end of the audit log."""
    store.run("audit", [keys.AUDIT], [AUDIT_KEPT, msgspec.json.encode(act)])


def drop_acts(store: Store, ids: Sequence[str]) -> int:
    """Take entries out of the audit log; return how many were there."""
    if not ids:
        return 0
    with store_errors():
        return int(store.redis.xdel(keys.AUDIT, *ids))


def acts(
    store: Store, before: str, number: int, unread: list[str] | None = None
) -> list[tuple[str, Act]]:
    """Return entries of the audit log with their ids, the newest first, before an id ('': all).

    With `unread` one that cannot be read says nothing, and its id is put there.
    """
    with store_errors():
        found = store.redis.xrevrange(keys.AUDIT, f"({before}" if before else "+", "-", number)
    return [(name.decode(), _read(name.decode(), fields[b"e"], unread)) for name, fields in found]


def _read(act_id: str, data: bytes, unread: list[str] | None) -> Act:
    try:
        return _act(data)
    except msgspec.DecodeError:
        if unread is None:
            raise
        unread.append(act_id)
        return Act(0, "", "")
