"""A lost or changed secret is said at once, by whoever starts, is asked or looks."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
import pytest

from moderation.app import create_app
from moderation.cli import main
from moderation.flow import sealing
from moderation.flow.opening import open_runtime
from moderation.settings import Settings
from moderation.store import Store, fingerprint, keys
from tests.conftest import SECRET
from tests.e2e.running import free_port
from tests.moderation.cli.conftest import Winnow

OTHER = "another secret of thirty-two characters and more"


@pytest.mark.usefixtures("kernels", "prepared")
def test_another_secret_is_said_at_once_and_taken_when_it_was_meant(
    winnow: Winnow, settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    changed = msgspec.structs.replace(settings, secret=OTHER)
    before = store.redis.get(keys.FINGERPRINT)
    monkeypatch.setenv("WINNOW_SECRET_KEY", OTHER)
    monkeypatch.setenv("WINNOW_BIND", f"127.0.0.1:{free_port()}")  # Another may run beside.
    for words in (["init"], ["up"]):
        said = winnow(*words, status=1)
        assert "the secret is not that under which the store was written" in said
        assert "init --new-secret" in said
    with caplog.at_level(logging.ERROR):
        open_runtime(changed).close()
    assert "the secret is not that under which the store was written" in caplog.text
    assert OTHER not in caplog.text
    client = create_app(changed).test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["type"]) == (503, "/problems/secret-mismatch")
    assert store.redis.get(keys.FINGERPRINT) == before, "nobody but its owner changes it"

    winnow("init", "--new-secret")
    assert client.get("/readyz").status_code == 200
    monkeypatch.setenv("WINNOW_SECRET_KEY", SECRET)
    assert "not that under which" in winnow("init", status=1)


@pytest.mark.usefixtures("kernels", "prepared")
@pytest.mark.parametrize("command", ["web", "worker", "beat", "search follow", "init", "up"])
def test_a_machine_without_the_secret_starts_nothing_and_makes_none(
    winnow: Winnow, settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path, command: str,
) -> None:  # fmt: skip
    before = store.redis.get(keys.FINGERPRINT)
    monkeypatch.setenv("WINNOW_BIND", f"127.0.0.1:{free_port()}")
    monkeypatch.setenv("WINNOW_DATA", str(tmp_path / "second"))
    monkeypatch.delenv("WINNOW_SECRET_KEY")
    said = winnow(*command.split(), status=1)
    assert "set WINNOW_SECRET_KEY to that of the other machines" in said
    assert not (tmp_path / "second" / "secret_key").exists()
    monkeypatch.setenv("WINNOW_SECRET_KEY", OTHER)
    assert "not that under which" in winnow(*command.split(), status=1)
    assert store.redis.get(keys.FINGERPRINT) == before


@pytest.mark.usefixtures("kernels", "prepared")
@pytest.mark.parametrize(
    "command, is_noted",
    [
        ("migrate", True), ("migrate", False), ("init", False), ("key create ann", True),
        ("webhook add demo https://a.example/", False), ("backup all.wnw", True),
        ("feed key", True), ("doctor", False), ("train", True),
    ],
)  # fmt: skip
def test_whatever_the_command_no_secret_is_made_beside_a_store_that_has_one(
    winnow: Winnow, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str,
    capsys: pytest.CaptureFixture[str], is_noted: bool,
) -> None:  # fmt: skip
    if not is_noted:
        store.redis.delete(keys.FINGERPRINT)
    before = store.redis.get(keys.FINGERPRINT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WINNOW_DATA", str(tmp_path / "second"))
    monkeypatch.delenv("WINNOW_SECRET_KEY")
    with pytest.raises(SystemExit) as ended:
        main(command.split())
    said = capsys.readouterr()
    assert ended.value.code == 1
    assert "set WINNOW_SECRET_KEY to that of the other machines" in said.out + said.err
    assert not (tmp_path / "second" / "secret_key").exists()
    assert store.redis.get(keys.FINGERPRINT) == before


@pytest.mark.usefixtures("kernels", "prepared")
def test_a_new_secret_is_made_where_that_is_asked_for(
    winnow: Winnow, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = store.redis.get(keys.FINGERPRINT)
    monkeypatch.setenv("WINNOW_DATA", str(tmp_path / "second"))
    monkeypatch.delenv("WINNOW_SECRET_KEY")
    winnow("init", "--new-secret")
    assert (tmp_path / "second" / "secret_key").exists()
    assert store.redis.get(keys.FINGERPRINT) != before


@pytest.mark.parametrize("command", ["web", "search follow"])
def test_no_secret_is_made_while_the_store_cannot_say_whether_it_has_one(
    winnow: Winnow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    monkeypatch.setenv("WINNOW_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    monkeypatch.setenv("WINNOW_DATA", str(tmp_path / "second"))
    monkeypatch.delenv("WINNOW_SECRET_KEY", raising=False)
    said = winnow(*command.split(), status=1)
    assert "the store does not answer, and this machine has no secret" in said
    assert not (tmp_path / "second" / "secret_key").exists()


@pytest.mark.usefixtures("kernels", "prepared")
def test_the_doctor_compares_the_secret(
    winnow: Winnow, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:

    assert "the secret is that under which it was written" in winnow("doctor")
    monkeypatch.setenv("WINNOW_SECRET_KEY", OTHER)
    with pytest.raises(SystemExit) as ended:
        main(["doctor"])
    assert ended.value.code == 1
    assert "WRONG  store: the secret is not that under which" in capsys.readouterr().out


def test_a_store_of_before_notes_the_secret_at_its_next_start(
    winnow: Winnow, prepared: dict[str, str], store: Store
) -> None:
    store.redis.delete(keys.FINGERPRINT)
    winnow("init")
    assert fingerprint.read(store) == sealing.fingerprint(SECRET.encode())


def test_the_fingerprint_tells_secrets_apart_and_holds_nothing_of_them() -> None:
    made = {sealing.fingerprint(secret.encode()) for secret in (SECRET, OTHER, SECRET + "x")}
    assert len(made) == 3 and {len(one) for one in made} == {32}
    assert not any(one in SECRET.encode() or SECRET.encode() in one for one in made)
