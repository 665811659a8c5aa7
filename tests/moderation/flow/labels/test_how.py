"""Each label says how it came: what a learner may conclude from it depends on that."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from classifier import Learner
from classifier.learner import HOWS
from moderation.domain import decisions
from moderation.domain.errors import SchemaMismatch
from moderation.domain.sites import SiteSettings
from moderation.flow.comments import draft
from moderation.flow.comments.checking import check
from moderation.flow.comments.submitting import submit
from moderation.flow.labels import replaying
from moderation.flow.labels.deciding import Word, decide, undo
from moderation.flow.labels.teaching import teach
from moderation.flow.rows import training_row
from moderation.store import keys, labels, migrations, schema, sites
from tests.factories import SITE, put_settings, submission

PERSON = Word("ann", "api")
POLICY = {
    "approved": SiteSettings(hold=0.999998, reject=0.999999, audit_share=0.0),
    "held": SiteSettings(hold=0.000001, reject=0.999999, audit_share=0.0),
    "spam": SiteSettings(hold=0.000001, reject=0.000001, audit_share=0.0),
}
"""By the status that they give. Nothing is drawn at random, which would be how its label came."""


def last(runtime):
    return labels.entry(runtime.store, SITE, sites.read(runtime.store, SITE).labels)


def judged(runtime, grant, status, text="The kettle on the shelf is from our aunt.", **fields):
    """Return a comment that the machine gave a status."""
    put_settings(runtime.store, SITE, POLICY[status])
    made = check(runtime, grant, submission(text, **fields)).comment
    assert made.status == status
    return made


def test_the_classifier_and_the_log_know_the_same_ways():
    assert (None, *HOWS) == decisions.HOWS


@pytest.mark.parametrize("via", ["api", "console"])
@pytest.mark.parametrize(
    ("status", "label", "how"),
    [
        ("held", "spam", "held"),
        ("held", "ham", "held"),
        ("approved", "spam", "error"),
        ("approved", "ham", "all"),
        ("spam", "ham", "error"),
        ("spam", "spam", "all"),
    ],
)
def test_what_the_comment_was_when_it_was_decided_says_how(runtime, grant, via, status, label, how):
    made = judged(runtime, grant, status)
    decide(runtime, SITE, made.id, label, Word("ann", via), None)
    assert (last(runtime).label, last(runtime).how) == (label, how)


@pytest.mark.parametrize("label", ["spam", "ham"])
@pytest.mark.parametrize("status", ["approved", "held", "spam"])
def test_a_report_by_akismets_protocol_is_an_error_whatever_it_was(runtime, grant, status, label):
    made = judged(runtime, grant, status)
    decide(runtime, SITE, made.id, label, Word("akismet", "akismet"), None)
    assert last(runtime).how == "error"


def test_who_changes_a_mind_about_a_held_comment_still_decided_a_held_one(runtime, grant):
    made = judged(runtime, grant, "held")
    decide(runtime, SITE, made.id, "spam", PERSON, None)
    decide(runtime, SITE, made.id, "ham", PERSON, None)
    assert last(runtime).how == "held"
    for _ in range(2):
        undo(runtime, SITE, made.id, PERSON, None)
    assert last(runtime).how is None
    decide(runtime, SITE, made.id, "ham", PERSON, None)
    assert last(runtime).how == "held"


def test_what_was_drawn_at_random_says_so_with_its_probability(runtime, grant):
    made = judged(runtime, grant, "approved")
    decide(runtime, SITE, made.id, "ham", Word("ann", "console", audit=0.02), None)
    assert (last(runtime).how, last(runtime).example.audit) == ("audit", 0.02)
    decide(runtime, SITE, made.id, "spam", PERSON, None)
    assert (last(runtime).how, last(runtime).example.audit) == ("audit", 0.02), "still drawn"
    undo(runtime, SITE, made.id, PERSON, None)
    undo(runtime, SITE, made.id, PERSON, None)
    decide(runtime, SITE, made.id, "spam", PERSON, None)
    assert (last(runtime).how, last(runtime).example.audit) == ("error", None)


def test_who_overrules_a_report_decides_what_came_as_an_error(runtime, grant):
    made = judged(runtime, grant, "approved")
    decide(runtime, SITE, made.id, "spam", Word("akismet", "akismet"), None)
    decide(runtime, SITE, made.id, "ham", PERSON, None)
    assert last(runtime).how == "error"


def test_what_was_never_judged_is_labelled_whatever_it_is(runtime, grant):
    put_settings(runtime.store, SITE, POLICY["held"])
    waiting = submit(runtime, grant, [submission("Waits for its verdict")])[0]
    decide(runtime, SITE, waiting.id, "spam", PERSON, None)
    assert last(runtime).how == "all"
    for via, how in (("api", "all"), ("akismet", "error"), ("import", "import")):
        teach(runtime, grant, submission(f"Not asked about, {via}"), "spam", Word("ann", via))
        assert last(runtime).how == how


def test_a_label_for_a_comment_that_the_site_asked_about_is_a_decision_on_it(runtime, grant):
    for number, (status, label, how) in enumerate(
        [("approved", "spam", "error"), ("spam", "ham", "error"), ("held", "ham", "held")]
    ):
        made = judged(runtime, grant, status, f"Number {number} of three", external_id=f"{number}")
        teach(runtime, grant, made.submission, label, PERSON)
        assert last(runtime).how == how


def test_in_a_site_that_only_observes_what_was_shown_counts(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(mode="observe", hold=0.000001, reject=0.999999))
    made = check(runtime, grant, submission("The kettle on the shelf is ours")).comment
    assert (made.status, made.verdict.status) == ("approved", "held")
    decide(runtime, SITE, made.id, "spam", PERSON, None)
    assert last(runtime).how == "error"


def test_a_learner_is_told_how(runtime, grant):
    """Of ham that was held one concludes that too much is held, of an import nothing like it."""
    made = judged(runtime, grant, "held")
    decide(runtime, SITE, made.id, "ham", PERSON, None)
    teach(runtime, grant, submission("Oak shelves, order now"), "spam", Word("ann", "import"))
    entries = labels.entries(runtime.store, SITE, 0, 2)
    expected, other = Learner(runtime.shipped), Learner(runtime.shipped)
    for entry, how in zip(entries, ("held", "import"), strict=True):
        expected.learn(training_row(entry.example.row), entry.label, how)
        other.learn(training_row(entry.example.row), entry.label)
    found = replaying.replay(Learner(runtime.shipped), entries).to_bytes()
    assert found == expected.to_bytes() != other.to_bytes()


@pytest.mark.parametrize(
    ("via", "how"), [("akismet", "error"), ("import", "import"), ("api", "all"), ("console", "all")]
)
def test_an_entry_of_an_older_log_is_read_by_its_way(runtime, grant, via, how):
    made = judged(runtime, grant, "held")
    decide(runtime, SITE, made.id, "ham", Word("ann", via), None)
    name = keys.of_site(SITE).label + "1"
    stored = bytearray(runtime.store.redis.get(name))
    assert stored[18] >> 2 & 7, "flags stand behind two bytes and four numbers"
    stored[18] &= 0b11
    runtime.store.redis.set(name, bytes(stored))
    entry = last(runtime)
    assert entry.how is None
    expected = Learner(runtime.shipped)
    expected.learn(training_row(entry.example.row), "ham", how)
    assert replaying.replay(Learner(runtime.shipped), [entry]).to_bytes() == expected.to_bytes()
    decide(runtime, SITE, made.id, "spam", PERSON, None)
    assert last(runtime).how == "held", "by the verdict, as the log says nothing"


def test_an_older_store_looks_for_evidence_from_its_newest_label_on(runtime, grant):
    older = check(runtime, grant, submission("Published before the label")).comment
    imported = submission("Decided elsewhere, by a person")
    teach(runtime, grant, imported, "spam", Word("ann", "import"))
    runtime.store.redis.set(keys.SCHEMA, 2)
    told: list[str] = []
    assert migrations.migrate(runtime.store, told.append) == schema.VERSION - 2
    assert any(SITE in line for line in told)
    newer = check(runtime, grant, submission("Published after the label")).comment
    late = check(runtime, grant, submission("Decided later, by a person")).comment
    decide(runtime, SITE, late.id, "spam", PERSON, None)
    entries = labels.entries(runtime.store, SITE, 1, sites.read(runtime.store, SITE).labels)
    assert [e.example.comment for e in entries if e.kind == "kept"] == [newer.id] != [older.id]


def test_an_older_winnow_does_not_work_on_a_log_with_evidence(runtime):
    """It would not know what to make of the entries."""
    with pytest.raises(SchemaMismatch, match="newer Winnow"):
        schema.check(runtime.store, version=2)


def drawn(runtime, grant, monkeypatch, status="approved", **fields):
    """Return a comment that was drawn at random when it was judged, with a probability of 1/4."""
    whole = draft.judge_all
    monkeypatch.setattr(
        draft, "judge_all", lambda *asked: [replace(v, audit=0.25) for v in whole(*asked)]
    )
    made = judged(runtime, grant, status, **fields)
    monkeypatch.undo()
    return made


@pytest.mark.parametrize("status", ["approved", "held", "spam"])
def test_a_label_of_a_comment_that_was_drawn_has_the_probability(
    runtime, grant, monkeypatch, status
):
    made = drawn(runtime, grant, monkeypatch, status)
    decide(runtime, SITE, made.id, "ham", Word("ann", "console"), None)
    assert (last(runtime).how, last(runtime).example.audit) == ("audit", 0.25)
    decide(runtime, SITE, made.id, "spam", Word("bob", "api"), None)
    assert (last(runtime).how, last(runtime).example.audit) == ("audit", 0.25)


def test_so_has_one_that_is_labelled_as_an_example(runtime, grant, monkeypatch):
    made = drawn(runtime, grant, monkeypatch, external_id="7")
    teach(runtime, grant, made.submission, "spam", PERSON)
    assert (last(runtime).how, last(runtime).example.audit) == ("audit", 0.25)
    teach(runtime, grant, replace(made.submission, content="Another text"), "ham", PERSON)
    assert last(runtime).example.audit is None, "another text was not drawn"


def test_a_report_says_nothing_of_the_draw(runtime, grant, monkeypatch):
    made = drawn(runtime, grant, monkeypatch)
    decide(runtime, SITE, made.id, "spam", Word("akismet", "akismet"), None)
    assert (last(runtime).how, last(runtime).example.audit) == ("error", None)
