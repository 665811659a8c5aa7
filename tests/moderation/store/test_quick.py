"""What scripts do in their own quick way is what the server's own ways and the plain rule say."""

from __future__ import annotations

import random
from importlib.resources import files

from moderation.store import Store

QUICK = (files("moderation.store.scripts") / "quick.lua").read_text()


def test_digits_are_those_that_the_server_writes(store: Store) -> None:
    script = f"{QUICK} local a = {{}} for n = 0, 70000 do a[n + 1] = quick_digits(n) end return a"
    assert store.redis.eval(script, 0) == [b"%d" % n for n in range(70_001)]


def is_alike(a: bytes, b: bytes) -> bool:
    """Return what is promised: of the places in which either has something three in five agree."""
    either = [(x, y) for x, y in zip(a, b, strict=True) if x or y]
    same = sum(x == y for x, y in either)
    return same > 0 and same * 5 >= len(either) * 3


def test_sketches_are_alike_by_the_rule_wherever_they_begin(store: Store) -> None:
    chance = random.Random(4)
    pairs = [(bytes(24), bytes(24))]
    for _ in range(4000):
        a = bytearray(chance.choice([0, 1, 2, 3, 255]) for _ in range(24))
        b = bytearray(a)
        for place in chance.sample(range(24), chance.randint(0, 14)):
            b[place] = chance.choice([0, 1, 2, 3, 255])
        pairs.append((bytes(a), bytes(b)))
    script = f"""{QUICK} local found = {{}}
        for n = 1, #ARGV, 2 do
          found[#found + 1] = quick_alike(ARGV[n], 1, '..' .. ARGV[n + 1], 3) and 1 or 0
        end
        return found"""
    found = [
        answer
        for at in range(0, len(pairs), 1000)
        for answer in store.redis.eval(script, 0, *[w for p in pairs[at : at + 1000] for w in p])
    ]
    assert found == [int(is_alike(a, b)) for a, b in pairs]
    assert 200 < sum(found) < 3800
