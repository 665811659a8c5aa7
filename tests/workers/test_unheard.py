"""A broker that dies between a message and the word that it was taken."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from moderation.cli import services
from moderation.domain.comments import Submission
from moderation.domain.errors import StoreDown
from moderation.flow.authorise import Grant
from moderation.flow.comments.submitting import submit
from moderation.flow.lookup import find
from moderation.flow.runtime import Runtime
from moderation.settings import Settings
from tests.cutting import Cutting
from tests.processes import until
from tests.replicas import Node
from tests.workers.conftest import Part

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(300)]


def test_a_worker_whose_broker_dies_as_it_takes_a_message_goes_on_with_the_next(
    start: Part, settings: Settings, runtime: Runtime, grant: Grant, node: Node
) -> None:
    way = Cutting(Path(node.socket).with_suffix(".way"), Path(node.socket))
    broker = f"redis+socket://{way.path}?virtual_host=0"
    # The worker may have one message at a time, so that one decides.
    env = {"WINNOW_BROKER_URL": broker, "WINNOW_WORKERS": "1"}
    ours = msgspec.structs.replace(settings, broker_url=broker, workers=1)
    worker = start(services.worker(ours), **env)
    worker.says("ready.")
    way.cut("unacked_index", after=1, then=node.end)
    beat = start(services.beat(ours), **env)

    def said() -> str:
        return worker.output + beat.output

    until(lambda: node.process.poll() is not None, 60, said)
    node.start()
    comment = submit(runtime, grant, [Submission(content="Which port does it use?")])[0].id

    def is_judged() -> bool:
        try:
            return find(runtime, "demo", comment).verdict is not None
        except StoreDown:
            return False

    until(is_judged, 90, said)
    assert "the broker did not hear that messages were taken" in worker.output
    way.close()
