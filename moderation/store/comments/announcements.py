"""Being told when a comment of a site waits no longer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors


@contextmanager
def listen(store: Store, site: str) -> Iterator[Callable[[bytes, float], bool]]:
    """Listen to a site's shard while the context lasts.

    Yield a function of a comment's id and the most seconds to wait, which says
    whether its verdict, a decision on it or its deletion was announced. What is announced
    after entering is not missed.
    """
    with store_errors():
        listener = store.redis.pubsub()
        try:
            listener.ssubscribe(keys.of_site(site).waiting)
            listener.get_message(timeout=1.0)

            def wait(raw_id: bytes, seconds: float) -> bool:
                until = time.monotonic() + seconds
                while (left := until - time.monotonic()) > 0:
                    message = listener.get_message(timeout=left)
                    if message and message["type"] == "smessage" and message["data"] == raw_id:
                        return True
                return False

            yield wait
        finally:
            listener.close()
