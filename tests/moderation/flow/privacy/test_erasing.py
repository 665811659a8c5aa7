"""Erasing a person: who is meant, what goes and what stays, turn by turn."""

from __future__ import annotations

import msgspec
import pytest

from moderation.domain.comments import Author
from moderation.domain.errors import Conflict, InvalidInput, NotFound
from moderation.domain.listed import Draft
from moderation.domain.people import Act
from moderation.flow import jobs, marks, rows
from moderation.flow.comments.checking import check
from moderation.flow.lookup import find
from moderation.flow.privacy import access, erasing, finding
from moderation.flow.privacy.person import asked_for
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sites import choosing
from moderation.store import authors, codec, compaction, keys, labels, sites
from moderation.store import people as stored_people
from moderation.store.comments import reading
from tests.factories import SITE, submission
from tests.moderation.flow.models.taught import grant_of
from tests.moderation.flow.privacy.lived import (
    BY,
    EMAIL,
    IP,
    NAME,
    OTHER_SITE,
    PERSON,
    begin,
    erase,
    learner,
    left,
    mixed,
    never_saw,
    others,
    teach,
    teach_as,
    theirs,
    write,
)


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
    # Of a comment that has expired the outcome stays with its author.
    expired = reading.page(store, SITE, None, b"", b"", False, 1)[0]
    store.redis.delete(keys.of_site(SITE).comment.encode() + expired)
    for note in (f"wrote to {EMAIL.lower()}", f"{EMAIL}.", f"x{EMAIL}", f"{EMAIL}.org", "no one"):
        stored_people.note(store, Act(now_ms(), "ann", "promoted", "", "", "model", note))
    choosing.put_list(store, SITE, [Draft("email", EMAIL, "spam")], BY, None)
    job = erase(both, email=EMAIL)
    assert job.result is not None
    assert (job.result["audit_entries"], job.result["list_entries"]) == (2, 1)
    notes = [act.note for _, act in stored_people.acts(store, "", 50) if act.note]
    assert notes == ["no one", f"{EMAIL}.org", f"x{EMAIL}"]
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


def test_what_failed_is_made_good_by_whoever_asks_again(
    both: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    teach(both, SITE, mixed(40, 10))
    expected = never_saw(both, SITE)
    job = begin(both, email=EMAIL)

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(erasing.rebuilding, "rebuild", fail)
        erasing.work_on(both, job.id, here=True)
    assert jobs.find(both, job.id).state == "failed"
    again = erase(both, email=EMAIL)
    assert again.result is not None
    assert again.result["labels"] == 0
    assert learner(both, SITE) == expected


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


def test_what_one_site_has_and_cannot_be_read_fails_nobody_elses_erasure(both: Runtime) -> None:
    write(both, SITE, [theirs(n) for n in range(5)])
    teach(both, SITE, [theirs(n) for n in range(5, 8)])
    both.store.redis.set(keys.of_site(OTHER_SITE).subscribed, b'{"lists":[{"number":"x"}]}')
    job = erase(both, email=EMAIL)
    assert job.result is not None and job.result["comments"] == 8
    assert left(both) == []


@pytest.mark.parametrize(
    "spelt",
    [
        "Mabel Quillfeather <mabel@m\u00fcller.example>",
        '"Mabel Quillfeather" <Mabel@XN--MLLER-KVA.example>',
        "mailto:Mabel@m\u00fcller.example",
        "MABEL@mu\u0308ller.example",
        "<mabel@m\u00fcller.example>",
        "mabel@xn--mller-kva.example.",
    ],
)
def test_a_label_that_outlived_its_comment_is_found_by_the_hash_that_it_was_given_once(
    both: Runtime, spelt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses were compared in lower case alone; what was hashed then stays as it is."""
    sent = msgspec.structs.replace(others(1), author=Author(name=NAME, email=spelt))
    with monkeypatch.context() as before:
        before.setattr(rows, "mailbox", str.lower)
        (known,) = teach(both, SITE, [sent])
        teach(both, SITE, [others(2)])
    both.store.redis.delete(keys.of_site(SITE).comment.encode() + codec.id_bytes(known))
    job = erase(both, email="mabel@M\u00dcLLER.example")
    assert job.result is not None
    assert (job.result["labels"], job.result["sites"]) == (1, [SITE])
    log = labels.entries(both.store, SITE, 0, sites.read(both.store, SITE).labels)
    assert sum(entry.example is not None for entry in log) == 1


@pytest.mark.parametrize("spelt", ["mailto:Mabel@mail.example", "<mabel@mail.example>"])
def test_a_record_under_the_hash_that_it_was_given_once_is_shown_and_goes(
    both: Runtime, spelt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = msgspec.structs.replace(others(1), author=Author(email=spelt))
    with monkeypatch.context() as before:
        before.setattr(rows, "mailbox", str.lower)
        before.setattr(marks, "mailbox", str.lower)
        (known,) = teach(both, SITE, [sent])
    both.store.redis.delete(keys.of_site(SITE).comment.encode() + codec.id_bytes(known))
    person = asked_for(both, email="mabel@mail.example")
    held = [one for one in access.page(both, person).held if isinstance(one, access.HeldRecord)]
    assert [(one.site, one.known_by, one.approved) for one in held] == [(SITE, "email", 1)]
    job = erase(both, email="mabel@mail.example")
    assert job.result is not None and job.result["records"] == 1
    assert not any(isinstance(one, access.HeldRecord) for one in access.page(both, person).held)
