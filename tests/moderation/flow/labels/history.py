"""What tests need to import a history and to look at what came of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from moderation.domain.decisions import LabelEntry
from moderation.domain.jobs import Job
from moderation.flow.labels import importing
from moderation.flow.labels.history import Asked
from moderation.flow.runtime import Runtime
from moderation.history.staging import Staging
from moderation.store import labels, sites
from moderation.store.comments import reading
from tests.factories import SITE


def log(runtime: Runtime) -> list[LabelEntry]:
    return labels.entries(runtime.store, SITE, 0, sites.read(runtime.store, SITE).labels)


def ignored(_: Staging) -> None:
    pass


def done(runtime: Runtime, path: Path, **asked: Any) -> Job:
    """Import a file in this process."""
    job = importing.here(runtime, SITE, "test", Asked(str(path), **asked), lambda *_: None, ignored)
    assert job is not None
    return job


def lines(path: Path, *rows: dict[str, Any] | str) -> Path:
    path.write_text("".join(r if isinstance(r, str) else json.dumps(r) + "\n" for r in rows))
    return path


def comment(runtime: Runtime, external_id: str) -> Any:
    (raw,) = reading.find_externals(runtime.store, SITE, [external_id])
    return None if raw is None else reading.get(runtime.store, SITE, raw)
