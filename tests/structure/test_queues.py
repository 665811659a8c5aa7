"""Queues and tasks: whatever is sent is known, whatever is named is consumed."""

import ast
from collections import Counter
from pathlib import Path

from moderation.flow import tasks as names
from workers import tasks
from workers.app import app

ROOT = Path(__file__).parents[2]
OURS = {name for name in app.tasks if name.startswith("workers.")}


def test_every_task_that_is_sent_exists_and_has_a_queue() -> None:
    assert tasks.app is app
    assert set(names.QUEUE_OF) == OURS


def test_every_queue_is_consumed_by_a_worker_that_is_told_nothing() -> None:
    consumed = {queue.name for queue in app.conf.task_queues}
    assert set(names.QUEUE_OF.values()) == consumed
    assert app.conf.task_default_queue in consumed


def test_each_kind_of_tick_has_a_queue_in_which_one_can_wait_alone() -> None:
    queues = Counter(names.QUEUE_OF.values())
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in OURS
        assert queues[names.QUEUE_OF[entry["task"]]] == 1
    assert app.conf.beat_scheduler == "workers.ticks:Ticks"


def test_what_beat_does_not_send_expires_and_its_queues_are_bounded() -> None:
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert set(names.EXPIRES_SECONDS) == OURS - scheduled
    assert set(names.MOST_WAITING) == {names.QUEUE_OF[task] for task in OURS - scheduled}


def test_workers_accept_nothing_but_json() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"
    assert app.conf.worker_enable_remote_control is False


def test_a_task_is_one_call_into_the_flow() -> None:
    module = ast.parse((ROOT / "workers" / "tasks.py").read_text())
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    assert len(functions) == len(OURS)
    for function in functions:
        docstring, call = function.body
        assert isinstance(docstring, ast.Expr), function.name
        assert isinstance(call, ast.Expr), function.name
        assert isinstance(call.value, ast.Call), function.name
