"""Real Celery workers and beat: what they do with tasks, with a broken broker, without a model."""

import os
import signal
from pathlib import Path

import pytest

from moderation.cli import services
from moderation.domain.comments import Submission
from moderation.flow.authorise import Grant
from moderation.flow.comments.submitting import submit
from moderation.flow.lookup import find
from moderation.flow.runtime import Runtime
from moderation.settings import Settings
from tests.conftest import Server
from tests.processes import alive, until
from tests.workers.conftest import Part

pytestmark = pytest.mark.usefixtures("kernels")


def send(runtime: Runtime, grant: Grant, text: str) -> str:
    return submit(runtime, grant, [Submission(content=text)])[0].id


def has_verdict(runtime: Runtime, comment: str) -> bool:
    return find(runtime, "demo", comment).verdict is not None


def test_a_submitted_comment_gets_its_verdict_from_the_worker(
    start: Part, settings: Settings, runtime: Runtime, grant: Grant, tmp_path: Path
) -> None:
    worker = start(services.worker(settings), WINNOW_ALIVE=str(tmp_path / "alive"))
    worker.says("ready.")
    comment = send(runtime, grant, "Thanks, the second example fixed my build.")
    until(lambda: has_verdict(runtime, comment), what=lambda: worker.output)
    assert find(runtime, "demo", comment).status == "approved"
    assert (tmp_path / "alive").exists()


def test_emptying_the_broker_delays_a_comment_and_never_loses_it(
    start: Part, settings: Settings, runtime: Runtime, grant: Grant, valkey: Server, tmp_path: Path
) -> None:
    # No worker runs yet, so the task is certainly in the broker when that is emptied.
    comments = [send(runtime, grant, "Is there a version for the new release?")]
    with valkey.client() as client:
        client.execute_command("SELECT", 1)
        assert client.llen("winnow.score") == 1
        client.flushdb()
        worker = start(services.worker(settings))
        beat = start(services.beat(settings), WINNOW_ALIVE=str(tmp_path / "alive"))
        for _ in range(3):
            until(
                lambda: all(has_verdict(runtime, comment) for comment in comments),
                what=lambda: worker.output + beat.output,
            )
            # And again while both are connected and have declared their queues.
            client.flushdb()
            comments.append(send(runtime, grant, "Which port does it listen on?"))
            client.flushdb()
    assert (tmp_path / "alive").exists()


def test_comments_wait_for_a_worker_that_was_killed_with_its_pool(
    start: Part, settings: Settings, runtime: Runtime, grant: Grant
) -> None:
    worker = start(services.worker(settings))
    worker.says("ready.")
    worker.end()
    comments = [send(runtime, grant, f"Question {n}: which port does it use?") for n in range(50)]
    heir = start(services.worker(settings))
    start(services.beat(settings))
    until(
        lambda: all(has_verdict(runtime, comment) for comment in comments), what=lambda: heir.output
    )


def test_a_worker_that_cannot_load_its_model_says_so_and_ends(
    start: Part, settings: Settings, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    model.write_bytes(b"not a model")
    worker = start(services.worker(settings), WINNOW_MODEL=str(model))
    worker.says("this worker cannot load what it needs and stops")
    until(lambda: not alive(worker.pid), what=lambda: worker.output)
    assert "CRITICAL" in worker.output
    assert "ModelError" in worker.output


def test_a_worker_ends_with_its_pool_when_asked(start: Part, settings: Settings) -> None:
    worker = start(services.worker(settings))
    worker.says("ready.")
    family = [process.pid for process in worker.family()]
    assert len(family) == 1 + settings.workers
    worker.send(signal.SIGTERM)
    until(lambda: not any(alive(pid) for pid in family), 30, lambda: worker.output)


def test_the_environment_of_the_parts_holds_resolved_settings(settings: Settings) -> None:
    env = services.environment(settings)
    again = Settings.from_env(env)
    assert again.redis_url == settings.redis_url
    assert again.broker_url == settings.broker_url
    assert again.secret_key == settings.secret_key
    assert again.data == settings.data.resolve()
    assert env["PATH"] == os.environ["PATH"]
