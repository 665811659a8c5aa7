"""Brokers that are not the store: RabbitMQ, and a Redis of its own. What becomes of work when they
are killed, emptied or cut off."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import msgspec
import pytest
from amqp.exceptions import PreconditionFailed
from kombu.connection import Connection
from kombu.entity import Queue

from moderation.cli import embedded, services
from moderation.domain.comments import Submission
from moderation.domain.errors import StoreDown
from moderation.flow.authorise import Grant
from moderation.flow.comments.submitting import submit
from moderation.flow.lookup import find
from moderation.flow.runtime import Runtime
from moderation.flow.tasks import MOST_WAITING, SCORE_INBOX, SCORE_QUEUE, SWEEP_QUEUE, Tasks
from moderation.settings import Settings
from tests.conftest import SECRET, Server, program
from tests.e2e.running import free_port
from tests.parting import Parting
from tests.processes import Running, until
from tests.rabbit import QUEUES, Rabbit
from tests.replicas import Node
from tests.workers.conftest import Part
from workers.app import make_app
from workers.ticks import Ticks

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(400)]

HANDFUL = 10
"""Most lines of one process: each kind of tick once a minute, and what Celery says."""
LINE = re.compile(r"\S+T\S+[+]00:00 [A-Z]+ [\w.]+\[\d+\]")

Fault = Callable[["Broker"], AbstractContextManager[None]]


class Broker:
    """A broker of its own behind a way that can be parted; `url` leads there."""

    def __init__(self, folder: Path, is_rabbit: bool) -> None:
        self.node: Rabbit | Node
        if is_rabbit:
            self.node = Rabbit(folder)
            form = "amqp://guest:guest@127.0.0.1:{}//"
        else:
            self.node = Node(folder, "broker", program("redis"))
            form = "redis://127.0.0.1:{}/0"
        self.way = Parting(self.node.port)
        self.url = form.format(self.way.port)

    def settle(self) -> None:
        if isinstance(self.node, Rabbit):
            self.node.settle()

    def empty(self) -> None:
        if isinstance(self.node, Rabbit):
            self.node.empty()
        else:
            with self.node.client() as client:
                client.flushall()

    def waiting(self, queue: str) -> int:
        if isinstance(self.node, Rabbit):
            return self.node.waiting(queue)
        with self.node.client() as client:
            return int(client.llen(queue))

    def kill(self) -> None:
        self.node.kill() if isinstance(self.node, Rabbit) else self.node.end()

    def end(self) -> None:
        self.way.close()
        self.node.end()


@pytest.fixture(scope="module")
def made() -> Iterator[Callable[[str], Broker]]:
    """Return brokers by name, each started when first asked for."""
    found: dict[str, Broker] = {}
    with tempfile.TemporaryDirectory(prefix="wn-", dir=embedded.make_runtime_folder()) as folder:

        def get(name: str) -> Broker:
            if name not in found:
                place = Path(folder) / name
                place.mkdir()
                found[name] = Broker(place, name == "rabbit")
            return found[name]

        yield get
        for each in found.values():
            each.end()


@pytest.fixture(params=["rabbit", "redis"])
def broker(made: Callable[[str], Broker], request: pytest.FixtureRequest) -> Broker:
    """Return a broker without a message."""
    found = made(request.param)
    found.settle()
    found.empty()
    return found


@pytest.fixture
def settings(valkey: Server, broker: Broker, tmp_path: Path) -> Settings:
    """Return settings that name the broker."""
    return Settings.from_env(
        {
            "WINNOW_DATA": str(tmp_path / "var"),
            "WINNOW_REDIS_URL": valkey.url,
            "WINNOW_BROKER_URL": broker.url,
            "WINNOW_SECRET_KEY": SECRET,
        }
    )


@contextmanager
def killed(broker: Broker) -> Iterator[None]:
    broker.kill()
    yield
    broker.node.start()


@contextmanager
def emptied(broker: Broker) -> Iterator[None]:
    yield
    if isinstance(broker.node, Rabbit):
        broker.node.delete()
    else:
        broker.empty()


@contextmanager
def parted(broker: Broker) -> Iterator[None]:
    with broker.way.parted():
        yield


def send(runtime: Runtime, grant: Grant, text: str) -> str:
    return submit(runtime, grant, [Submission(content=text)])[0].id


def is_judged(runtime: Runtime, comment: str) -> bool:
    """Say whether a comment has its verdict; the store may be slow on a busy machine."""
    with suppress(StoreDown):
        return find(runtime, "demo", comment).verdict is not None
    return False


def strike(
    fault: Fault, broker: Broker, runtime: Runtime, grant: Grant, running: tuple[Running, Running]
) -> None:
    """Submit while the broker is away and after it, and wait until all of it has its verdict."""

    def said() -> str:
        return "\n".join(process.output[-6000:] for process in running)

    with fault(broker):
        comments = [send(runtime, grant, f"Which port does part {n} use?") for n in range(3)]
    comments.append(send(runtime, grant, "Thanks, the second example fixed my build."))
    until(lambda: all(is_judged(runtime, c) for c in comments), 90, said)
    until(lambda: runtime.tasks.send(SCORE_INBOX, 0), 60, said)
    until(lambda: broker.waiting(SCORE_QUEUE) == 0, 60, said)
    assert "Traceback" not in running[1].output, said()
    broker.settle()


@pytest.mark.parametrize(
    "broker", ["rabbit", pytest.param("redis", marks=pytest.mark.slow)], indirect=True
)
def test_work_goes_on_when_a_broker_is_back_and_nothing_accepted_is_lost(
    broker: Broker, start: Part, settings: Settings, runtime: Runtime, grant: Grant
) -> None:
    running = start(services.worker(settings)), start(services.beat(settings))
    comment = send(runtime, grant, "Is there a version for the new release?")
    until(lambda: is_judged(runtime, comment), 60, lambda: running[0].output)
    for fault in (emptied, killed, parted):
        strike(fault, broker, runtime, grant, running)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [emptied, killed, parted])
def test_a_broker_may_fail_five_times(
    fault: Fault, broker: Broker, start: Part, settings: Settings, runtime: Runtime, grant: Grant
) -> None:
    running = start(services.worker(settings)), start(services.beat(settings))
    running[0].says("ready.")
    for _ in range(5):
        strike(fault, broker, runtime, grant, running)


@pytest.mark.slow
def test_a_worker_notices_that_it_is_cut_off_and_comes_back(
    broker: Broker, start: Part, settings: Settings, runtime: Runtime, grant: Grant
) -> None:
    worker = start(services.worker(settings))
    worker.says("ready.")
    with broker.way.parted():
        worker.says("onnection to broker lost", 120)
        comment = send(runtime, grant, "Which port does it use?")
    start(services.beat(settings))
    until(lambda: is_judged(runtime, comment), 90, lambda: worker.output)


def test_messages_do_not_pile_up_in_a_broker(broker: Broker, settings: Settings) -> None:
    tasks = Tasks(settings.broker_url)
    for _ in range(MOST_WAITING[SCORE_QUEUE] + 5):
        assert tasks.send(SCORE_INBOX, 0), "it was asked, and has enough"
    assert broker.waiting(SCORE_QUEUE) == MOST_WAITING[SCORE_QUEUE]


@pytest.mark.slow
def test_a_broker_that_was_killed_has_its_messages_and_is_met_by_a_new_connection(
    broker: Broker, settings: Settings
) -> None:
    tasks = Tasks(settings.broker_url)
    assert tasks.send(SCORE_INBOX, 0)
    broker.kill()
    assert not tasks.send(SCORE_INBOX, 0)
    broker.node.start()
    assert tasks.send(SCORE_INBOX, 0)
    assert broker.waiting(SCORE_QUEUE) == 2


@pytest.mark.parametrize("broker", ["rabbit"], indirect=True)
def test_queues_of_rabbitmq_are_quorum_queues(broker: Broker) -> None:
    for name in QUEUES:
        with (
            Connection(broker.url) as connection,
            connection.channel() as channel,
            pytest.raises(PreconditionFailed, match="'quorum'"),
        ):
            Queue(name)(channel).queue_declare()


@pytest.mark.slow
def test_an_outage_of_a_broker_is_a_handful_of_lines(
    broker: Broker, start: Part, settings: Settings, runtime: Runtime, grant: Grant
) -> None:
    running = start(services.worker(settings)), start(services.beat(settings))
    running[0].says("ready.")
    comment = send(runtime, grant, "Which port does it use?")
    until(lambda: is_judged(runtime, comment), 60)
    said = [len(process.output) for process in running]
    broker.kill()
    # Beat says it when its next tick is due, and again no sooner than in a minute.
    running[1].says("the broker did not take", 30)
    running[0].says("onnect", 30)
    broker.node.start()
    comment = send(runtime, grant, "Which port does it use now?")
    until(
        lambda: is_judged(runtime, comment),
        90,
        lambda: "\n".join(process.output for process in running),
    )
    for process, before in zip(running, said, strict=True):
        lines = process.output[before:].splitlines()
        assert not [line for line in lines if not LINE.match(line)], "\n".join(lines)
        assert len(lines) <= HANDFUL, "\n".join(lines)
        assert ":guest@" not in process.output


def test_web_and_beat_go_to_the_next_node_where_the_first_is_dead(
    made: Callable[[str], Broker], settings: Settings
) -> None:
    alive = made("rabbit")
    alive.empty()
    url = f"amqp://guest:guest@127.0.0.1:{free_port()}//;{alive.url}"
    assert Tasks(url).send(SCORE_INBOX, 0), "the second node was asked"
    assert alive.waiting(SCORE_QUEUE) == 1
    app = make_app(msgspec.structs.replace(settings, broker_url=url), include=())
    ticks = Ticks(app=app)
    for entry in ticks.schedule.values():
        ticks.apply_entry(entry)
    assert alive.waiting(SWEEP_QUEUE) == 1
    app.close()
