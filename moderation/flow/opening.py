"""A process's runtime, with everyone who must hear of what happens in it."""

from __future__ import annotations

from moderation.flow.akismet import word_back
from moderation.flow.models import promoting
from moderation.flow.review import looking
from moderation.flow.runtime import Runtime
from moderation.settings import Settings


def open_runtime(settings: Settings) -> Runtime:
    """Return a runtime of this process alone; make it after a fork.

    Raises:
        SchemaMismatch: another version wrote the store.
    """
    runtime = Runtime.open(settings)
    word_back.listen(runtime)
    promoting.listen(runtime)
    looking.listen(runtime)
    return runtime
