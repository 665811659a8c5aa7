"""An installation with two sites, of two shards."""

from __future__ import annotations

import pytest

from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from tests.moderation.flow.privacy.lived import OTHER_SITE


@pytest.fixture
def both(runtime: Runtime) -> Runtime:
    """Return an installation with a second site, of another shard."""
    first_run.add_site(runtime.store, OTHER_SITE)
    return runtime
