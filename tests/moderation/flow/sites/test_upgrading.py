"""A store of the layout before gets what this version keeps of authors and of what is alike."""

from __future__ import annotations

from moderation.flow.people import records
from moderation.flow.review import likeness
from moderation.flow.runtime import Runtime
from moderation.flow.sites import upgrading
from moderation.store import Store, codec, keys, schema
from moderation.store.comments import reading
from tests.factories import SITE, accept, submission, verdict, write

ANN = {"name": "Ann", "email": "ann@mail.example", "ip": "203.0.113.7"}
TEXT = "If anyone needs a used {}, my cousin has great prices, just message on WhatsApp today"


def test_comments_of_before_are_known_by_author_and_by_likeness(
    runtime: Runtime, store: Store
) -> None:
    sent = [
        write(submission(TEXT.format(thing), author=ANN), status=status, verdict=verdict(status))
        for thing, status in (("kiln", "held"), ("wheel", "held"), ("bike", "approved"))
    ]
    done = accept(store, *sent)
    ids = [one.id for one in done]
    held = reading.get(store, SITE, min(ids[:2]))
    assert held is not None
    assert records.known_of(runtime, [held]) == [None]
    for _ in range(2):  # The second time as after one that was cut short.
        store.redis.set(keys.SCHEMA, 3)
        said: list[str] = []
        assert upgrading.migrate(store, runtime.secret, said.append) == schema.VERSION - 3
        assert any("3 comments noted" in line for line in said)
        (known,) = records.known_of(runtime, [held])
        assert known is not None
        assert sorted(known.strip) == ["approved", "held", "held"]
        assert (known.approved, known.spam) == (1, 0)
        alike = [codec.id_bytes(c.id) for c in likeness.listed(runtime, held)]
        assert alike == sorted(ids[:2])
    assert schema.stored(store) == schema.VERSION
