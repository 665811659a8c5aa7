"""`import` as an operator types it: a table, examples that do no harm, rejects, reasons."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from moderation.cli import main
from moderation.cli.progress import left
from moderation.cli.table import plain
from moderation.domain.decisions import LabelEntry
from moderation.settings import Settings
from moderation.store import Store, labels, sites
from tests import histories
from tests.conftest import SECRET

Winnow = Callable[..., tuple[str, str]]
SITE = "demo"


@pytest.fixture
def winnow(
    settings: Settings,
    kernels: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Winnow:
    """Run a command on a prepared installation; return what it printed, and what it complained."""
    monkeypatch.setenv("WINNOW_DATA", str(settings.data))
    monkeypatch.setenv("WINNOW_REDIS_URL", settings.redis_url)
    monkeypatch.setenv("WINNOW_BROKER_URL", settings.broker_url)
    monkeypatch.setenv("WINNOW_SECRET_KEY", SECRET)

    def run(*words: str, status: int = 0) -> tuple[str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        out, err = capsys.readouterr()
        assert (ended.value.code or 0) == status, err
        return out, err

    run("init")
    return run


def entries(store: Store) -> list[LabelEntry]:
    return labels.entries(store, SITE, 0, sites.read(store, SITE).labels)


def counted(out: str, words: str) -> int:
    table = out.partition("Examples:")[0].splitlines()
    (line,) = [line for line in table if line.strip().startswith(words)]
    return int(line.split()[-1].replace(",", ""))


def test_a_dry_run_shows_a_table_with_ten_examples_and_writes_nothing(
    winnow: Winnow, store: Store, tmp_path: Path
) -> None:
    path = histories.write("wxr", tmp_path / "blog.xml", 300)
    out, _ = winnow("import", str(path), "--site", SITE, "--dry-run")
    assert out.startswith("Would import from WordPress export (WXR):")
    assert (counted(out, "spam"), counted(out, "ham")) == (98, 196)
    assert counted(out, "without a label") == 6
    assert counted(out, "labels to write") == 294
    assert "decided from 2016-03-01 to 2016-03-02" in out
    examples = out.partition("Examples:\n")[2].splitlines()
    assert len(examples) == 10
    assert {line.split()[0] for line in examples} == {"spam", "ham"}
    assert sites.read(store, SITE).labels == 0


def test_an_import_says_what_it_did_and_how_far_it_was(
    winnow: Winnow, store: Store, tmp_path: Path
) -> None:
    path = histories.write("sql", tmp_path / "dump.sql", 300)
    out, err = winnow("import", str(path), "--site", SITE)
    assert out.startswith("Imported from WordPress database dump (SQL):")
    assert counted(out, "labels written") == 294 == sites.read(store, SITE).labels
    for stage in ("reading", "writing", "learning"):
        assert f"winnow: {stage} " in err
    out, _ = winnow("import", str(path), "--site", SITE)
    assert (counted(out, "labels written"), counted(out, "labelled the same here")) == (0, 294)


HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\u2066 \r\nline\u2028two\x9b31m\u200b"


def test_what_comments_say_does_nothing_to_the_terminal(winnow: Winnow, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    row = {"content": HOSTILE + " text", "label": "spam", "author": {"name": HOSTILE}}
    path.write_text(json.dumps(row) + "\n")
    for words in (("--dry-run",), ()):
        out, err = winnow("import", str(path), "--site", SITE, *words)
        assert " text" in out
        for shown in (out, err):
            assert all(c.isprintable() or c == "\n" for c in shown)
    folder = tmp_path / "comments"
    folder.mkdir()
    (folder / "a\x1b[2Jb.yml").write_text("message: [")
    _, err = winnow("import", str(folder), "--site", SITE)
    assert "file a" in err and "\x1b" not in err


def test_rejects_are_shown_by_line_and_all_of_them_written_where_that_is_asked_for(
    winnow: Winnow, tmp_path: Path
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"content": "Good", "label": "ham"}\n' + "broken\n" * 30)
    out, err = winnow("import", str(path), "--site", SITE, "--dry-run")
    assert counted(out, "rejected") == 30
    assert "30 × this is no JSON object" in out
    assert "  line 21: this is no JSON object\n" in err and "line 22:" not in err
    assert "… and 10 more (--rejects FILE writes all)" in err
    rejects = tmp_path / "rejects.txt"
    winnow("import", str(path), "--site", SITE, "--rejects", str(rejects))
    assert rejects.read_text().splitlines() == [
        f"line {n}: this is no JSON object" for n in range(2, 32)
    ]


def test_rejects_go_into_a_pipe_that_the_command_was_given(winnow: Winnow, tmp_path: Path) -> None:
    """As `--rejects >(gzip > rejects.gz)` of a shell gives it: somebody reads there."""
    path = tmp_path / "x.jsonl"
    path.write_text('{"content": "Good", "label": "ham"}\nbroken\n')
    reads, writes = os.pipe()
    winnow("import", str(path), "--site", SITE, "--rejects", f"/dev/fd/{writes}")
    os.close(writes)
    with os.fdopen(reads) as given:
        assert given.read() == "line 2: this is no JSON object\n"


@pytest.mark.parametrize("kind", ["-", "a pipe", "nothing"])
def test_what_could_not_be_read_again_is_refused_and_never_waited_for(
    winnow: Winnow, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "x"
    if kind == "a pipe":
        os.mkfifo(path)
    _, err = winnow("import", "-" if kind == "-" else str(path), "--site", SITE, status=1)
    why = "no such file or folder" if kind == "nothing" else "into a file first"
    assert why in err and err.count("\n") == 1


def test_a_file_for_rejects_that_cannot_be_written_is_told_before_anything_is_done(
    winnow: Winnow, store: Store, tmp_path: Path
) -> None:
    path = histories.write("wxr", tmp_path / "x.xml", 20)
    rejects = tmp_path / "nowhere" / "rejects.txt"
    words = ("import", str(path), "--site", SITE, "--rejects", str(rejects))
    _, err = winnow(*words, status=1)
    assert "--rejects cannot be written" in err and err.count("\n") == 1
    assert sites.read(store, SITE).labels == 0
    rejects.parent.mkdir()
    winnow(*words)


@pytest.mark.parametrize("kind", ["a pipe", "a folder"])
def test_rejects_go_into_a_file_and_nothing_is_waited_for(
    winnow: Winnow, tmp_path: Path, kind: str
) -> None:
    path = histories.write("wxr", tmp_path / "x.xml", 20)
    rejects = tmp_path / "rejects"
    os.mkfifo(rejects) if kind == "a pipe" else rejects.mkdir()
    _, err = winnow("import", str(path), "--site", SITE, "--rejects", str(rejects), status=1)
    assert "--rejects cannot be written: it is no file" in err and err.count("\n") == 1


@pytest.mark.parametrize("name", ["itself", "link", "hard link", "in its folder", "new there"])
def test_rejects_never_go_into_the_history_itself(
    winnow: Winnow, store: Store, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "blog"
    folder.mkdir()
    path = histories.write("wxr", folder / "x.xml", 20, faults=True)
    before, rejects, imported = path.read_bytes(), path, path
    if name == "link":
        rejects = tmp_path / "link"
        rejects.symlink_to(path)
    elif name == "hard link":
        rejects = tmp_path / "other"
        rejects.hardlink_to(path)
    elif name.endswith(("folder", "there")):
        imported = folder
        rejects = folder / ("x.xml" if name == "in its folder" else "rejects.txt")
    words = ("import", str(imported), "--site", SITE, "--rejects", str(rejects))
    _, err = winnow(*words, status=1)
    assert "--rejects cannot be written: it " in err and "imported" in err
    assert path.read_bytes() == before and list(folder.iterdir()) == [path]
    assert sites.read(store, SITE).labels == 0


@pytest.mark.parametrize("why", ["site", "store", "secret", "file"])
def test_an_import_that_is_refused_leaves_no_file_that_says_there_were_no_rejects(
    winnow: Winnow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, why: str
) -> None:
    path = histories.write("wxr", tmp_path / "x.xml", 20)
    rejects = tmp_path / "rejects.txt"
    if why == "store":
        monkeypatch.setenv("WINNOW_REDIS_URL", "redis://127.0.0.1:1/0")
    elif why == "secret":
        monkeypatch.delenv("WINNOW_SECRET_KEY")
    elif why == "file":
        path.write_text("no history")
    site = "nowhere.example" if why == "site" else SITE
    winnow("import", str(path), "--site", site, "--rejects", str(rejects), status=1)
    assert not rejects.exists()


def test_what_cannot_be_imported_ends_with_one_line_that_says_why(
    winnow: Winnow, store: Store, tmp_path: Path
) -> None:
    whole = histories.write("wxr", tmp_path / "blog.xml", 50)
    cut = tmp_path / "cut.xml"
    cut.write_text(whole.read_text()[:5000])
    for words in (("--dry-run",), ()):
        _, err = winnow("import", str(cut), "--site", SITE, *words, status=1)
        last = err.splitlines()[-1]
        assert last.startswith("winnow: line ") and last.endswith("; nothing was imported")
    assert sites.read(store, SITE).labels == 0
    _, err = winnow("import", str(whole), "--site", "nowhere.example", status=1)
    assert "there is no site nowhere.example" in err.splitlines()[-1]
    out, _ = winnow("import", str(cut), "--site", SITE, "--partial", status=1)
    assert "could not be read to its end: line " in out
    assert counted(out, "labels written") == sites.read(store, SITE).labels > 0


@pytest.mark.parametrize(
    "seconds, words",
    [(None, ""), (0, ", 0 s left"), (89, ", 89 s left"), (600, ", 10 min left"),
     (9000, ", 2.5 h left")],
)  # fmt: skip
def test_the_time_left_is_said_in_words(seconds: int | None, words: str) -> None:
    assert left(seconds) == words


def test_text_for_a_terminal_is_one_line_of_what_is_printed() -> None:
    assert plain("a\tb\n\nc \x1b[1md\u202ee") == "a b c [1md e"


def test_times_that_cannot_be_read_are_told_with_their_lines_and_counted(
    winnow: Winnow, tmp_path: Path
) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text(
        "id;content;date;label\n1;One;31.12.2009 14:05;ham\n2;Two;in May;ham\n3;Three;soon;spam\n"
    )
    out, err = winnow("import", str(path), "--site", SITE)
    assert (counted(out, "labels written"), counted(out, "rejected, by line below")) == (3, 0)
    assert "decided from 2009-12-31 to 2009-12-31" in out
    assert "2 × its time cannot be read" in out
    assert "  line 3: its time cannot be read" in err
    assert "  line 4: its time cannot be read" in err


def test_rows_in_another_encoding_are_rejected_for_one_reason(
    winnow: Winnow, tmp_path: Path
) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes("id,content,label\n1,Grüße,ham\n22,aus Köln,ham\n".encode("cp1252"))
    out, err = winnow("import", str(path), "--site", SITE, "--dry-run")
    assert "2 × a byte is no UTF-8: say in which encoding the file is" in out
    assert "line 2: byte 5 is no UTF-8" in err


def test_an_import_says_how_it_is_taken_back(winnow: Winnow, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text("id,content,label\n1,One,ham\n2,Two,spam\n")
    dry, _ = winnow("import", str(path), "--site", SITE, "--dry-run")
    assert "withdraw" not in dry
    out, _ = winnow("import", str(path), "--site", SITE)
    (line,) = [line for line in out.splitlines() if "labels withdraw" in line]
    words = line.partition("`")[2].rstrip("`").split()
    taken, _ = winnow(*words)
    assert "2" in taken
    assert [one.label for one in entries(store)] == ["ham", "spam", None, None]
    again, _ = winnow("import", str(path), "--site", SITE, "--dry-run")
    assert counted(again, "labels to write") == 2
