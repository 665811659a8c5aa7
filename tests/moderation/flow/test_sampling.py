"""Drawing at random: the same for a comment however it comes, and as often as the site says."""

from __future__ import annotations

from msgspec.structs import replace

from moderation.domain.sites import SiteSettings
from moderation.flow.authorise import authorise
from moderation.flow.comments import checking, draining
from moderation.flow.lookup import find
from moderation.flow.runtime import Runtime
from moderation.flow.sampling import drawn
from moderation.flow.sites import administering, first_run
from moderation.store import Store, codec, keys
from tests.factories import SITE, accept, submission, verdict, write

SECRET = b"a secret of these tests, long enough"
IDS = [codec.id_at(1_790_000_000_000 + n)[:6] + n.to_bytes(10, "big") for n in range(20_000)]


def share_of(share: float, status: str = "approved", **fields) -> float:
    settings = SiteSettings(audit_share=share)
    word = verdict(status, 0.1, **fields)
    times = [drawn(SECRET, raw, word, status, settings).audit for raw in IDS]
    assert set(times) <= {None, share}
    return sum(audit is not None for audit in times) / len(times)


def test_as_many_are_drawn_as_the_site_says() -> None:
    assert share_of(0.0) == 0.0
    assert share_of(1.0) == 1.0
    assert 0.017 < share_of(0.02) < 0.023
    assert 0.017 < share_of(0.02, "spam") < 0.023


def test_what_people_look_at_anyway_and_what_nobody_judged_is_not_drawn() -> None:
    assert share_of(1.0, "held") == 0.0
    assert share_of(1.0, decided_by="fail_mode") == 0.0
    assert share_of(1.0, decided_by="rule") == 1.0


def test_who_draws_with_another_secret_draws_others() -> None:
    settings = SiteSettings(audit_share=0.5)
    one, other = (
        [drawn(secret, raw, verdict(), "approved", settings).audit for raw in IDS[:100]]
        for secret in (SECRET, SECRET + b"!")
    )
    assert one != other


def test_a_check_and_a_worker_draw_alike_and_a_batch_like_one_alone(
    runtime: Runtime, store: Store
) -> None:
    administering.change_settings(
        store, SITE, lambda s: replace(s, hold=0.999998, reject=0.999999, audit_share=0.5)
    )
    grant = authorise(runtime, first_run.add_token(store, SITE, ("submit",), "t"), "submit")
    ids = [codec.new_id() for _ in range(40)]
    lane = keys.shard_of(SITE) % keys.LANES
    for raw in ids[:5]:
        accept(store, write(submission(), id=raw), site=SITE)
        draining.drain_lane(runtime, lane)
    accept(store, *(write(submission(), id=raw) for raw in ids[5:30]), site=SITE)
    draining.drain_lane(runtime, lane)
    for raw in ids[30:]:
        checking.check(runtime, grant, submission(), raw_id=raw)
    settings = SiteSettings(audit_share=0.5)
    found = []
    for raw in ids:
        stored = find(runtime, SITE, codec.id_text(raw)).verdict
        assert stored is not None
        found.append(stored.audit)
        assert stored.audit == drawn(runtime.secret, raw, verdict(), "approved", settings).audit
    assert {None, 0.5} == set(found)
    waiting = store.redis.zrange(keys.of_site(SITE).sample, 0, -1)
    assert waiting == sorted(raw for raw, audit in zip(ids, found, strict=True) if audit)


def test_a_site_that_observes_has_all_its_comments_drawn_from(
    runtime: Runtime, store: Store
) -> None:
    administering.change_settings(
        store,
        SITE,
        lambda s: replace(s, mode="observe", hold=0.000001, reject=0.999999, audit_share=1.0),
    )
    (done,) = accept(store, write(submission()), site=SITE)
    draining.drain_lane(runtime, keys.shard_of(SITE) % keys.LANES)
    stored = find(runtime, SITE, codec.id_text(done.id))
    assert stored.verdict is not None
    assert (stored.status, stored.verdict.status, stored.verdict.audit) == ("approved", "held", 1.0)
