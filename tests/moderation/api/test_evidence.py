"""One stream through calls of the API and through `classifier replay --teach`: both teach alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from classifier.cli import main
from classifier.evaluation.regimes import REGIMES, People
from classifier.evaluation.site import Site
from moderation.domain.sites import SiteSettings
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.rows import row_of
from moderation.flow.runtime import Runtime
from moderation.store import codec, labels, sites
from moderation.store.comments import reading
from tests.classifier.factories import some_rows
from tests.factories import SITE, put_settings
from tests.moderation.api.conftest import Caller

SEED = 3


def stream() -> list[dict[str, Any]]:
    """Return comments as a site sends them, with what each is: now and then the filter errs."""
    sent = []
    for number, (row, kind) in enumerate(some_rows(150, seed=23)):
        truth = kind if number % 3 else ("ham" if kind == "spam" else "spam")
        author = {"name": row.author, "email": f"{row.author.lower()}@mail.example"}
        sent.append({"content": f"{row.text} {number}", "author": author, "truth": truth})
    return sent


def played(api: Caller, runtime: Runtime, regime: str) -> Iterator[dict[str, Any]]:
    """Yield each comment of the stream with the label that people gave it."""
    people = People(REGIMES[regime], SEED)
    for number, sent in enumerate(stream()):
        body = {name: sent[name] for name in ("content", "author")}
        comment = api.post("/v1/check", body).json
        found = people.label(number, comment["status"], sent["truth"])
        if found is not None and found[1] == "audit":
            decide(runtime, SITE, comment["id"], found[0], Word("ann", "api", audit=0.02), None)
        elif found is not None:
            assert api.decide(comment, found[0], "*").status_code == 200
        yield comment | {"found": found}


@pytest.mark.parametrize("regime", ["console", "lazy", "hamonly"])
def test_the_service_and_the_study_teach_alike(api: Caller, runtime: Runtime, regime: str) -> None:
    # What the service itself draws at random would count as drawn when somebody reports it, and
    # the study knows no reputations: it is of the filter.
    put_settings(runtime.store, SITE, SiteSettings(audit_share=0, reputation=False))
    study = Site(runtime.shipped, REGIMES[regime], SEED)
    hows = []
    for sent, comment in zip(stream(), played(api, runtime, regime), strict=True):
        stored = reading.get(runtime.store, SITE, codec.id_bytes(comment["id"]))
        assert stored is not None
        features = runtime.shipped.features([row_of(stored.submission)])
        there = study.play(features, sent["truth"], comment["id"])
        assert there.score == pytest.approx(comment["verdict"]["score"], abs=1e-9)
        assert (there.status, there.taught) == (
            comment["status"],
            comment["found"] and comment["found"][0],
        )
        hows += [comment["found"][1]] if comment["found"] else []
    entries = labels.entries(runtime.store, SITE, 0, sites.read(runtime.store, SITE).labels)
    assert [e.how for e in entries if e.kind == "label"] == hows
    assert sum(e.kind == "kept" for e in entries) > 10


def test_replay_prints_what_the_service_does(
    api: Caller, runtime: Runtime, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Rows that have the ids of the service's comments have their lots too: nothing differs.

    Where nobody reports spam, far more is published between two labels than is drawn.
    """
    put_settings(runtime.store, SITE, SiteSettings(audit_share=0, reputation=False))
    done = list(played(api, runtime, "hamonly"))
    file = tmp_path / "stream.jsonl"
    rows = [
        {
            "id": comment["id"],
            "text": sent["content"],
            "author": sent["author"]["name"],
            "email": sent["author"]["email"],
            "label": sent["truth"],
        }
        for sent, comment in zip(stream(), done, strict=True)
    ]
    file.write_bytes(msgspec.json.Encoder().encode_lines(rows))
    assert main(["replay", str(file), "--teach", "hamonly", "--seed", str(SEED), "--quiet"]) == 0
    printed = [msgspec.json.decode(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert [(line["status"], line["taught"]) for line in printed] == [
        (comment["status"], comment["found"] and comment["found"][0]) for comment in done
    ]
    scores = [comment["verdict"]["score"] for comment in done]
    assert [line["score"] for line in printed] == pytest.approx(scores, abs=1e-9)
