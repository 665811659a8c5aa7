"""By Akismet's protocol too: what visitors saw and nobody reported is kept as evidence."""

from __future__ import annotations

import pytest

from classifier import Model
from classifier.evaluation.regimes import REGIMES, People
from classifier.evaluation.site import Site
from moderation.flow.rows import row_of
from moderation.flow.runtime import Runtime
from moderation.store import labels, sites
from tests.classifier.factories import some_rows
from tests.moderation.akismet.conftest import HAM, Client

HOOK = "https://blog.example/hook"


def log(client: Client, runtime: Runtime) -> list:
    end = sites.read(runtime.store, client.site).labels
    return labels.entries(runtime.store, client.site, 0, end)


def kept(client: Client, runtime: Runtime) -> list[str]:
    return [e.example.comment for e in log(client, runtime) if e.kind == "kept"]


def newest(client: Client) -> str:
    return client.comments()[0].id


def test_a_report_keeps_what_was_published_before_it(client: Client, runtime: Runtime) -> None:
    client.check("The second bolt was the one that came loose on ours")
    shown = newest(client)
    client.check(HAM)
    assert log(client, runtime) == []
    client.report("spam", HAM)
    assert kept(client, runtime) == [shown]
    assert [e.how for e in log(client, runtime)] == [None, "error"]
    client.report("spam", "The second bolt was the one that came loose on ours")
    assert log(client, runtime)[-1].drops == 1


@pytest.mark.parametrize(
    ("held_as", "callback", "is_shown"),
    [("ham", None, True), ("spam", None, False), ("ham", HOOK, False)],
    ids=["published", "in the spam folder", "waits"],
)
def test_what_is_held_is_evidence_where_the_site_publishes_it(
    client: Client, runtime: Runtime, held_as: str, callback: str | None, is_shown: bool
) -> None:
    client.settings(hold=0.000001, reject=0.999999, held_as=held_as)
    client.check("The second bolt was the one that came loose on ours", callback=callback)
    (held,) = client.comments()
    assert held.status == "held"
    client.settings(hold=0.999998, reject=0.999999)
    client.check(HAM)
    client.report("spam", HAM)
    assert kept(client, runtime) == ([held.id] if is_shown else [])


def test_what_waited_and_was_told_to_be_ham_is_shown_from_then_on(
    client: Client, runtime: Runtime
) -> None:
    client.settings(hold=0.000001, reject=0.999999)
    text = "The second bolt was the one that came loose on ours"
    client.check(text, callback=HOOK)
    before = client.today()
    client.check(text, callback=HOOK, recheck_reason="recheck_queue")
    assert client.today() == before, "what it is told counts as one ham all the time"
    (held,) = client.comments()
    client.settings(hold=0.999998, reject=0.999999)
    client.check(HAM)
    client.report("spam", HAM)
    assert kept(client, runtime) == [held.id]


def test_what_waited_and_was_spam_counts_as_missed(client: Client) -> None:
    client.settings(hold=0.000001, reject=0.999999)
    client.check(callback=HOOK)
    client.report("spam")
    assert client.today().missed_spam == 1


def test_the_service_and_the_study_teach_the_same_where_only_errors_are_reported(
    client: Client, runtime: Runtime
) -> None:
    """One stream through calls of the protocol, and through what `replay --teach` plays, which is
    of the filter alone."""
    client.settings(reputation=False)
    model: Model = runtime.shipped
    people = People(REGIMES["errors"], seed=4)
    study = Site(model, REGIMES["errors"], seed=4)
    hows, taught = [], []
    for number, (row, kind) in enumerate(some_rows(150, seed=17)):
        # In every eighth comment people see it otherwise than the filter: few were reported else.
        truth = kind if number % 8 else ("ham" if kind == "spam" else "spam")
        text = f"{row.text} {number}"
        answer = client.check(text, comment_author=row.author).text
        comment = client.comments()[0]
        assert comment.submission.content == text
        assert answer == ("true" if comment.status == "spam" else "false")
        found = people.label(number, comment.status, truth)
        if found is not None:
            client.report(found[0], text, comment_author=row.author)
            hows.append(found[1])
        taught.append(found and found[0])
        played = study.play(model.features([row_of(comment.submission)]), truth, comment.id)
        assert (played.status, played.taught) == (comment.status, taught[-1])
        assert played.score == pytest.approx(comment.verdict.score, abs=1e-9)
    entries = log(client, runtime)
    assert [e.how for e in entries if e.kind == "label"] == hows
    assert len(hows) > 10
    assert len(kept(client, runtime)) > 20
