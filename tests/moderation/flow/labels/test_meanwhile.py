"""What somebody decides or revises while its label is imported stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from moderation.flow.authorise import Grant
from moderation.flow.comments import checking
from moderation.flow.labels import deciding, teaching
from moderation.flow.labels.deciding import Word
from moderation.flow.runtime import Runtime
from moderation.store.comments.reading import find_externals
from tests.factories import SITE, submission
from tests.moderation.flow.labels.history import comment, done, lines, log


def test_who_decides_while_his_comment_is_imported_has_the_last_word(
    runtime: Runtime, other: Runtime, grant: Grant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [submission(f"Text of {name}", external_id=name) for name in ("decided", "waits")]
    ids = [checking.check(runtime, grant, one).comment.id for one in sent]
    row = {"label": "spam", "labelled_at": "2017-07-14T02:40:00Z", "content": "x"}
    path = lines(tmp_path / "x.jsonl", *({**row, "external_id": one.external_id} for one in sent))
    write = teaching.write

    def decided_meanwhile(*words: Any) -> list[str]:
        deciding.decide(other, SITE, ids[0], "ham", Word("ann", "console"), None)
        return write(*words)

    monkeypatch.setattr(teaching, "write", decided_meanwhile)
    job = done(runtime, path)
    assert job.result is not None
    assert (job.result["imported"], job.result["decided_here"]) == (1, 1)
    kept = comment(runtime, "decided")
    assert (kept.decision.label, kept.decision.by, kept.status) == ("ham", "ann", "approved")
    assert comment(runtime, "waits").decision.label == "spam"
    first, second = log(runtime)
    assert first.decision is not None
    assert (first.label, first.decision.by, second.label) == ("ham", "ann", "spam")


def test_who_decides_in_the_same_millisecond_as_a_row_has_the_last_word(
    runtime: Runtime, other: Runtime, grant: Grant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = submission("Text", external_id="tie")
    checking.check(runtime, grant, sent)
    row = {"label": "spam", "labelled_at": "2017-07-14T02:40:00Z", "content": "x"}
    path = lines(tmp_path / "x.jsonl", {**row, "external_id": "tie"})
    write = teaching.write

    def decided_meanwhile(*words: Any) -> list[str]:
        monkeypatch.setattr(teaching, "write", write)
        teaching.teach(other, grant, sent, "ham", Word("ann", "api"), 1_500_000_000_000)
        return write(*words)

    monkeypatch.setattr(teaching, "write", decided_meanwhile)
    job = done(runtime, path)
    assert job.result is not None
    assert (job.result["imported"], job.result["decided_here"]) == (0, 1)
    assert comment(runtime, "tie").decision.label == "ham"


@pytest.mark.parametrize("decided", ["ham", "spam", None])
def test_a_comment_that_is_revised_while_its_label_is_imported_keeps_its_new_text(
    runtime: Runtime, other: Runtime, grant: Grant, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, decided: Any,
) -> None:  # fmt: skip
    checking.check(runtime, grant, submission("Old text", external_id="c"))
    row = {"label": "spam", "labelled_at": "2017-07-14T02:40:00Z", "content": "x"}
    path = lines(tmp_path / "x.jsonl", {**row, "external_id": "c"})
    write = teaching.write

    def revised_meanwhile(*words: Any) -> list[str]:
        monkeypatch.setattr(teaching, "write", write)
        new = checking.check(other, grant, submission("New text", external_id="c")).comment
        if decided:
            deciding.decide(other, SITE, new.id, decided, Word("ann", "console"), None)
        return write(*words)

    monkeypatch.setattr(teaching, "write", revised_meanwhile)
    job = done(runtime, path)
    kept = comment(runtime, "c")
    assert (kept.revision, kept.submission.content) == (2, "New text")
    by = "ann" if decided else f"import:{job.id}"
    assert (kept.decision.label, kept.decision.by) == (decided or "spam", by)
    assert job.result is not None
    outcome = {"ham": "decided_here", "spam": "known", None: "imported"}[decided]
    assert {k: job.result[k] for k in ("imported", "known", "decided_here") if job.result[k]} == {
        outcome: 1
    }


def test_a_comment_that_comes_while_its_label_is_imported_keeps_its_text(
    runtime: Runtime, other: Runtime, grant: Grant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"label": "spam", "labelled_at": "2017-07-14T02:40:00Z", "content": "Of the file"}
    path = lines(tmp_path / "x.jsonl", {**row, "external_id": "c"})
    places = teaching._places

    def come_meanwhile(*words: Any) -> Any:
        monkeypatch.setattr(teaching, "_places", places)
        found = places(*words)
        checking.check(other, grant, submission("Of the site", external_id="c"))
        return found

    monkeypatch.setattr(teaching, "_places", come_meanwhile)
    job = done(runtime, path)
    kept = comment(runtime, "c")
    assert (kept.revision, kept.submission.content) == (1, "Of the site")
    assert kept.decision.label == "spam"
    assert job.result is not None and job.result["imported"] == 1


def test_a_comment_that_is_deleted_while_its_label_is_imported_stays_deleted(
    runtime: Runtime, other: Runtime, grant: Grant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = checking.check(runtime, grant, submission("Old text", external_id="c")).comment
    row = {"label": "spam", "labelled_at": "2017-07-14T02:40:00Z", "content": "x"}
    path = lines(tmp_path / "x.jsonl", {**row, "external_id": "c"})
    write = teaching.write

    def deleted_after_it(*words: Any) -> list[str]:
        monkeypatch.setattr(teaching, "write", write)
        written = write(*words)
        deciding.forget(other, SITE, known.id)
        return written

    monkeypatch.setattr(teaching, "write", deleted_after_it)
    done(runtime, path)
    assert find_externals(runtime.store, SITE, ["c"]) == [None]
