"""A process's runtime, with everyone who must hear of what happens in it."""

from __future__ import annotations

import logging

from classifier import Model
from moderation.domain.errors import SecretMismatch, StoreDown, StoreFull
from moderation.flow import secret
from moderation.flow.akismet import word_back
from moderation.flow.models import promoting
from moderation.flow.review import looking
from moderation.flow.runtime import Runtime
from moderation.flow.webhooks import listening
from moderation.settings import Settings

log = logging.getLogger(__name__)


def open_runtime(settings: Settings, shipped: Model | None = None) -> Runtime:
    """Return a runtime of this process alone; make it after a fork.

    `shipped` is the model of the settings where it is loaded already.

    Raises:
        SchemaMismatch: another version wrote the store.
    """
    runtime = Runtime.open(settings, shipped)
    try:
        secret.check(runtime.store, runtime.secret)
    except SecretMismatch as error:
        log.error("%s", error)
    except (StoreDown, StoreFull):
        pass  # It may come yet; /readyz asks each time.
    word_back.listen(runtime)
    promoting.listen(runtime)
    looking.listen(runtime)
    listening.listen(runtime)
    return runtime
