"""A site removed: nothing of it is left, nothing of another is touched, and no one gets in."""

from __future__ import annotations

import msgspec
import pytest

from moderation.domain.errors import NotAllowed, NotAuthorised, NotFound
from moderation.domain.jobs import Job
from moderation.domain.listed import Draft
from moderation.domain.reports import Disagreement
from moderation.flow import jobs
from moderation.flow.akismet import accounts, keys
from moderation.flow.authorise import authorise
from moderation.flow.comments import checking, draining
from moderation.flow.comments.submitting import submit
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.people import accounts as people
from moderation.flow.people.links import By
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sites import choosing, first_run, founding, removing
from moderation.store import Store, akismet, shadows, sites
from moderation.store import keys as names
from moderation.store import people as stored_people
from tests.factories import SITE, all_keys, contents, submission

BY = By("ann")
NEAR = next(
    name
    for name in (f"{SITE}.n{n}" for n in range(10_000))
    if names.shard_of(name) == names.shard_of(SITE)
)
"""A site of the same shard, whose name begins with that of the one that is removed."""
WORDS = "blog-of-its-own"


def kept(store: Store, site: str, but: tuple[str, ...] = ()) -> list[tuple[bytes, bytes]]:
    """Return each key and value in which a site is named, its name not being part of another."""
    found = []
    for key, read in contents(store):
        value = repr(read).encode()
        words = (key + b" " + value).replace(NEAR.encode(), b"")
        if site.encode() in words and key.decode("latin-1") not in but:
            found.append((key, value))
    return found


def fill(runtime: Runtime, site: str) -> str:
    """Give a site something of everything, and return a token of it."""
    store = runtime.store
    bearer = first_run.add_token(store, site, ("submit", "moderate"), "plugin")
    grant = authorise(runtime, bearer, "submit")
    for n in range(6):
        sent = submission(f"{WORDS} {n}", external_id=str(n))
        comment = checking.check(runtime, grant, sent).comment
        decide(runtime, site, comment.id, "spam" if n % 2 else "ham", Word("ann", "api"), None)
    checking.check(runtime, grant, submission("another text", external_id="1"))
    submit(runtime, grant, [submission("scored")], idempotency_key="k", body=b"x")
    draining.drain_lane(runtime, names.shard_of(site) % names.LANES)
    submit(runtime, grant, [submission("it waits")])
    choosing.put_list(store, site, [Draft("words", "cheap kilns", "hold")], BY, None)
    choosing.put_settings(
        store, site, lambda known: msgspec.structs.replace(known, hold=0.3), BY
    )  # fmt: skip
    choosing.hold_everything(store, site, now_ms() + 60_000, BY)
    jobs.begin(runtime, "withdrawal", "ann", site, {"by": "ann", "site": site})
    seen = Disagreement(site, comment.id, "held", "spam", 0.5, 0.9)
    shadows.note(store, 1, {site: b"x" * 16}, [seen], [seen])
    store.redis.zadd(names.AKISMET_TELL, {f"{site}/{comment.id}": 1})
    store.redis.hset(names.AKISMET_TRIES, f"{site}/{comment.id}", 1)
    return bearer


def remove(runtime: Runtime, site: str = SITE) -> Job:
    begun = removing.begin(runtime, site, BY, send=False)
    removing.work_on(runtime, begun.id)
    job = jobs.find(runtime, begun.id)
    assert job.state == "succeeded", job.error
    return job


@pytest.fixture
def near(runtime: Runtime) -> str:
    """Return a token of the site beside, which has the same of everything."""
    first_run.add_site(runtime.store, NEAR)
    return fill(runtime, NEAR)


def test_nothing_of_a_site_is_left_and_nothing_of_another_is_gone(
    runtime: Runtime, near: str
) -> None:
    store = runtime.store
    people.add(store, "vic", "a long password", "moderator", [SITE, NEAR], BY)
    fill(runtime, SITE)
    beside = {key for key in all_keys(store) if NEAR.encode() in key}
    assert len(kept(store, SITE)) > 20
    job = remove(runtime)
    assert job.result is not None
    assert job.result["keys"] > 20
    may_say = (names.AUDIT, names.SITES_GONE, names.job(job.id))
    assert kept(store, SITE, may_say) == []
    assert {key for key in all_keys(store) if NEAR.encode() in key} == beside
    assert sites.names(store) == [NEAR]
    assert people.account(store, "vic").sites == (NEAR,)
    assert choosing.listed(store, NEAR).entries
    grant = authorise(runtime, near, "submit")
    assert checking.check(runtime, grant, submission("beside")).recorded
    acts = [(act.what, act.site) for _, act in stored_people.acts(store, "", 50)]
    assert ("site_removed", SITE) in acts


@pytest.mark.parametrize("anew", [False, True])
def test_no_process_lets_in_who_had_a_token_of_it(
    runtime: Runtime, other: Runtime, bearer: str, anew: bool
) -> None:
    """A process that knew token and site takes in nothing, also where one is made of the name."""
    for process in (runtime, other):
        grant = authorise(process, bearer, "submit", fresh=False)
        assert checking.check(process, grant, submission("before")).recorded
        submit(process, grant, [submission("before")])
    remove(runtime)
    if anew:
        founding.make(runtime.store, SITE, BY)
    for process in (other, runtime):
        for does in (
            lambda p, g: checking.check(p, g, submission("after")),
            lambda p, g: submit(p, g, [submission("after")]),
        ):
            with pytest.raises((NotAuthorised, NotAllowed)):
                does(process, authorise(process, bearer, "submit", fresh=False))
    prefix = names.of_site(SITE).meta.encode()
    left = [key for key in all_keys(runtime.store) if key.startswith(prefix)]
    assert left == ([prefix] if anew else [])


def test_a_site_made_anew_begins_with_nothing(runtime: Runtime, other: Runtime) -> None:
    """What processes know of the one before is not taken for what they know of the new one."""
    bearer = fill(runtime, SITE)
    checking.check(other, authorise(other, bearer, "submit"), submission("one more"))
    before = sites.read(runtime.store, SITE)
    remove(runtime)
    founding.make(runtime.store, SITE, BY)
    state = sites.read(runtime.store, SITE)
    assert (state.labels, state.epoch > before.epoch) == (0, True)
    assert state.settings > before.settings and state.tokens > before.tokens
    token = first_run.add_token(runtime.store, SITE, ("submit",), "new")
    fresh = checking.check(other, authorise(other, token, "submit"), submission(f"{WORDS} 1"))
    assert fresh.comment.revision == 1
    assert fresh.comment.verdict is not None
    assert fresh.comment.verdict.model.endswith(f"+0.{state.epoch}")
    assert choosing.settings(runtime.store, SITE).hold is None


def test_its_akismet_keys_open_nothing_and_make_it_no_second_time(runtime: Runtime) -> None:
    store, secret = runtime.store, runtime.secret
    account, key = accounts.create_account(store, secret, SITE)
    blog = accounts.allow_blog(store, secret, account, "https://a.example")
    shared, _ = accounts.create_account(store, secret, "many")
    kept_blog = accounts.allow_blog(store, secret, shared, "https://b.example")
    going = accounts.allow_blog(store, secret, shared, "https://c.example")
    own = akismet.blogs(store, account.id)[blog].site
    remove(runtime, own)
    assert [one.id for one in akismet.accounts(store)] == [shared.id]
    assert akismet.key(store, keys.key_digest(secret, key)) is None
    remove(runtime, akismet.blogs(store, shared.id)[going].site)
    blogs = akismet.blogs(store, shared.id)
    assert (blogs[going].revoked, blogs[kept_blog].revoked) == (True, False)


def test_a_removal_that_was_cut_off_goes_on(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(runtime, SITE)
    ended = removing.removals.end

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(removing.removals, "end", killed)
    with pytest.raises(KeyboardInterrupt):
        remove(runtime)
    assert sites.standing(runtime.store, SITE)[1]
    monkeypatch.setattr(removing.removals, "end", ended)
    job = remove(runtime)
    may_say = {names.AUDIT, names.SITES_GONE, names.job(job.id)}
    left = {key.decode("latin-1") for key, _ in kept(runtime.store, SITE)} - may_say
    assert all(key.startswith("{winnow}:job:") for key in left)


def test_only_a_site_that_is_there_is_removed_and_once(runtime: Runtime) -> None:
    with pytest.raises(NotFound):
        removing.begin(runtime, "nowhere.example", BY)
    first = removing.begin(runtime, SITE, BY)
    assert removing.begin(runtime, SITE, BY).id == first.id
    removing.work_on(runtime, first.id)
    assert jobs.find(runtime, first.id).state == "succeeded"
    with pytest.raises(NotFound):
        removing.begin(runtime, SITE, BY)
    founding.make(runtime.store, SITE, BY)
    removing.work_on(runtime, first.id)
    assert sites.names(runtime.store) == [SITE]
