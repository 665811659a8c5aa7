"""`people` and `erase`, as an operator types them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

from moderation.cli import main
from moderation.flow.opening import open_runtime
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import keys
from tests.factories import SITE
from tests.moderation.cli.conftest import Winnow
from tests.moderation.flow.privacy.lived import EMAIL, IP, NAME, left, mixed, teach, write


@pytest.fixture
def held(winnow: Winnow, prepared: dict[str, str], settings: Settings) -> Iterator[Runtime]:
    """Return an installation on which the person wrote and was labelled."""
    runtime = open_runtime(settings)
    first_run.add_site(runtime.store, SITE)
    write(runtime, SITE, mixed(20, 5))
    teach(runtime, SITE, mixed(12, 3))
    yield runtime
    runtime.close()


def test_what_is_held_is_counted_put_out_and_erased(winnow: Winnow, held: Runtime) -> None:
    rows = [line.split() for line in winnow("people", "search", "--email", EMAIL).splitlines()]
    assert [SITE, "comment", "5"] in rows
    lines = [json.loads(line) for line in winnow("people", "export", "--ip", IP).splitlines()]
    assert {line["kind"] for line in lines} == {"comment", "label", "record"}
    (sent,) = {line["sent"]["author"]["email"] for line in lines if line["kind"] == "comment"}
    assert sent == EMAIL
    report = winnow("erase", "--email", EMAIL, "--yes")
    assert "comments erased" in report
    assert left(held) == []
    assert winnow("people", "search", "--email", EMAIL).strip() == "nothing is held"


def test_what_names_a_person_may_come_by_the_standard_input(
    winnow: Winnow, held: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{EMAIL}\n{IP}\n"))
    report = winnow("erase", "--email", "-", "--ip", "-", "--yes")
    assert NAME not in report and EMAIL not in report
    assert left(held) == []


def test_nobody_is_erased_unasked(winnow: Winnow, held: Runtime) -> None:
    assert "give an e-mail" in winnow("erase", "--yes", status=1)
    assert "name the site" in winnow("erase", "--author-id", "u-1", "--yes", status=1)
    assert left(held) != []


def test_what_cannot_be_read_is_named_and_the_rest_is_reported(
    winnow: Winnow, held: Runtime, capsys: pytest.CaptureFixture[str]
) -> None:
    held.store.redis.set(keys.of_site(SITE).listed, b"[")
    assert [SITE, "unread", "1"] in [
        line.split() for line in winnow("people", "search", "--email", EMAIL).splitlines()
    ]
    with pytest.raises(SystemExit) as ended:
        main(["erase", "--email", EMAIL, "--yes"])
    report, said = capsys.readouterr()
    rows = [" ".join(line.split()) for line in report.splitlines()]
    assert {"comments erased 5", "labels erased 3", f"which these are {SITE} list"} <= set(rows), (
        report
    )
    assert ended.value.code == 1 and "what cannot be read may be the person's" in said
    assert left(held) == []
