"""`search` and `seed` on the command line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from moderation.cli import cli
from moderation.flow.runtime import Runtime
from moderation.flow.search import finding, folders
from moderation.flow.sites import first_run
from moderation.settings import Settings
from tests.conftest import SECRET
from tests.factories import SITE, accept, submission, write


@pytest.fixture
def run(runtime: Runtime, settings: Settings, kernels: None):
    first_run.add_site(runtime.store, SITE)
    environment = {
        "WINNOW_DATA": str(settings.data), "WINNOW_REDIS_URL": settings.redis_url,
        "WINNOW_SECRET_KEY": SECRET,
    }  # fmt: skip

    def call(*words: str, **more: str):
        return CliRunner().invoke(cli, words, env=environment | more)

    return call


def test_a_site_is_filled_and_its_index_made(run, runtime: Runtime, settings: Settings) -> None:
    filled = run("seed", "120", "--site", SITE)
    assert filled.exit_code == 0 and "120 comments were written" in filled.output
    assert "0 comments were written" in run("seed", "120", "--site", SITE).output
    assert run("search", "status").exit_code == 1
    made = run("search", "rebuild")
    assert made.exit_code == 0, made.output
    assert "120 of 120 (100 %)" in made.output and "the index is whole" in made.output
    assert run("search", "status").exit_code == 0
    wanted = finding.Filter(text="the", any_word=True)
    assert finding.find(runtime, [SITE], wanted, "", 5).how == "index"
    before = {path.name for path in folders.root(settings).iterdir()}
    assert run("search", "rebuild").exit_code == 0
    after = {path.name for path in folders.root(settings).iterdir()}
    assert len(after) == 1 and not before & after


def test_a_machine_on_which_no_index_lies_is_told_so(run, tmp_path) -> None:
    assert run("search", "rebuild").exit_code == 0
    assert "ok     search: has an index that is up to date" in run("doctor").output
    elsewhere = {"WINNOW_SEARCH": str(tmp_path / "another machine")}
    status = run("search", "status", **elsewhere)
    assert status.exit_code == 1 and "on another machine" in status.output
    told = run("doctor", **elsewhere).output
    assert "ok     search: has an index on another machine or in another folder" in told


def test_a_site_with_real_comments_is_left_alone_unless_asked(run, runtime: Runtime) -> None:
    accept(runtime.store, write(submission()))
    refused = run("seed", "10", "--site", SITE)
    assert refused.exit_code != 0 and "holds real comments" in str(refused.exception)
    assert run("seed", "10", "--site", SITE, "--yes").exit_code == 0


def test_what_is_off_is_said(run) -> None:
    status = run("search", "status", WINNOW_SEARCH="off")
    assert status.exit_code == 0 and "off" in status.output
    for command in ("rebuild", "follow"):
        assert "off" in str(run("search", command, WINNOW_SEARCH="off").exception)
