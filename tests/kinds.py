"""A server, a node with every slot of its Cluster, and a Sentinel, to be taken for each other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from moderation.cli import embedded
from tests.clusters import ClusterNode
from tests.processes import until
from tests.replicas import Node
from tests.sentinels import Sentinel


class Ports(NamedTuple):
    """Where each of them listens."""

    server: int
    node: int
    sentinel: int


@contextmanager
def one_of_each() -> Iterator[Ports]:
    """Run one of each, and return their ports."""
    folder = embedded.make_runtime_folder()
    server = Node(folder, "server")
    node = ClusterNode(folder, "node")
    node.ask("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    until(lambda: node.knows()["cluster_state"] == "ok")
    sentinel = Sentinel(folder / "watching", server.port, "")
    until(lambda: sentinel.ask("PING"))
    yield Ports(server.port, node.port, sentinel.port)
    sentinel.end()
    node.end()
    server.end()
    shutil.rmtree(folder)
