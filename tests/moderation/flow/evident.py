"""A site whose comments are published, and what a process has learned of it to the last bit."""

from __future__ import annotations

from classifier import Learner
from moderation.domain.errors import NotFound
from moderation.flow.comments.checking import check
from moderation.flow.labels import learning
from moderation.flow.lookup import find
from moderation.flow.opening import open_runtime
from moderation.flow.rows import training_row
from moderation.store import labels, sites
from tests.factories import SITE, submission

CHAT = (
    "Our cat did the same until we moved her bowl away from the window.",
    "The bearing was worn on ours as well, we changed it in an afternoon.",
    "I grew up two streets from that bakery and still miss the rye loaf.",
    "Does this work with the older firmware? Mine stops at the second reboot.",
    "Der zweite Absatz stimmt so nicht, die alte Brücke stand noch lange.",
    "We take the early train for that reason, it is half empty and on time.",
    "Agreed on tests first, though the fixture in this one looks too clever.",
    "The heron was back on the weir this morning, standing where it always does.",
)


def post(runtime, grant, text, **fields):
    fields.setdefault("author", {"name": text.split()[1]})
    return check(runtime, grant, submission(text, **fields)).comment


def posted(runtime, grant, *texts):
    return [post(runtime, grant, text) for text in texts or CHAT]


def log(runtime, site=SITE):
    return labels.entries(runtime.store, site, 0, sites.read(runtime.store, site).labels)


def kept(runtime):
    """Return the ids of the comments that are kept as evidence."""
    return [e.example.comment for e in log(runtime) if e.kind == "kept"]


def holding(runtime, ids):
    """Return what a learner knows of what holds by what the comments themselves say of it."""
    entries = {e.seq: e for e in log(runtime)}
    found = {}
    for comment_id in ids:
        try:
            comment = find(runtime, SITE, comment_id)
        except NotFound:
            continue
        entry = entries.get(comment.active_label)
        if entry is not None and entry.example is not None:
            found[entry.seq] = entry
    with_a_label = {
        seq
        for e in found.values()
        if e.kind == "label"
        for seq in range(e.seq - e.kept, e.seq)
    }  # fmt: skip
    learner = Learner(runtime.shipped)
    for seq, entry in sorted(found.items()):
        row = training_row(entry.example.row)
        if entry.kind == "label":
            learner.learn(row, entry.label, entry.how)
        elif seq in with_a_label:
            learner.keep(row, entry.example.stands_for)
    return learner.to_bytes()


def known(runtime):
    """Return what a process has learned of the site, to the last bit, once it has caught up."""
    learner = learning.context(runtime, SITE, sites.read(runtime.store, SITE)).learner
    return (learner or Learner(runtime.shipped)).to_bytes()


def known_anew(settings):
    """Return what a process that has just started has learned of the site."""
    fresh = open_runtime(settings)
    try:
        return known(fresh)
    finally:
        fresh.close()


def everything(client):
    """Return all that the store holds, by name."""
    read = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"zset": lambda name: client.zrange(name, 0, -1),
        b"stream": client.xrange,
        b"list": lambda name: client.lrange(name, 0, -1),
    }
    return {name: repr(read[client.type(name)](name)) for name in client.keys("*")}
