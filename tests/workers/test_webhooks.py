"""A real worker tells a webhook what this process did, without waiting for a sweep."""

from __future__ import annotations

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from moderation.cli import services
from moderation.domain.webhooks import EVENTS
from moderation.flow.authorise import Grant
from moderation.flow.comments.checking import check
from moderation.flow.comments.submitting import submit
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.people.links import OPERATOR
from moderation.flow.runtime import Runtime
from moderation.flow.webhooks import endpoints
from moderation.settings import Settings
from tests.factories import submission
from tests.processes import until
from tests.webserver import Site
from tests.workers.conftest import Part

pytestmark = pytest.mark.usefixtures("kernels")


def test_a_verdict_and_a_decision_reach_the_webhook(
    start: Part, settings: Settings, runtime: Runtime, grant: Grant, blog: Site
) -> None:
    blog.body = b"ok"
    _, secret = endpoints.make(
        runtime.store, runtime.secret, grant.site, f"http://127.0.0.1:{blog.port}/hook", EVENTS,
        OPERATOR,
    )  # fmt: skip
    worker = start(services.worker(settings), WINNOW_OUTBOUND_ALLOW="127.0.0.1")
    worker.says("ready.", 90)
    checked = check(runtime, grant, submission("Is there a manual?")).comment
    until(lambda: len(blog.heard) == 1, 90, lambda: worker.output)
    decide(runtime, grant.site, checked.id, "spam", Word("ann", "console"), None)
    until(lambda: len(blog.heard) == 2, 90, lambda: worker.output)
    (waiting,) = submit(runtime, grant, [submission("Which port does it use?")])
    until(lambda: len(blog.heard) == 3, 90, lambda: worker.output)
    told = [Verifier(secret).verify(body, headers) for _, headers, body in blog.heard]
    assert [one["data"]["id"] for one in told] == [checked.id, checked.id, waiting.id]
    assert [one["type"] for one in told] == [
        "comment.scored", "comment.changed", "comment.scored",
    ]  # fmt: skip
    assert msgspec.json.decode(blog.heard[1][2])["by"] == "ann"
    assert secret not in worker.output
