"""The index of an installation of several machines: one keeps it, the next takes over."""

from __future__ import annotations

import os
from pathlib import Path
from time import time

import msgspec
import pytest

from moderation.flow.authorise import Grant
from moderation.flow.runtime import Runtime
from moderation.flow.search import finding, folders, following
from moderation.settings import Settings
from tests.factories import SITE
from tests.moderation.flow.search.conftest import Follower, Search
from tests.moderation.flow.search.followed import finds, send
from tests.processes import until


def test_a_machine_takes_the_index_over_and_makes_it_in_its_own_folder(
    runtime: Runtime, settings: Settings, grant: Grant, search: Search, tmp_path: Path
) -> None:
    there = msgspec.structs.replace(settings, search=str(tmp_path / "another machine"))
    ids = send(runtime, grant, "the same words", "and other words")
    first = Follower(settings)
    finds(search, "words", ids)
    second = Follower(there)
    try:
        assert finding.is_here(runtime.store, settings)
        assert not finding.is_here(runtime.store, there)
        first.end()
        until(lambda: finding.is_here(runtime.store, there))
        assert not finding.is_here(runtime.store, settings)
        assert search("words").how == "scan", "where people search on the first, it is said"
        runtime.settings = there
        runtime._owned.pop(finding.Readers)
        finds(search, "words", ids)
        ids += send(runtime, grant, "more words")
        finds(search, "words", ids)
        # The first comes back: it waits, and touches neither index.
        first = Follower(settings)
        ids += send(runtime, grant, "last words")
        finds(search, "words", ids)
        assert finding.is_here(runtime.store, there)
        wanted = finding.Filter(text="words", any_word=True)
        runtime.settings = settings
        runtime._owned.pop(finding.Readers)
        page = finding.find(runtime, [SITE], wanted, "", 100)
        assert page.how == "scan" and sorted(c.id for c in page.comments) == sorted(ids)
    finally:
        first.end()
        second.end()
    assert folders.root(settings) != folders.root(there)


def test_what_is_left_of_an_index_that_another_machine_keeps_goes_after_a_day(
    runtime: Runtime,
    settings: Settings,
    grant: Grant,
    search: Search,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(following, "EXPIRED_SECONDS", 0.1)
    there = msgspec.structs.replace(settings, search=str(tmp_path / "another machine"))
    ids = send(runtime, grant, "the same words")
    first = Follower(settings)
    finds(search, "words", ids)
    first.end()
    root = folders.root(settings)
    assert root is not None
    (left,) = root.iterdir()
    begun = root / folders.new_token()
    begun.mkdir()  # As one that is being made in a folder that two share.
    second = Follower(there)
    until(lambda: finding.is_here(runtime.store, there))
    first = Follower(settings)
    try:
        assert left.exists(), "a process that shares the folder might write it"
        a_day_ago = time() - following.ERASED_MS / 1000 - 60
        os.utime(left, (a_day_ago, a_day_ago))
        until(lambda: not left.exists())
        assert begun.exists()
        assert finding.is_here(runtime.store, there)
    finally:
        first.end()
        second.end()
