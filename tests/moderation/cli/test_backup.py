"""`backup`, `restore`, `export`: what an operator types, and what becomes of the files."""

from __future__ import annotations

import gzip
import json
import os
import resource
from pathlib import Path

import pytest

from moderation.cli import main
from moderation.flow.labels.deciding import forget
from moderation.flow.runtime import Runtime
from moderation.flow.sites import backups, first_run
from moderation.settings import Settings
from moderation.store import keys, sites
from tests.conftest import SECRET
from tests.moderation.cli.conftest import Winnow
from tests.moderation.flow.models.taught import teach_site

Prepared = dict[str, str]
OTHER = "yet another secret of thirty-two characters"


@pytest.fixture
def elsewhere(settings, monkeypatch):
    """Let commands work on another store, which is empty."""

    def go() -> None:
        monkeypatch.setenv("WINNOW_REDIS_URL", settings.redis_url.replace("db=0", "db=7"))

    return go


def test_a_backup_is_private_whole_and_never_written_over(
    prepared: Prepared, winnow: Winnow, runtime: Runtime, tmp_path: Path, elsewhere
) -> None:
    teach_site(runtime, "demo", 6)
    file = tmp_path / "all.gz"
    winnow("backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.glob("all*")] == ["all.gz"]
    assert "--force" in winnow("backup", str(file), status=1)
    winnow("backup", str(file), "--force")
    lines = winnow("backup", "-").splitlines()
    assert json.loads(lines[0])["line"] == "head"
    assert json.loads(lines[-1])["pieces"] == len(lines) - 2
    assert "a whole installation" in winnow("restore", str(file), "--check")
    assert "not empty" in winnow("restore", str(file), status=1)
    cut = tmp_path / "cut.gz"
    cut.write_bytes(file.read_bytes()[:-100])
    elsewhere()
    assert "cut off" in winnow("restore", str(cut), status=1)
    plain = tmp_path / "plain"
    plain.write_bytes(gzip.decompress(file.read_bytes()))
    assert "restored" in winnow("restore", str(plain))
    assert "demo" in winnow("site", "list")


def test_a_backup_that_fails_leaves_no_file(
    prepared: Prepared, winnow: Winnow, tmp_path: Path
) -> None:
    assert "no such site" in winnow("backup", str(tmp_path / "x"), "--site", "no", status=1)
    assert not list(tmp_path.glob("x*"))


@pytest.mark.parametrize("command", ["backup", "export"])
def test_a_file_that_cannot_be_written_is_named_in_one_line(
    prepared: Prepared,
    winnow: Winnow,
    runtime: Runtime,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    teach_site(runtime, "demo", 6)
    nowhere = tmp_path / "nowhere" / "x"
    said = winnow(command, str(nowhere), status=1)
    assert f"winnow: {nowhere}.part: No such file or directory\n" in said
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # As on a full disk, an open file takes no more, and the error does not say which one.
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(SystemExit):
            main([command, str(tmp_path / "x")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    said = capsys.readouterr().err
    assert said.splitlines()[-1] == f"winnow: {tmp_path / 'x'}: File too large"
    assert "Traceback" not in said and not (tmp_path / "x").exists()


def test_a_restore_from_a_pipe_is_refused(
    prepared: Prepared, winnow: Winnow, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "x")
    assert "into a file first" in winnow("restore", str(tmp_path / "x"), status=1)


def test_a_file_that_changes_while_it_is_put_back_leaves_no_store_that_passes_for_whole(
    prepared: Prepared,
    winnow: Winnow,
    runtime: Runtime,
    tmp_path: Path,
    elsewhere,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    teach_site(runtime, "demo", 6)
    file, whole = tmp_path / "x", tmp_path / "whole"
    winnow("backup", str(file))
    whole.write_bytes(file.read_bytes())
    elsewhere()
    look_at = backups.look_at

    def then_cut(lines):
        found = look_at(lines)
        plain = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
        file.write_bytes(b"".join(plain[:-5]))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(backups, "look_at", then_cut)
        with pytest.raises(SystemExit) as ended:
            main(["restore", str(file)])
    assert ended.value.code == 1
    assert "changed meanwhile" in capsys.readouterr().err
    assert "restore" in winnow("site", "list", status=1)
    assert "restored" in winnow("restore", str(whole))
    assert "demo" in winnow("site", "list")


@pytest.mark.parametrize("other", ["another secret of thirty-two characters", ""])
def test_another_secret_is_told_before_anything_is_read_or_made(
    prepared: Prepared, winnow: Winnow, runtime: Runtime, tmp_path: Path, elsewhere,
    monkeypatch: pytest.MonkeyPatch, settings: Settings, other: str,
) -> None:  # fmt: skip
    teach_site(runtime, "demo", 6)
    file = tmp_path / "all.gz"
    winnow("backup", str(file))
    assert "under the secret of this machine" in winnow("restore", str(file), "--check")
    elsewhere()
    here = tmp_path / "here"
    monkeypatch.setenv("WINNOW_DATA", str(here))
    monkeypatch.setenv("WINNOW_SECRET_KEY", other)

    def never(lines: object) -> None:
        raise AssertionError("the whole file was read first")

    with monkeypatch.context() as patched:
        patched.setattr(backups, "look_at", never)
        assert "under another secret" in winnow("restore", str(file), status=1)
    assert "under another secret" in winnow("restore", str(file), "--check")
    assert not (here / "secret_key").exists()
    monkeypatch.setenv("WINNOW_SECRET_KEY", SECRET)
    assert "restored" in winnow("restore", str(file))
    monkeypatch.setenv("WINNOW_SECRET_KEY", OTHER)
    for words in (["site", "list"], ["backup", str(tmp_path / "again")], ["export", "-"]):
        assert "the secret is not that under which" in winnow(*words, status=1)
    assert not (tmp_path / "again").exists(), "it would have named a secret that opens nothing"


def test_a_site_put_into_a_store_without_one_brings_the_fingerprint_of_its_secret(
    prepared: Prepared, winnow: Winnow, runtime: Runtime, tmp_path: Path, elsewhere,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    teach_site(runtime, "demo", 6)
    file = tmp_path / "demo.gz"
    winnow("backup", str(file), "--site", "demo")
    elsewhere()
    winnow("migrate")
    winnow("restore", str(file))
    monkeypatch.setenv("WINNOW_SECRET_KEY", OTHER)
    assert "the secret is not that under which" in winnow("site", "list", status=1)


def lines_of(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_an_export_is_taught_again_elsewhere_and_goes_on_where_it_was(
    prepared: Prepared, winnow: Winnow, runtime: Runtime, tmp_path: Path
) -> None:
    first_run.add_site(runtime.store, "zoo")
    ids = {site: teach_site(runtime, site, 12) for site in ("demo", "zoo")}
    # Expired: the label outlives it.
    runtime.store.redis.delete(
        *(
            keys.of_site("demo").comment.encode() + name
            for name in runtime.store.redis.zrange(keys.of_site("demo").approved, 0, 1)
        )
    )
    forget(runtime, "zoo", ids["zoo"][3])
    file = tmp_path / "all.jsonl"
    winnow("export", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    found = lines_of(file)
    assert [line["site"] for line in found] == ["demo"] * 12 + ["zoo"] * 11
    assert [line["id"] for line in found if line["site"] == "zoo"] == [
        one for one in ids["zoo"] if one != ids["zoo"][3]
    ]
    assert sum("seq" in line for line in found) == 2
    assert winnow("export", "-") == file.read_text()
    whole = file.read_bytes()
    for size in (0, 100, len(whole) // 3, len(whole) - 1, len(whole)):
        again = tmp_path / "again"
        (tmp_path / "again.part").write_bytes(whole[:size])
        winnow("export", str(again), "--force")
        assert again.read_bytes() == whole, size
    (tmp_path / "again.part").write_text("a file of somebody\n")
    assert "no export" in winnow("export", str(again), "--force", status=1)

    winnow("export", str(tmp_path / "demo"), "--site", "demo")
    winnow("site", "add", "new")
    assert "labels written" in winnow("import", str(tmp_path / "demo"), "--site", "new")
    assert sites.read(runtime.store, "new").labels == 12
    winnow("export", str(tmp_path / "new"), "--site", "new")
    taught = [
        sorted((line["content"], line["label"], line["labelled_at"][:19]) for line in lines_of(one))
        for one in (tmp_path / "demo", tmp_path / "new")
    ]
    assert taught[0] == taught[1]
