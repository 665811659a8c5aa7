"""Made-up comments: as many as asked for, the same again, beside no real ones."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.flow.comments import reading
from moderation.flow.comments.reading import Filter
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.seed import seeding
from moderation.flow.seed.wording import plausible
from moderation.store import search as stored
from tests.factories import SITE, accept, submission, write


def quiet(*_: Any) -> None:
    pass


def comments(runtime: Runtime) -> dict[str, Any]:
    page = reading.list_comments(runtime, SITE, Filter(), "", 1000)
    return {c.submission.external_id: c for c in page.comments}


def test_comments_have_verdicts_decisions_languages_and_times(runtime: Runtime) -> None:
    shown: list[tuple[int, int]] = []
    done = seeding.seed(runtime, SITE, 400, lambda _, n, of, __: shown.append((n, of)))
    assert done == 400 and shown == [(400, 400)]
    found = comments(runtime)
    assert len(found) == 400 and all(c.verdict for c in found.values())
    assert {c.status for c in found.values()} >= {"approved", "spam"}
    assert sum(c.decision is not None for c in found.values()) == 400 // seeding.DECIDED_EVERY
    assert len({c.submission.language for c in found.values()}) > 6
    times = [found[f"seed-{n}"].created_ms for n in range(400)]
    assert times == sorted(times)
    year = seeding.DAYS * 86_400_000
    assert now_ms() - year - 60_000 < times[0] < times[-1] <= now_ms()


def test_a_run_goes_on_where_the_one_before_was_cut_off(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "_BATCH", 100)

    class CutOff(Exception):
        pass

    def cut(_: str, done: int, *__: Any) -> None:
        if done == 200:
            raise CutOff

    with pytest.raises(CutOff):
        seeding.seed(runtime, SITE, 300, cut)
    before = comments(runtime)
    assert len(before) == 200
    assert seeding.seed(runtime, SITE, 300, quiet) == 100
    after = comments(runtime)
    assert {name: after[name].id for name in before} == {n: c.id for n, c in before.items()}
    assert stored.count(runtime.store, [SITE]) == len(after) == 300
    assert seeding.seed(runtime, SITE, 300, quiet) == 0


def test_the_same_number_is_the_same_comment() -> None:
    assert plausible(7) == plausible(7) != plausible(8)
    made = [plausible(n) for n in range(2000)]
    assert 0.2 < sum(one.label == "spam" for one in made) / len(made) < 0.4
    assert not any("{" in one.submission.content for one in made)


def test_real_comments_are_seen(runtime: Runtime) -> None:
    assert not seeding.holds_real_comments(runtime, SITE)
    seeding.seed(runtime, SITE, 150, quiet)
    assert not seeding.holds_real_comments(runtime, SITE)
    accept(runtime.store, write(submission()))
    assert seeding.holds_real_comments(runtime, SITE)
