"""The audit log: who did what, when, from where."""

from __future__ import annotations

from moderation.domain.people import Act
from moderation.flow.runtime import Runtime
from moderation.store import people

_CHUNK, _CHUNKS = 200, 10


def acts(runtime: Runtime, who: str, what: str, before: str, number: int) -> tuple[list[Act], str]:
    """Return the newest entries of a person and of a kind ('': of all), before an id.

    The second value is the id to go on before, '' at the end. No more than 2,000 entries are
    looked at, so that a page may be short and not be the last.
    """
    found: list[Act] = []
    for _ in range(_CHUNKS):
        chunk = people.acts(runtime.store, before, _CHUNK)
        for before, act in chunk:
            if (not who or act.who == who) and (not what or act.what == what):
                found.append(act)
            if len(found) == number:
                return found, before
        if len(chunk) < _CHUNK:
            return found, ""
    return found, before
