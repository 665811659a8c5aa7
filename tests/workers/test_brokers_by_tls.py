"""A broker behind TLS: it is met by whoever trusts its authority, by the name in the address."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from celery import Celery
from kombu import pools

from moderation.cli import embedded, main
from moderation.flow.tasks import SCORE_INBOX, SWEEP_QUEUE, Tasks
from moderation.settings import Settings
from moderation.values import broker_address
from tests.certificates import Certificate, certificate
from tests.conftest import SECRET, program
from tests.rabbit import Rabbit
from tests.replicas import Node
from workers.app import make_app
from workers.ticks import Ticks

pytestmark = pytest.mark.timeout(300)

OTHER_NAME = "127.1"
"""Leads to the same place, and no certificate is for it."""


@pytest.fixture(scope="module", params=["redis", pytest.param("rabbit", marks=pytest.mark.slow)])
def secure(request: pytest.FixtureRequest) -> Iterator[tuple[str, Certificate]]:
    """Return the address of a broker that speaks TLS alone, to clients with a certificate."""
    folder = embedded.make_runtime_folder()
    shown = certificate(folder)
    node: Rabbit | Node
    if request.param == "rabbit":
        node = Rabbit(folder, shown)
        url = node.url
    else:
        node = Node(folder, "broker", program("redis"), certificate=shown)
        url = f"rediss://127.0.0.1:{node.port}/0?{shown.words}"
    yield url, shown
    node.end()
    shutil.rmtree(folder)


def is_met(url: str) -> bool:
    # kombu keeps one pool for each address, whatever is said of TLS there.
    pools.reset()
    return Tasks(broker_address(url)).send(SCORE_INBOX, 0)


def test_web_and_beat_send_by_tls(secure: tuple[str, Certificate], settings: Settings) -> None:
    url, _ = secure
    assert is_met(url)
    app: Celery = make_app(msgspec.structs.replace(settings, broker_url=url), include=())
    ticks = Ticks(app=app)
    for entry in ticks.schedule.values():
        ticks.apply_entry(entry)
    with (
        app.connection_for_read() as connection,
        connection.SimpleQueue(
            next(queue for queue in app.conf.task_queues if queue.name == SWEEP_QUEUE)
        ) as queue,
    ):
        assert queue.get(timeout=30)
    app.close()


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["authority", "system", "host", "nobody"])
def test_a_wrong_certificate_is_refused(
    fault: str, secure: tuple[str, Certificate], tmp_path: Path
) -> None:
    url, shown = secure
    trusted = str(shown.authority)
    changed = {
        "authority": url.replace(trusted, str(certificate(tmp_path).authority)),
        "system": url.replace(f"ssl_ca_certs={trusted}&", ""),
        "host": url.replace("127.0.0.1", OTHER_NAME),
        "nobody": url.partition("&")[0],
    }[fault]
    assert changed != url
    assert not is_met(changed)
    assert is_met(url), "it refuses that alone"


@pytest.mark.slow
@pytest.mark.parametrize("word", ["ssl_check_hostname=no", "ssl_cert_reqs=none"])
def test_names_are_not_compared_where_the_address_says_so(
    word: str, secure: tuple[str, Certificate]
) -> None:
    url, _ = secure
    assert is_met(f"{url.replace('127.0.0.1', OTHER_NAME)}&{word}")


def test_without_a_word_the_authorities_of_the_machine_are_trusted_alone(
    secure: tuple[str, Certificate],
) -> None:
    """kombu's own default is to trust everybody."""
    url, _ = secure
    assert not is_met(url.partition("?")[0])
    assert is_met(url), "it refuses that alone"


@pytest.mark.slow
def test_the_doctor_says_that_a_certificate_is_refused(
    secure: tuple[str, Certificate],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WINNOW_REDIS_URL", settings.redis_url)
    monkeypatch.setenv("WINNOW_DATA", str(settings.data))
    monkeypatch.setenv("WINNOW_SECRET_KEY", SECRET)
    monkeypatch.setenv("WINNOW_BROKER_URL", secure[0].replace("127.0.0.1", OTHER_NAME))
    with pytest.raises(SystemExit):
        main(["doctor"])
    assert "WRONG  broker: its certificate is refused" in capsys.readouterr().out
