"""A person erased: nothing is left in any key, in the index of searches or in the store's file."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from moderation.domain.errors import Conflict, InvalidInput, NotFound
from moderation.domain.listed import Draft
from moderation.domain.people import Act
from moderation.domain.sites import SiteSettings
from moderation.flow import jobs
from moderation.flow.comments.checking import check
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.lookup import find
from moderation.flow.privacy import erasing, finding
from moderation.flow.privacy.person import asked_for
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.search import folders
from moderation.flow.search.following import Indexer
from moderation.flow.sites import choosing, first_run
from moderation.store import authors, checkpoints, codec, compaction, keys, labels, sites
from moderation.store import people as stored_people
from tests.factories import SITE, put_settings, submission
from tests.moderation.flow.models.taught import grant_of
from tests.moderation.flow.privacy.lived import (
    BY,
    EMAIL,
    ID,
    IP,
    NAME,
    OTHER_SITE,
    PERSON,
    WORD,
    begin,
    erase,
    indexed,
    learner,
    left,
    left_on_disk,
    mixed,
    never_saw,
    others,
    teach,
    teach_as,
    theirs,
    write,
)

MODERATOR = Word("ann", "console")


@pytest.fixture
def both(runtime: Runtime) -> Runtime:
    """Return an installation with a second site, of another shard."""
    first_run.add_site(runtime.store, OTHER_SITE)
    return runtime


def keep_index(runtime: Runtime) -> Path:
    """Make the index of searches, and return its folder."""
    folder = folders.root(runtime.settings)
    assert folder is not None
    assert Indexer(runtime.store, folder, Event()).make()
    return folder


def written_file(runtime: Runtime) -> Path:
    """Return the folder of the server's append-only file."""
    return Path(runtime.store.redis.config_get("dir")["dir"]) / "appendonlydir"


EVIDENT = 6


def lived(runtime: Runtime, all_of_them: int, of_the_person: int) -> str:
    """Let the person write so many comments of all on two sites; return one of his that was
    labelled."""
    many = mixed(all_of_them, of_the_person - EVIDENT)
    labelled = all_of_them // 10
    # What was published before somebody labels becomes evidence: here the person's alone.
    put_settings(runtime.store, SITE, SiteSettings(hold=0.999998, reject=0.999999))
    write(runtime, SITE, [theirs(100_000 + n) for n in range(EVIDENT)])
    shown = check(runtime, grant_of(runtime, SITE), others(0)).comment.id
    decide(runtime, SITE, shown, "spam", MODERATOR, None)
    write(runtime, SITE, many[:labelled])
    taught = many[labelled : 2 * labelled]
    ids = teach(runtime, SITE, taught)
    write(runtime, SITE, many[2 * labelled : 6 * labelled])
    teach(runtime, OTHER_SITE, many[6 * labelled : 7 * labelled])
    write(runtime, OTHER_SITE, many[7 * labelled :])
    return ids[[one.author for one in taught].index(PERSON)]


def whole(runtime: Runtime, all_of_them: int, of_the_person: int) -> None:
    """Erase the person, and look everywhere."""
    expired = lived(runtime, all_of_them, of_the_person)
    # A label whose comment has expired, a revision that somebody else wrote over.
    redis, prefix = runtime.store.redis, keys.of_site(SITE).comment.encode()
    redis.delete(prefix + codec.id_bytes(expired))
    write(
        runtime, SITE, [submission("Written over", external_id="p-over", author={"email": EMAIL})]
    )
    write(runtime, SITE, [submission("by somebody", external_id="p-over")])
    folder, appended = keep_index(runtime), written_file(runtime)
    assert indexed(folder) >= {EMAIL.lower(), "quillfeather", WORD}
    assert left_on_disk(appended)
    assert {trace for _, trace in left(runtime)} >= {EMAIL.lower(), IP, ID, NAME.lower(), WORD}
    expected = {site: never_saw(runtime, site) for site in (SITE, OTHER_SITE)}
    epochs = {site: sites.read(runtime.store, site).epoch for site in expected}
    noted: list[tuple[str, int, int]] = []
    began = monotonic()
    job = begin(runtime, email=EMAIL.upper())
    erasing.work_on(runtime, job.id, lambda s, n, of, _: noted.append((s, n, of)), here=True)
    print(f"erased in {monotonic() - began:.1f} s among {all_of_them:,} comments")
    done = jobs.find(runtime, job.id)
    assert (done.state, done.error) == ("succeeded", "")
    assert left(runtime) == []
    assert indexed(folder) == set()
    assert left_on_disk(folder) == []
    assert left_on_disk(appended) == []
    for site, bytes_of_it in expected.items():
        assert learner(runtime, site) == bytes_of_it
        assert sites.read(runtime.store, site).epoch > epochs[site]
        (newest, *_) = checkpoints.kept(runtime.store, site, runtime.shipped.name)
        assert checkpoints.read(runtime.store, site, newest) == bytes_of_it
    assert done.result is not None
    one_expired = one_written_over = 1
    assert done.result["comments"] == of_the_person - one_expired + one_written_over
    assert done.result["labels"] >= of_the_person // 5 - 2
    assert done.result["evidence"] > 0
    assert (done.result["sites"], done.result["left"]) == (sorted([SITE, OTHER_SITE]), 0)
    assert done.result["search"] == "made anew"
    assert (done.result["append_only_file"], done.result["store"]) == ("rewritten", "outside")
    stages = list(dict.fromkeys(stage for stage, _, _ in noted))
    assert stages[0] == "erasing"
    assert {"unlearning", "writing the append-only file anew"} & set(stages)
    assert all(of >= n for _, n, of in noted if of)


def test_nothing_is_left_of_a_person_among_many(both: Runtime) -> None:
    whole(both, 2_000, 50)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nothing_is_left_of_a_person_among_very_many(both: Runtime) -> None:
    whole(both, 100_000, 500)


def test_a_learner_is_as_that_of_a_site_that_never_saw_them(both: Runtime) -> None:
    """To the last bit: the other site was taught the same in the same order, without his."""
    many = [(one, ("ham", "spam")[n % 2]) for n, one in enumerate(mixed(300, 60))]
    teach_as(both, SITE, many)
    teach_as(both, OTHER_SITE, [pair for pair in many if pair[0].author != PERSON])
    assert learner(both, SITE) != learner(both, OTHER_SITE)
    erase(both, email=EMAIL, site=SITE)
    assert learner(both, SITE) == learner(both, OTHER_SITE)


def test_others_are_left_as_they_were(both: Runtime) -> None:
    write(both, SITE, mixed(100, 10))
    teach(both, OTHER_SITE, [others(n) for n in range(900, 920)])
    beside = learner(both, OTHER_SITE)
    state = sites.read(both.store, OTHER_SITE)
    comments = sum(both.store.redis.zcard(name) for name in keys.of_site(SITE).by_status)
    job = erase(both, email=EMAIL)
    assert job.result is not None
    assert (job.result["comments"], job.result["sites"]) == (10, [SITE])
    after = sum(both.store.redis.zcard(name) for name in keys.of_site(SITE).by_status)
    assert comments - after == 10
    assert learner(both, OTHER_SITE) == beside
    assert sites.read(both.store, OTHER_SITE) == state


@pytest.mark.parametrize(
    ("person", "gone"),
    [
        ({"email": "  MABEL.quill@post.EXAMPLE "}, {"email", "both"}),
        ({"ip": "2001:db8:0:0:0:0:0:7"}, {"ip", "both"}),
        ({"author_id": "u-1", "site": SITE}, {"id"}),
        ({"email": EMAIL, "ip": "2001:db8::7"}, {"email", "ip", "both"}),
        ({"email": "nobody@post.example"}, set()),
    ],
)
def test_whatever_leads_to_a_person_is_taken_and_nothing_else(
    both: Runtime, person: dict[str, str], gone: set[str]
) -> None:
    grants = {site: grant_of(both, site) for site in (SITE, OTHER_SITE)}
    wrote = {
        "email": ({"email": EMAIL}, SITE),
        "ip": ({"ip": "2001:DB8::7"}, OTHER_SITE),
        "id": ({"id": "u-1"}, SITE),
        "both": ({"email": EMAIL, "ip": "2001:db8::7"}, OTHER_SITE),
        "same id elsewhere": ({"id": "u-1"}, OTHER_SITE),
        "somebody": ({"email": "other@post.example", "ip": "2001:db8::8"}, SITE),
    }
    ids = {
        name: (site, check(both, grants[site], submission(name, author=author)).comment.id)
        for name, (author, site) in wrote.items()
    }
    erase(both, **person)
    left_over = set()
    for name, (site, comment) in ids.items():
        try:
            find(both, site, comment)
            left_over.add(name)
        except NotFound:
            pass
    assert set(wrote) - left_over == gone


def test_an_authors_id_means_nothing_without_its_site(both: Runtime) -> None:
    for wrong in ({}, {"author_id": "u-1"}, {"email": " "}, {"email": EMAIL, "site": "no.example"}):
        with pytest.raises(InvalidInput):
            asked_for(both, **wrong)
    assert asked_for(both, author_id="u-1", site=SITE).site == SITE


def test_of_one_site_there_need_be_no_word(runtime: Runtime) -> None:
    assert asked_for(runtime, author_id="u-1").site == SITE


def test_records_and_words_in_the_audit_log_go_and_lists_are_counted(both: Runtime) -> None:
    store = both.store
    write(both, SITE, [theirs(n) for n in range(5)])
    hashes = finding.sought(both.secret, asked_for(both, email=EMAIL)).hashes
    known = [(SITE, authors.who(found), b"") for found in hashes.values()]
    assert authors.read(store, known) != [None]
    for note in (f"wrote to {EMAIL.lower()}", f"{EMAIL}.", f"x{EMAIL}", "no one"):
        stored_people.note(store, Act(now_ms(), "ann", "promoted", "", "", "model", note))
    choosing.put_list(store, SITE, [Draft("email", EMAIL, "spam")], BY, None)
    job = erase(both, email=EMAIL)
    assert job.result is not None
    assert (job.result["audit_entries"], job.result["list_entries"]) == (2, 1)
    notes = [act.note for _, act in stored_people.acts(store, "", 50) if act.note]
    assert notes == ["no one", f"x{EMAIL}"]
    assert authors.read(store, known) == [None]
    acts = [(act.who, act.what, act.about) for _, act in stored_people.acts(store, "", 50)]
    assert ("root", "person_erased", job.id) in acts


def test_a_job_keeps_nothing_that_can_be_read(both: Runtime) -> None:
    job = begin(both, email=EMAIL, ip=IP)
    assert left(both) == []
    assert begin(both, ip=IP, email=EMAIL.lower()).id == job.id, "it is asked for once"
    assert begin(both, email=EMAIL).id != job.id
    erasing.work_on(both, job.id, here=True)
    done = jobs.find(both, job.id)
    assert (done.asked["sealed"], done.asked["who"]) == ("", "")


def test_what_is_asked_for_twice_finds_nothing_more(both: Runtime) -> None:
    teach(both, SITE, mixed(40, 10))
    first = erase(both, email=EMAIL)
    before, state = learner(both, SITE), sites.read(both.store, SITE)
    again = erase(both, email=EMAIL)
    assert first.result is not None and again.result is not None
    assert (first.result["labels"], again.result["labels"]) == (10, 0)
    assert again.result["sites"] == []
    assert (learner(both, SITE), sites.read(both.store, SITE)) == (before, state)


def test_a_worker_leaves_the_rest_to_a_later_turn(
    both: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "A_TURN_SECONDS", 0.0)
    monkeypatch.setattr(finding, "AT_ONCE", 20)
    teach(both, SITE, mixed(100, 10))
    write(both, OTHER_SITE, mixed(100, 10))
    expected = never_saw(both, SITE)
    job, turns = begin(both, email=EMAIL), 0
    while not jobs.find(both, job.id).is_over:
        erasing.work_on(both, job.id)
        turns += 1
        assert turns < 100
    done = jobs.find(both, job.id)
    assert done.result is not None, done.error
    assert (done.result["comments"], done.result["labels"]) == (20, 10)
    assert turns > 10
    assert learner(both, SITE) == expected
    assert left(both) == []


def test_one_that_has_begun_is_not_cancelled(
    both: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "A_TURN_SECONDS", 0.0)
    waiting = begin(both, email="somebody@post.example")
    assert jobs.cancel(both, waiting.id).state == "cancelled"
    teach(both, SITE, mixed(40, 10))
    job = begin(both, email=EMAIL)
    erasing.work_on(both, job.id)
    with pytest.raises(Conflict):
        jobs.cancel(both, job.id)
    while not jobs.find(both, job.id).is_over:
        erasing.work_on(both, job.id)
    assert jobs.find(both, job.id).state == "succeeded"


def test_ctrl_c_leaves_it_to_be_taken_up_again(
    both: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    teach(both, SITE, mixed(40, 10))
    expected = never_saw(both, SITE)
    job = begin(both, email=EMAIL)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(erasing.rebuilding, "rebuild", stop)
        erasing.work_on(both, job.id, here=True)
    assert not jobs.find(both, job.id).is_over
    erasing.work_on(both, job.id, here=True)
    assert jobs.find(both, job.id).state == "succeeded"
    assert learner(both, SITE) == expected
    assert compaction.stale(both.store, [SITE]) == [0]
    end = sites.read(both.store, SITE).labels
    kinds = {entry.kind for entry in labels.entries(both.store, SITE, 0, end)}
    assert kinds == {"label", "rebuilt", "gone"}
