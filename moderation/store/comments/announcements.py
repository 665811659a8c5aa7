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
    channel = keys.of_site(site).waiting
    with store_errors():
        if store.is_spread:
            store.redis.exists(channel)  # What leads to its server follows it where it moved.
        listener = store.at(channel).pubsub()
        try:
            listener.ssubscribe(channel)
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
