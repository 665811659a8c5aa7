"""Every command and part says in one line that a store, or a broker, is of the wrong kind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from moderation.cli import connect, embedded, main
from moderation.settings import Settings
from tests.certificates import certificate
from tests.conftest import SECRET, Server, program
from tests.e2e.running import free_port
from tests.kinds import one_of_each
from tests.moderation.cli.conftest import Winnow
from tests.replicas import Node


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    """Return addresses that lead to another kind of server than they say, by what it is."""
    with one_of_each() as ports:
        yield {
            "no Cluster": f"redis+cluster://127.0.0.1:{ports.server}/",
            "as a Sentinel is none": f"redis+sentinel://127.0.0.1:{ports.server}/winnow",
            "leads to a Sentinel": f"redis://127.0.0.1:{ports.sentinel}/0",
            "is a Cluster": f"redis://127.0.0.1:{ports.node}/0",
        }


KINDS = ["no Cluster", "as a Sentinel is none", "leads to a Sentinel", "is a Cluster"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", ["up", "init", "web", "worker", "beat"])
def test_no_part_starts(
    winnow: Winnow,
    addresses: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    part: str,
) -> None:
    monkeypatch.setattr("os.execve", lambda *_: pytest.fail("it starts"))
    monkeypatch.setenv("WINNOW_REDIS_URL", addresses[kind])
    said = winnow(part, status=1)
    assert kind in said
    assert "127.0.0.1" not in said


@pytest.mark.usefixtures("kernels", "winnow")
@pytest.mark.parametrize("kind", KINDS)
def test_the_doctor_says_so_and_goes_on(
    addresses: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    monkeypatch.setenv("WINNOW_REDIS_URL", addresses[kind])
    told = doctored(capsys)
    for check in ("store", "clock", "processes", "search"):
        assert next(line for line in told if f"  {check}: " in line).startswith("WRONG")
    assert kind in next(line for line in told if "  store: " in line)
    assert any(line.startswith("ok     model: ") for line in told)


@pytest.mark.usefixtures("kernels", "prepared")
@pytest.mark.parametrize("database", ["0", "1"])
@pytest.mark.parametrize(
    ("kind", "words"),
    [("is a Cluster", "it is a node of a Cluster"), ("leads to a Sentinel", "it is a Sentinel")],
)
def test_the_doctor_tells_a_broker_that_cannot_be_one(
    addresses: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    words: str,
    database: str,
) -> None:
    monkeypatch.setenv("WINNOW_BROKER_URL", addresses[kind].removesuffix("0") + database)
    (line,) = (line for line in doctored(capsys) if "  broker: " in line)
    assert line.startswith(f"WRONG  broker: {words}")


@pytest.mark.usefixtures("kernels", "prepared")
@pytest.mark.parametrize("by", ["port", "socket"])
def test_the_doctor_tells_a_broker_that_has_no_such_database(
    addresses: dict[str, str], valkey: Server, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], by: str,
) -> None:  # fmt: skip
    server = f"{addresses['no Cluster'].replace('redis+cluster', 'redis')}9999"
    if by == "socket":
        server = f"redis+socket://{valkey.socket}?virtual_host=9999"
    monkeypatch.setenv("WINNOW_BROKER_URL", server)
    (line,) = (line for line in doctored(capsys) if "  broker: " in line)
    assert line.startswith("WRONG  broker: it has no database of this number")


@pytest.mark.usefixtures("kernels")
def test_the_doctor_says_why_a_server_does_not_let_it_in(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    settings: Settings,
    tmp_path: Path,
) -> None:
    folder = embedded.make_runtime_folder()
    shown = certificate(tmp_path)
    monkeypatch.setenv("WINNOW_SECRET_KEY", SECRET)
    monkeypatch.setenv("WINNOW_DATA", str(settings.data))
    locked = Node(folder, "locked")
    with locked.client() as client:
        client.config_set("requirepass", "right")
    secure = Node(folder, "secure", program("redis"), certificate=shown)
    try:
        for url, words in (
            (f"redis://:not-its-word@127.0.0.1:{locked.port}/0", "user and password"),
            (f"redis://127.0.0.1:{locked.port}/0", "user and password"),
            (f"rediss://127.0.0.1:{secure.port}/0", "the certificate of the store is refused"),
        ):
            monkeypatch.setenv("WINNOW_REDIS_URL", url)
            monkeypatch.setenv("WINNOW_BROKER_URL", url)
            told = doctored(capsys)
            assert words in next(line for line in told if "  store: " in line)
            broker = next(line for line in told if "  broker: " in line)
            assert "password" in broker or "certificate" in broker
            assert "not-its-word" not in "".join(told)
    finally:
        locked.end()
        secure.end()
        shutil.rmtree(folder)


@pytest.mark.one_server
@pytest.mark.usefixtures("kernels", "winnow")
@pytest.mark.parametrize("part", ["web", "worker", "beat"])
def test_a_part_that_starts_without_its_store_says_what_it_waits_for(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    valkey: Server,
    part: str,
) -> None:
    started: list[object] = []
    monkeypatch.setattr("os.execve", lambda *words: started.append(words))
    with valkey.client() as client:
        client.config_set("requirepass", "right")
        try:
            for url, words in (
                (f"{valkey.url}&password=wrong", "user and password in the store's address"),
                (f"redis://127.0.0.1:{free_port()}/0", "the store does not answer"),
            ):
                caplog.clear()
                monkeypatch.setenv("WINNOW_REDIS_URL", url)
                with suppress(SystemExit):
                    main([part])
                (said,) = (line for line in caplog.messages if "waited for" in line)
                assert said.startswith(words)
        finally:
            client.config_set("requirepass", "")
    assert len(started) == 2


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("part", ["web", "worker", "beat"])
def test_a_store_that_does_not_say_what_it_is_may_carry_winnow(
    valkey: Server,
    winnow: Winnow,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    part: str,
) -> None:
    def starts(*_: object) -> None:
        raise SystemExit(0)

    monkeypatch.setattr("os.execve", starts)
    url = settings.redis_url.replace("unix://", "unix://limited:word@")
    monkeypatch.setenv("WINNOW_REDIS_URL", url)
    with valkey.client() as client:
        client.execute_command(
            "ACL", "SETUSER", "limited", "on", ">word", "~*", "&*", "+@all", "-info"
        )
        try:
            winnow(part)
            with connect.store_of(msgspec.structs.replace(settings, redis_url=url)) as store:
                connect.check(store)
        finally:
            client.execute_command("ACL", "DELUSER", "limited")
    assert "does not let Winnow ask what it is (INFO)" in caplog.text


def doctored(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines of a doctor who finds something wrong."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["doctor"])
    assert ended.value.code == 1
    return capsys.readouterr().out.splitlines()
