"""One server and a Cluster that are measured beside each other, and what their servers took."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.clusters import Cluster
from tests.replicas import Node


class Beside(NamedTuple):
    """Both stores, the broker that both have, and a folder that goes with them."""

    folder: Path
    one: Node
    broker: Node
    cluster: Cluster

    @property
    def one_url(self) -> str:
        """The address of the one server, by TCP as the Cluster's."""
        return f"redis://127.0.0.1:{self.one.port}/0"


@contextmanager
def beside(replicas: int = 0) -> Iterator[Beside]:
    """Run one server, and a Cluster of three with so many replicas each, until the block ends."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wn-", dir="/tmp")))
        one, broker = (_ended(stack, Node(folder, name)) for name in ("one", "broker"))
        cluster = Cluster(folder, primaries=3, replicas=replicas)
        stack.callback(cluster.end)
        yield Beside(folder, one, broker, cluster)


def _ended(stack: ExitStack, node: Node) -> Node:
    stack.callback(node.end)
    return node


def seconds_of(nodes: Iterable[Node]) -> float:
    """Return the processor seconds that some servers took so far."""
    return sum(sum(psutil.Process(node.process.pid).cpu_times()[:2]) for node in nodes)
