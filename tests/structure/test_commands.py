"""Commands in docs are those that are there after `make run`, written in one way."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from moderation.cli import cli
from tests.structure.tree import ROOT, tracked

PAGES = [path for path in tracked(".md") if "classifier" not in path.parts]
BLOCKS = [
    pytest.param(block, id=f"{path.relative_to(ROOT)}-{number}")
    for path in PAGES
    for number, block in enumerate(re.findall(r"```sh\n(.*?)```", path.read_text(), re.DOTALL), 1)
]
OTHERWISE = re.compile(
    r"(?<!/bin/)python3? -m (?!json)|\.venv/bin/(python -m moderation|winnow)\b"
    r"|(?<!-n )(?<![\w./`-])winnow (?=[a-z]+ )|`winnow [a-z]"
)
"""Commands that are not found after `make run`, or a second way to write them."""


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_are_written_as_they_are_beside_the_makefile(page: Path) -> None:
    code = re.findall(r"```.*?\n(.*?)```|`([^`\n]+)`", page.read_text(), re.DOTALL)
    for text in ("".join(pair) for pair in code):
        assert not OTHERWISE.search(text), text


def test_every_command_in_the_docs_is_there() -> None:
    count = 0
    for page in PAGES:
        for words in re.findall(r"\./winnow ([a-z][a-z -]*[a-z])", page.read_text()):
            group: click.Command = cli
            for word in words.split():
                if not isinstance(group, click.Group):
                    break
                found = group.get_command(click.Context(group), word)
                assert found, f"./winnow {words} in {page.name}"
                group = found
            count += 1
    assert count > 40


def typed(page: Path) -> list[list[str]]:
    """Return the words of each command of ours in a page's blocks, without what the shell makes of
    them."""
    blocks = "".join(re.findall(r"```(?:sh)?\n(.*?)```", page.read_text(), re.DOTALL))
    found = []
    for line in re.findall(r"\./winnow (.*)", blocks.replace("\\\n", " ")):
        words = re.split(r"\s+(?:[|&<>]|#)|[;)]", line)[0]
        found.append(shlex.split(words))
    return found


def test_every_command_in_the_docs_takes_the_options_that_it_is_given() -> None:
    count = 0
    for page in PAGES:
        for words in typed(page):
            command: click.Command = cli
            while isinstance(command, click.Group) and words and not words[0].startswith("-"):
                name, *words = words
                found = command.get_command(click.Context(command), name)
                assert found, f"{name} in {page.name}"
                command = found
            command.make_parser(click.Context(command)).parse_args(list(words))
            count += 1
    assert count > 40


@pytest.mark.parametrize("block", BLOCKS)
def test_lines_for_sh_are_read_by_the_plainest_shell(block: str) -> None:
    shell = shutil.which("dash") or "sh"
    read = subprocess.run([shell, "-n"], input=block, capture_output=True, text=True)
    assert read.returncode == 0, read.stderr
    assert not re.search(r"\$\{[@*]:|\[\[|<<<|\bfunction \w|<\(|=~|\bdeclare\b", block)
