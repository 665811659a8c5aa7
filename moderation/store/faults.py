"""What the errors of the client and of the server mean for who asks, and for the connection."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from types import TracebackType

from redis import exceptions as failures

from moderation.domain.errors import StoreDown, StoreFull, StoreSilent, WinnowError, WrongStore
from moderation.minutely import Minutely

log = logging.getLogger(__name__)

_said = Minutely()

# The words that a server's errors begin with.
_ELSEWHERE = frozenset((
    "READONLY", "MASTERDOWN", "NOREPLICAS", "LOADING", "CLUSTERDOWN", "MOVED", "ASK", "UNBLOCKED",
))  # fmt: skip
"""This server does not serve, or not any more: another may stand behind the same address now."""
_BUSY = frozenset(("BUSY", "UNKILLABLE", "TRYAGAIN", "NOPERM"))
_FULL = {"OOM": "no memory or disk", "MISCONF": "no disk"}

_GONE = (failures.ConnectionError, failures.TimeoutError, failures.InvalidResponse)
"""There is no server, it does not answer in time, or what answers is none."""


A_CLUSTER = "the store is a Cluster: write redis+cluster:// in its address"
NO_CLUSTER = "the store is no Cluster: write redis:// in its address, not redis+cluster://"
A_SENTINEL = (
    "the store's address leads to a Sentinel: write redis+sentinel:// and the name of the primary "
    "in it (docs/many-servers.md)"
)
NO_SENTINEL = (
    "what the store's address names as a Sentinel is none: name the Sentinels (their port is 26379 "
    "as a rule), or write redis:// for one server and redis+cluster:// for a Cluster"
)
UNKNOWN_NAME = (
    "the Sentinels know no primary by the name in the store's address: write there what they call "
    "it (redis-cli -p 26379 SENTINEL MASTERS)"
)
NO_DATABASE = "the store has no database of the number in its address: they begin with 0"


class WrongKind(failures.ConnectionError):
    """What answers is not of the kind that the address says; says what to write instead."""


class Unreadable(failures.ConnectionError):
    """A file that the address names for TLS cannot be read; says by which word."""


_BY_TLS = re.compile(
    r"\[(?:SSL|X509|PEM|ASN1)\b(?!: UNEXPECTED_EOF)[^]]{0,80}\] "
    r"(certificate verify failed: )?([\w -]{1,80})"
)
"""What OpenSSL says in an error's text, up to the name that it may quote: where it asked several
servers the client passes on the text alone. That a server went away is no fault of TLS."""


def _silence(error: BaseException) -> StoreDown:
    """Return that a server is not heard, and why, as far as an operator can mend it."""
    for behind in _chain(error):
        if isinstance(behind, WrongKind):
            return WrongStore(str(behind))
        if "cluster support disabled" in str(behind):
            return WrongStore(NO_CLUSTER)
        if isinstance(behind, failures.AuthenticationError):
            return StoreDown(
                "user and password in the store's address are missing, wrong, or of no use there "
                f"({word_of(behind) or 'AUTH'})"
            )
        if isinstance(behind, Unreadable):
            return StoreDown(f"the file that the store's address names as {behind} cannot be read")
        # What a server says may quote what it was sent.
        said = None if isinstance(behind, failures.ResponseError) else _BY_TLS.search(str(behind))
        if said is not None:
            refused, words = said.groups()
            if refused:
                return StoreDown(f"the certificate of the store is refused ({words.strip()})")
            return StoreDown(
                f"TLS with the store fails ({words.strip()}): see the files and ssl_password in "
                "its address, and whether the server speaks TLS"
            )
    return StoreSilent("the store does not answer")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it, each once: they may stand in a ring."""
    behind: BaseException | None = error
    seen: set[int] = set()
    while behind is not None and id(behind) not in seen:
        seen.add(id(behind))
        yield behind
        behind = behind.__cause__ or behind.__context__


def word_of(error: failures.RedisError) -> str:
    """Return the word that a server's error begins with; '' for an error of the client's own."""
    if error.status_code is None and isinstance(error, failures.ResponseError):
        return str(error).partition(" ")[0]
    return error.status_code or ""


def ends_connection(error: failures.RedisError) -> bool:
    """Say whether other connections to the same address may lead to a better server by now.

    A time-out does not: only the command that was slow need be blamed for it.
    """
    return isinstance(error, failures.ConnectionError) or word_of(error) in _ELSEWHERE


def fault(error: failures.RedisError) -> WinnowError | None:
    """Return what an error says of the store; None where it says something of what was asked."""
    word = word_of(error)
    if word in _FULL:
        return StoreFull("the store is full")
    if not isinstance(error, _GONE) and word not in _ELSEWHERE | _BUSY:
        return None
    if not word or isinstance(error, failures.AuthenticationError):
        return _silence(error)
    return StoreDown(f"the store refuses what is sent ({word})")


def is_away(answer: object) -> bool:
    """Say whether an answer of several is an error of a server that does not serve now.

    Raises:
        RedisError: it is an error that says something of what was asked.
    """
    if not isinstance(answer, failures.RedisError):
        return False
    if fault(answer) is None:
        raise answer
    return True


def is_full(error: BaseException) -> bool:
    """Say whether an error of the client or a server means that the server has no room."""
    return isinstance(error, failures.RedisError) and word_of(error) in _FULL


def is_silence(error: object) -> bool:
    """Say whether an answer is a client's error: nothing was heard of the server in time."""
    return isinstance(error, TimeoutError | failures.TimeoutError)


class store_errors:  # noqa: N801 - it is used as a function is
    """Turns errors of the client and the server in it into `StoreDown` and `StoreFull`.

    A generator as context takes five times as long, at each call of the store.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if not isinstance(error, failures.RedisError):
            return
        found = fault(error)
        if found is None:
            return
        if isinstance(found, StoreFull):
            _say(_FULL[word_of(error)])
        raise found from error


def _say(why: str) -> None:
    """Log that the store refused a write, at most once a minute in a process."""
    if _said.due("full") is not None:
        log.error("the store is full (%s) and refuses comments: docs/operating.md", why)
