"""Under `CI=true` a skip is a failure: what a test needs must be there, or it is declared."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

MAY_BE_SKIPPED = (
    # The data is nobody's to pass on: it is checked where it lies.
    "NOT CHECKED that no row was copied from training data",
    # A shallow clone has no other version; two builds of this one are rolled in any case.
    "NOT ROLLED from the last release",
    # Mounting a small disk is for root alone, and not in every container.
    "NOT CHECKED on a disk that is really full",
    # Namespaces are for root alone too, and not in every container.
    "NOT RUN as containers",
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Turn a skip that is not declared into a failure."""
    report = yield
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2]
        if not any(declared in reason for declared in MAY_BE_SKIPPED):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} may not be skipped under CI=true: {reason}"
    return report
