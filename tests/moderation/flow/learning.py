"""A site that is taught, and what a process says that has just started."""

from __future__ import annotations

from moderation.flow.authorise import authorise
from moderation.flow.comments.checking import check
from moderation.flow.labels.deciding import Word
from moderation.flow.labels.teaching import teach
from moderation.flow.opening import open_runtime
from tests.factories import submission

WORD = Word("ann", "api")
PROBE = submission("A probe about pine tables and cheap watches at shop.example")


def texts(n, start=0):
    kinds = ("garden bench number {} in oak", "buy watches {} at watches.example")
    return [kinds[i % 2].format(i) for i in range(start, start + n)]


def learn_all(runtime, grant, contents):
    return [
        teach(runtime, grant, submission(text), ("ham", "spam")[i % 2], WORD).id
        for i, text in enumerate(contents)
    ]


def score(runtime, grant):
    return check(runtime, grant, PROBE, record=False).comment.verdict


def anew(settings, bearer):
    """Return the probe's verdict in a process that has just started."""
    fresh = open_runtime(settings)
    try:
        return score(fresh, authorise(fresh, bearer, "submit"))
    finally:
        fresh.close()
