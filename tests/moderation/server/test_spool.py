"""Bodies that are kept on the disk: whole, bounded, gone with their request."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from moderation.server import spool
from tests.moderation.server.conftest import Running, Talk
from tests.processes import until

Open = Callable[[], Talk]

BODY = os.urandom(1 << 20) * 48


@pytest.fixture
def folder(server: Running, tmp_path: Path) -> Path:
    """Return the folder into which bodies go."""
    server.asked.folder = str(tmp_path / "imports")
    return tmp_path / "imports"


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_large_body_is_kept_on_the_disk_and_gone_with_its_request(
    server: Running, talk: Open, folder: Path, is_chunked: bool
) -> None:
    client = talk()
    before = psutil.Process().memory_info().rss
    if is_chunked:
        client.send(b"POST /spooled HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        for at in range(0, len(BODY), 1 << 20):
            client.send(b"%x\r\n" % (1 << 20) + BODY[at : at + (1 << 20)] + b"\r\n")
        client.send(b"0\r\n\r\n")
    else:
        client.post("/spooled", BODY)
    status, said = client.answer()
    assert (status, said["digest"]) == (200, hashlib.sha256(BODY).hexdigest())
    assert Path(said["file"]).parent == folder
    assert said["CONTENT_LENGTH"] == str(len(BODY))
    assert psutil.Process().memory_info().rss - before < len(BODY) // 2
    until(lambda: left(folder) == [])


def test_it_counts_for_nothing_that_is_held_in_memory(
    server: Running, talk: Open, folder: Path
) -> None:
    client = talk()
    client.post("/spooled", BODY[: 20 << 20], length=len(BODY))
    # A last piece that is smaller than the file's buffer waits in it for the next.
    until(lambda: bool(left(folder)) and (folder / left(folder)[0]).stat().st_size >= 19 << 20)
    until(lambda: server.asked.counts.held < 1 << 20)
    client.send(BODY[20 << 20 :])
    assert client.answer()[1]["digest"] == hashlib.sha256(BODY).hexdigest()


def test_a_client_that_goes_away_leaves_nothing(server: Running, talk: Open, folder: Path) -> None:
    client = talk()
    client.post("/spooled", BODY[: 1 << 20], length=len(BODY))
    until(lambda: len(left(folder)) == 1)
    client.socket.close()
    until(lambda: left(folder) == [])


def test_a_body_that_stalls_leaves_nothing(server: Running, talk: Open, folder: Path) -> None:
    client = talk()
    client.post("/spooled", BODY[: 1 << 20], length=len(BODY))
    assert client.answer()[1]["body"] == "slow"
    until(lambda: left(folder) == [])


def test_one_that_is_too_large_is_refused_before_it_comes(
    server: Running, talk: Open, folder: Path
) -> None:
    client = talk()
    client.post("/spooled", b"x", length=2 << 30)
    assert client.answer()[1]["body"] == "large"
    assert left(folder) == []


def test_what_would_fill_the_disk_is_refused(
    server: Running, talk: Open, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = psutil.disk_usage(str(folder.parent)).free
    monkeypatch.setattr(spool, "LEFT_BYTES", free + (1 << 40))
    client = talk()
    client.post("/spooled", BODY[:100], length=1 << 20)
    assert client.answer()[1]["body"] == "full"
    until(lambda: left(folder) == [])


def test_a_disk_that_fills_while_a_body_comes_ends_it(
    server: Running, talk: Open, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = talk()
    client.post("/spooled", BODY[: 1 << 20], length=len(BODY))
    until(lambda: len(left(folder)) == 1)
    monkeypatch.setattr(spool, "LEFT_BYTES", 1 << 60)
    client.send(BODY[1 << 20 : 40 << 20])
    assert client.answer()[1]["body"] == "full"
    until(lambda: left(folder) == [])
