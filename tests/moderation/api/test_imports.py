"""A history that is sent to be imported: who may send it, what becomes of it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moderation.flow.labels import importing
from moderation.flow.runtime import Runtime
from moderation.flow.tasks import IMPORT_HISTORY
from tests import histories
from tests.factories import SITE
from tests.moderation.api.conftest import Caller, is_problem

FILE = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def sent(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Collect what is sent to workers."""
    collected: list[tuple[Any, ...]] = []
    monkeypatch.setattr(runtime.tasks, "send", lambda *words: collected.append(words) or True)
    return collected


@pytest.fixture
def history(tmp_path: Path) -> bytes:
    return histories.write("wxr", tmp_path / "x.xml", 60).read_bytes()


def work(runtime: Runtime, sent: list[tuple[Any, ...]]) -> None:
    """Do what a worker does with what was sent."""
    while sent:
        name, job = sent.pop()
        assert name == IMPORT_HISTORY
        importing.work_on(runtime, job)


def test_a_file_that_was_sent_is_imported_by_a_job(
    runtime: Runtime, api: Caller, sent: list[tuple[Any, ...]], history: bytes
) -> None:
    answer = api.post("/v1/imports", data=gzip.compress(history), headers=FILE)
    assert answer.status_code == 202, answer.text
    job = answer.json
    assert (job["kind"], job["state"], job["site"], job["by"]) == (
        "import", "queued", SITE, "token:test",
    )  # fmt: skip
    assert answer.headers["Location"] == f"/v1/jobs/{job['id']}"
    work(runtime, sent)
    done = api.get(answer.headers["Location"]).json
    assert done["state"] == "succeeded", done["error"]
    assert done["result"]["imported"] == 59 and done["result"]["format"] == "wxr"
    listed = api.get("/v1/comments?limit=100").json["data"]
    assert {c["decision"]["via"] for c in listed} == {"import"} and len(listed) == 59


def test_a_dry_run_tells_what_would_be(
    runtime: Runtime, api: Caller, sent: list[tuple[Any, ...]], history: bytes
) -> None:
    answer = api.post("/v1/imports?dry_run=true&format=wxr", data=history, headers=FILE)
    work(runtime, sent)
    done = api.get(answer.headers["Location"]).json
    assert done["result"]["dry_run"] is True and done["result"]["imported"] == 59
    assert api.stored() == 0
    assert not list(importing.folder(runtime).iterdir())


def test_a_token_of_the_installation_names_the_site(
    runtime: Runtime,
    caller: Callable[..., Caller],
    sent: list[tuple[Any, ...]],
    history: bytes,
) -> None:
    admin = caller("admin", site="")
    is_problem(admin.post("/v1/imports", data=history, headers=FILE), 400, "invalid-parameter")
    path = "/v1/imports?site="
    unknown = admin.post(path + "nowhere.example", data=history, headers=FILE)
    is_problem(unknown, 400, "invalid-parameter")
    assert admin.post(path + SITE, data=history, headers=FILE).json["site"] == SITE


def test_a_site_imports_into_itself_alone(
    api: Caller, caller: Callable[..., Caller], sent: list[tuple[Any, ...]], history: bytes
) -> None:
    own = api.post(f"/v1/imports?site={SITE}", data=history, headers=FILE)
    assert own.status_code == 202
    elsewhere = api.post("/v1/imports?site=other.example", data=history, headers=FILE)
    is_problem(elsewhere, 400, "invalid-parameter")
    submits = caller("submit").post("/v1/imports", data=history, headers=FILE)
    is_problem(submits, 403, "forbidden")


def test_what_is_no_history_fails_with_a_reason_that_quotes_nothing(
    runtime: Runtime, api: Caller, sent: list[tuple[Any, ...]]
) -> None:
    answer = api.post("/v1/imports", data=b"secret words and nothing else", headers=FILE)
    work(runtime, sent)
    failed = api.get(answer.headers["Location"])
    assert failed.json["state"] == "failed"
    assert failed.json["error"].startswith("its format cannot be told")
    assert "secret" not in failed.text


def test_an_empty_body_and_unknown_parameters_are_refused(
    api: Caller, sent: list[tuple[Any, ...]]
) -> None:
    is_problem(api.post("/v1/imports", data=b"", headers=FILE), 422, "validation")
    for query in ("format=mbox", "site=a&site=b", "dry_run=perhaps", "colour=red"):
        answer = api.post(f"/v1/imports?{query}", data=b"x", headers=FILE)
        is_problem(answer, 400, "invalid-parameter")
    assert sent == []
