"""A limit of time for each try of a test and for what ends it, not only for what it does first.

pytest-timeout gives a test one limit and takes it away when the test first fails: a second try, or
a server of the first that does not end, would be waited for until somebody ends the suite.
"""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Generator
from typing import Any

import pytest
from pytest_timeout import Settings, is_debugging

GRACE = float(os.environ.get("GRACE_OF_A_TEST", "60"))
"""Seconds after which a process that the limit did not stop says where it stands and is ended: its
test fails as one that crashed.
"""
LIMIT = pytest.StashKey[Settings]()
STDERR = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep the real standard error: within a test it is pytest's."""
    config.stash[STDERR] = os.dup(2)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give it back."""
    os.close(config.stash[STDERR])


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Settings) -> None:
    """Note a test's limit; pytest-timeout sets it."""
    item.stash[LIMIT] = settings


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Let no limit outlive its test."""
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Begin the limit of this try."""
    begin(item)
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Begin the limit of what ends the test."""
    begin(item)
    return (yield)


def begin(item: pytest.Item) -> None:
    """Set the test's limit anew, where it has one."""
    settings = item.stash.get(LIMIT, None)
    if settings is None or is_debugging():
        return
    item.ihook.pytest_timeout_cancel_timer(item=item)
    item.ihook.pytest_timeout_set_timer(item=item, settings=settings)
    stderr = item.config.stash[STDERR]
    faulthandler.dump_traceback_later(settings.timeout + GRACE, exit=True, file=stderr)
