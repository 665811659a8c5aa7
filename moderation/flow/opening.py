"""A process's runtime, with everyone who must hear of what happens in it."""

from __future__ import annotations

from classifier import Model
from moderation.flow.akismet import word_back
from moderation.flow.models import promoting
from moderation.flow.review import looking
from moderation.flow.runtime import Runtime
from moderation.settings import Settings


def open_runtime(settings: Settings, shipped: Model | None = None) -> Runtime:
    """Return a runtime of this process alone; make it after a fork.

    `shipped` is the model of the settings where it is loaded already.

    Raises:
        SchemaMismatch: another version wrote the store.
    """
    runtime = Runtime.open(settings, shipped)
    word_back.listen(runtime)
    promoting.listen(runtime)
    looking.listen(runtime)
    return runtime
