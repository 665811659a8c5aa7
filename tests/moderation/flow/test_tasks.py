"""What is sent to workers: no message outlives the next one that makes up for it by long."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from moderation.flow import tasks as names


@pytest.mark.parametrize(
    "task, seconds",
    [(names.SCORE_INBOX, 60), (names.TELL_SITE, 60), (names.REBUILD_LEARNER, 600)],
)
def test_a_message_expires(runtime, task, seconds):
    before = dt.datetime.now(dt.UTC)
    assert runtime.tasks.send(task, "x")
    with runtime.tasks._app.connection_for_write() as connection:
        message = connection.default_channel.client.lpop(names.QUEUE_OF[task])
    expires = dt.datetime.fromisoformat(json.loads(message)["headers"]["expires"])
    late = (expires - before).total_seconds() - seconds
    assert 0 <= late < 5
