"""A damaged append-only file: refused with what to do, cut on request, a copy kept."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner

from moderation.cli import append_only, connect
from moderation.cli.commands.doctor import doctor
from moderation.cli.embedded import Refused
from moderation.cli.supervisor import Supervisor
from moderation.settings import Settings

WRITTEN = 50


@pytest.fixture
def used(tmp_path: Path) -> Settings:
    """Return settings of an embedded store that has written something and was ended."""
    settings = Settings.from_env({"WINNOW_DATA": str(tmp_path / "var")})
    with (
        Supervisor(lambda _: None) as supervisor,
        connect.own_store(settings, supervisor) as own,
        redis.Redis.from_url(own.redis_url) as client,
    ):
        for n in range(WRITTEN):
            client.set(f"written:{n}", "x" * 100)
    return settings


def kept(settings: Settings) -> Path:
    return settings.data / "store" / "appendonlydir"


def last(settings: Settings) -> Path:
    (file,) = kept(settings).glob("*.incr.aof")
    return file


def starts(settings: Settings) -> set[str]:
    """Start the store as `up` does, and return what it holds."""
    with (
        Supervisor(lambda _: None) as supervisor,
        connect.own_store(settings, supervisor) as own,
        redis.Redis.from_url(own.redis_url) as client,
    ):
        return {key.decode() for key in client.keys("written:*")}


def refused(settings: Settings) -> str:
    with pytest.raises(Refused) as found:
        starts(settings)
    assert "\n" not in str(found.value)
    return str(found.value)


TAILS: list[tuple[str, Callable[[], bytes], str]] = [
    ("zeros", lambda: bytes(4096), "all of them zero, no write was in them"),
    ("garbage", lambda: b"\xff\x00garbage" * 300, "0 writes begin in them and are lost"),
    (
        "a write behind garbage",
        lambda: b"??" + b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n",
        "1 writes begin in them and are lost",
    ),
]


@pytest.mark.parametrize("tail, lost", [tail[1:] for tail in TAILS], ids=[t[0] for t in TAILS])
def test_a_damaged_tail_is_refused_with_the_repair_and_cut_by_it(
    used: Settings, tail: Callable[[], bytes], lost: str
) -> None:
    size = last(used).stat().st_size
    with last(used).open("ab") as file:
        file.write(tail())
    damaged = last(used).read_bytes()
    said = refused(used)
    assert f"cannot be read from byte {size} on ({len(tail())} of {len(damaged)} bytes)" in said
    assert "./winnow doctor --repair" in said
    assert last(used).read_bytes() == damaged, "nothing is cut unasked"

    lines = list(connect.repair(used))
    assert lines[-1] == f"cut {len(tail())} bytes from byte {size} on: {lost}"
    (copy,) = (used.data / "store").glob("damaged-*/*")
    assert copy.read_bytes() == damaged
    assert starts(used) == {f"written:{n}" for n in range(WRITTEN)}
    assert list(connect.repair(used)) == [
        "the store's file can be read: there is nothing to repair"
    ]


def test_damage_in_the_middle_says_how_much_goes_with_it(used: Settings) -> None:
    file = last(used)
    content = file.read_bytes()
    at = content.index(b"written:40") - 30
    file.write_bytes(content[:at] + bytes(20) + content[at + 20 :])
    said = refused(used)
    good = int(re.search(r"from byte (\d+) on", said)[1])
    assert f"({len(content) - good} of {len(content)} bytes)" in said
    list(connect.repair(used))
    assert starts(used) == {f"written:{n}" for n in range(40 if good > at - 40 else 39)}


def test_a_copy_that_cannot_be_made_leaves_the_file_as_it_is(
    used: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with last(used).open("ab") as file:
        file.write(bytes(100))
    damaged = last(used).read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(OSError, match="No space left"):
        list(connect.repair(used))
    assert last(used).read_bytes() == damaged


@pytest.mark.parametrize("left", [None, b"", b"\0" * 90], ids=["missing", "empty", "zeros"])
def test_data_without_a_manifest_are_refused_and_it_is_written_anew(
    used: Settings, left: bytes | None
) -> None:
    manifest = kept(used) / append_only.MANIFEST
    before = {file: file.read_bytes() for file in kept(used).iterdir() if file != manifest}
    manifest.unlink()
    if left is not None:
        manifest.write_bytes(left)
    assert "holds data and no appendonly.aof.manifest" in refused(used)
    assert {f: f.read_bytes() for f in kept(used).iterdir() if f != manifest} == before
    assert "is written anew" in next(connect.repair(used))
    assert starts(used) == {f"written:{n}" for n in range(WRITTEN)}


def test_a_manifest_is_not_guessed(used: Settings) -> None:
    (kept(used) / append_only.MANIFEST).unlink()
    shutil.copy(last(used), kept(used) / "appendonly.aof.2.incr.aof")
    with pytest.raises(Refused, match="not plain in which order"):
        list(connect.repair(used))


@pytest.mark.parametrize("pattern", ["*.base.rdb", "*.incr.aof"])
def test_a_file_that_the_manifest_names_and_is_gone_is_refused(
    used: Settings, pattern: str
) -> None:
    (file,) = kept(used).glob(pattern)
    file.unlink()
    assert f"{file} is missing: put back a backup" in refused(used)
    with pytest.raises(Refused, match="is missing"):
        list(connect.repair(used))


def test_a_snapshot_alone_is_not_taken_for_an_empty_store(used: Settings) -> None:
    shutil.rmtree(kept(used))
    (used.data / "store" / "dump.rdb").write_bytes(b"REDIS0011")
    assert "dump.rdb is a snapshot, which this store does not read" in refused(used)


def test_doctor_offers_the_repair_and_does_it_when_asked(
    used: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with last(used).open("ab") as file:
        file.write(os.urandom(64).replace(b"*", b"+"))
    monkeypatch.setenv("WINNOW_DATA", str(used.data))
    found = CliRunner().invoke(doctor)
    assert found.exit_code == 1 and "doctor --repair" in found.output, found.output
    repaired = CliRunner().invoke(doctor, ["--repair"])
    assert "repair cut 64 bytes from byte" in repaired.output, repaired.output
    assert "WRONG  store: it is empty" in repaired.output, "nobody prepared it in this test"


def test_a_store_that_is_used_is_not_repaired(used: Settings) -> None:
    with (
        Supervisor(lambda _: None) as supervisor,
        connect.own_store(used, supervisor),
        pytest.raises(Refused, match="a store still runs"),
    ):
        list(connect.repair(used))
