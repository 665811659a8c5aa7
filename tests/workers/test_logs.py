"""Log lines of a worker carry the ids of what they are about."""

import logging

import pytest

from moderation.domain.errors import StoreDown, StoreFull
from moderation.settings import Settings
from workers import logs
from workers.app import make_app

pytestmark = pytest.mark.usefixtures("root_logger")


def run_logged(request_id: str) -> None:
    app = make_app(Settings.from_env({}), include=())

    @app.task(name="tests.say", shared=False)
    def say() -> None:
        logging.getLogger("winnow.test").info("scored")

    say.apply(task_id="7f3a", headers={"request_id": request_id})


def test_a_line_names_the_task_and_the_request(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    run_logged("01J-req")
    lines = [line for line in capsys.readouterr().err.splitlines() if "scored" in line]
    assert len(lines) == 1
    assert " task=tests.say task_id=7f3a request_id=01J-req scored" in lines[0]


def test_ids_end_with_their_task(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    run_logged("01J-req")
    logging.getLogger("winnow.test").info("later")
    later = [line for line in capsys.readouterr().err.splitlines() if line.endswith("later")]
    assert later
    assert "task" not in later[0]


def test_a_request_id_cannot_forge_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    run_logged("x\n2026-01-01 CRITICAL all is lost")
    assert "all is lost" not in capsys.readouterr().err


def test_the_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("WARNING")
    run_logged("01J-req")
    assert "scored" not in capsys.readouterr().err


@pytest.mark.parametrize("error", [StoreDown("it is away"), StoreFull("it is full")])
def test_what_the_store_keeps_from_its_work_is_a_line_a_minute(
    capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    logs.configure("WARNING")
    app = make_app(Settings.from_env({}), include=())

    @app.task(name="tests.tend", shared=False)
    def tend() -> None:
        raise error

    @app.task(name="tests.fail", shared=False)
    def fail() -> None:
        raise ValueError

    for _ in range(3):
        tend.apply(task_id="7f3a")
    said = capsys.readouterr().err
    assert f"left undone, as {error}" in said
    assert len(said.splitlines()) == 1
    fail.apply(task_id="7f3b")
    assert "Traceback" in capsys.readouterr().err, "what nobody expects is said in full"
