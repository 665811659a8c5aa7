"""A Cluster of servers: who has which slots, and a pool for each of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import redis
from redis import exceptions as failures
from redis.cluster import ClusterNode, NodesManager, get_node_name

from moderation.domain.errors import SchemaMismatch
from moderation.store import routes
from moderation.store.connection import Pool, forget_at_fork
from moderation.store.faults import fault
from moderation.store.routed import Routed

AGAIN_SECONDS = 0.1
"""Who has which slots is asked so often at most, however much fails."""


class Cluster(redis.ConnectionPool):
    """Hands out ways to all nodes, on which each command goes to the node of its slot.

    `pool_to` makes the pool of a node by its host and port and by what greets a new connection.
    The library's `NodesManager` knows the nodes and reads what they say of the slots.
    """

    def __init__(
        self,
        seeds: Sequence[tuple[str, int]],
        pool_to: Callable[[str, int, Callable[[Any], None]], Pool],
        greet: Callable[[Any], None],
    ) -> None:
        self._seeds, self._pool_to, self._greet_of_all = tuple(seeds), pool_to, greet
        super().__init__(protocol=2, decode_responses=False)
        forget_at_fork(self)

    def reset(self) -> None:
        """Forget every node, as in a process that was forked."""
        self._nodes: NodesManager | None = None
        self._pools: dict[int, Pool] = {}
        self._looking = threading.Lock()
        self._looked = 0.0
        self._is_stale = True
        self._knows_layout = False
        self._refused: SchemaMismatch | None = None
        self._failed: str | None = None
        self._greeting = threading.local()
        super().reset()

    def get_connection(self, *_: Any, **__: Any) -> Any:
        """Return a way to all nodes."""
        return Routed(self)

    def release(self, connection: Any) -> None:
        """Give what a way holds back to the pools of its nodes."""
        connection.end()

    def disconnect(self, inuse_connections: bool = True) -> None:
        """Hang up every connection to every node, or those that nobody uses now."""
        for node in self._known():
            node.redis_connection.connection_pool.disconnect(inuse_connections)

    def close(self) -> None:
        """Close every connection."""
        self.disconnect()

    def primaries(self) -> list[Any]:
        """Return a client of each node that has slots, in the order of their addresses."""
        nodes = self._look()
        found = [node for node in nodes.get_nodes_by_server_type("primary") if _has_pool(node)]
        return [node.redis_connection for node in sorted(found, key=lambda node: node.name)]

    def client_at(self, key: str | bytes) -> Any:
        """Return a client of the node that has a key, the same one for as long as it has it."""
        slot = routes.slot_of(key)
        self.pool_at(slot)  # It has a client by then.
        return self._look().get_node_from_slot(slot).redis_connection

    def pool_at(self, slot: int) -> Pool:
        """Return the pool of the node that has a slot, as far as is known.

        Raises:
            ConnectionError: no node has it, or none answers.
        """
        if self._is_stale:
            self._look()
        pools = self._pools
        found = pools.get(slot)
        if found is None:
            # Into the table that was there before: another thread may replace it meanwhile.
            found = pools[slot] = self._ask_manager(self._look(), slot)
        return found

    def _ask_manager(self, nodes: NodesManager, slot: int) -> Pool:
        try:
            node = nodes.get_node_from_slot(slot)
        except failures.RedisClusterException as error:
            self._is_stale = True
            raise failures.ConnectionError("no node has this slot") from error
        nodes.create_redis_connections([node])  # One that was named by MOVED has none yet.
        return node.redis_connection.connection_pool  # type: ignore[no-any-return]

    def moved(self, error: failures.MovedError) -> Pool:
        """Note that a slot is elsewhere, and return the pool of the node that has it."""
        nodes = self._nodes or self._look()
        try:
            nodes.move_slot(error)
        except KeyError:  # Nobody had it when this was asked last.
            self._is_stale = True
            nodes = self._look()
        self._is_stale = True  # What else has moved with it will be asked.
        found = self._pools[error.slot_id] = self._ask_manager(nodes, error.slot_id)
        return found

    def pool_of(self, host: str, port: int) -> Pool:
        """Return the pool of a node that another one named."""
        nodes = self._nodes or self._look()
        node = nodes.get_node(host, port)
        if node is None:
            self._is_stale = True
            node = self._look().get_node(host, port)
        if node is None:
            raise failures.ConnectionError("a node leads to one that no other one knows")
        nodes.create_redis_connections([node])
        return node.redis_connection.connection_pool  # type: ignore[no-any-return]

    def leave(self, pool: Pool | None = None) -> None:
        """Ask anew who has which slots, and this node last: it does not serve, another may."""
        if pool is not None:
            options = pool.connection_kwargs
            self._failed = get_node_name(options["host"], options["port"])
        self._is_stale = True

    def _look(self) -> NodesManager:
        """Return the nodes; ask them for the slots where these may have moved.

        One thread asks. The others go on with what is known, and wait only where nothing is.
        """
        found = self._nodes
        if found is not None and (not self._is_stale or monotonic() - self._looked < AGAIN_SECONDS):
            return found
        if not self._looking.acquire(blocking=found is None):
            return found  # type: ignore[return-value]  # It blocks where there is none.
        try:
            if self._nodes is None:
                self._nodes = self._first_look()
            elif self._is_stale:
                self._look_again(self._nodes)
            self._looked = monotonic()
            return self._nodes
        finally:
            self._looking.release()

    def _first_look(self) -> NodesManager:
        self._refused = None
        try:
            nodes = NodesManager(
                [ClusterNode(host, port) for host, port in self._seeds],
                from_url=True,
                connection_pool_class=self._pool_for,
            )
        except failures.RedisClusterException as error:
            # The library takes whatever fails on the way to a node for its silence.
            if self._refused is not None:
                raise self._refused from error
            cause = error.__cause__
            if isinstance(cause, failures.RedisClusterException):
                cause = cause.__context__  # What a node answered: the library says less of it.
            if isinstance(cause, Exception) and _says_more(cause):
                raise cause from error
            raise failures.ConnectionError("no node of the Cluster answers") from error
        # Those who told of the others were not asked for their layout: nobody knew where it stands.
        for node in nodes.nodes_cache.values():
            node.redis_connection.connection_pool.disconnect()
        self._is_stale, self._pools = False, {}
        return nodes

    def _look_again(self, nodes: NodesManager) -> None:
        self._is_stale = False
        try:
            nodes.initialize(
                disconnect_startup_nodes_pools=False, last_failed_node_name=self._failed
            )
        except failures.RedisClusterException:
            try:
                nodes.initialize(list(self._seeds), disconnect_startup_nodes_pools=False)
            except failures.RedisClusterException:  # What is asked of them will say so.
                self._is_stale = True
        self._pools = {}

    def _known(self) -> list[ClusterNode]:
        nodes = self._nodes
        return [] if nodes is None else [n for n in nodes.nodes_cache.values() if _has_pool(n)]

    def _pool_for(self, *, host: str, port: int, **_: Any) -> Pool:
        return self._pool_to(host, port, self._greet)

    def _greet(self, connection: Any) -> None:
        """Greet a new connection; what the layout is, one of the nodes knows.

        Where that one does not answer, the others are used by whoever knew the layout before.
        """
        try:
            self._greet_of_all(connection)
        except SchemaMismatch as error:
            self._refused = error
            raise
        except failures.MovedError as error:
            if self._nodes is None:
                return
            if getattr(self._greeting, "is_asked", False):
                self.moved(error)
                return
            self._greeting.is_asked = True
            try:
                pool = self.pool_at(routes.INSTALLATION)
                pool.release(pool.get_connection())
            except failures.RedisError:
                if not self._knows_layout:
                    raise
            finally:
                self._greeting.is_asked = False
        else:
            self._knows_layout = True


def _says_more(error: Exception) -> bool:
    """Say whether an error is no mere silence: a node's refusal, or a fault of this program."""
    if isinstance(error, failures.ResponseError):
        return fault(error) is not None
    return not isinstance(error, failures.RedisError | OSError)


def _has_pool(node: ClusterNode) -> bool:
    return node.redis_connection is not None
