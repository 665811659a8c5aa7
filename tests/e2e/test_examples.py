"""The examples of docs/integrate.md, each in its language, against a running Winnow."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.e2e.running import StartUp, Up
from tests.structure.tree import ROOT

PAGE = (ROOT / "docs" / "integrate.md").read_text()
CHAPTERS = dict(re.findall(r"^## ([^\n]+)\n.*?```\w+\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL))
PROMISED = re.search(r"All of them print\n\n```\n(.*?)```", PAGE, re.DOTALL)[1]  # type: ignore[index]
PROGRAMS = {
    "curl": ("curl", ["sh", "-eu"], "sh"),
    "Python": (sys.executable, [sys.executable], "py"),
    "PHP": ("php", ["php"], "php"),
    "JavaScript": ("node", ["node"], "mjs"),
}


def test_every_language_has_its_example() -> None:
    assert list(CHAPTERS) == list(PROGRAMS)


@pytest.mark.timeout(200)
def test_each_example_prints_what_the_page_says(start_up: StartUp) -> None:
    winnow: Up = start_up().ready()
    given = {"WINNOW_URL": winnow.url, "WINNOW_TOKEN": winnow.credentials["api_token"]}
    tried = []
    for language, code in CHAPTERS.items():
        program, words, ending = PROGRAMS[language]
        if not shutil.which(program):
            continue
        file = winnow.data.parent / f"example.{ending}"
        file.write_text(code)
        done = subprocess.run(
            [*words, str(file)], env=os.environ | given, capture_output=True, text=True, timeout=60
        )
        assert (done.stdout, done.stderr, done.returncode) == (PROMISED, "", 0), language
        tried.append(language)
    if tried != list(PROGRAMS):
        pytest.skip(f"NOT TRIED: the examples but for {', '.join(tried)}")
