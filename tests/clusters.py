"""A real Cluster on this machine: primaries with or without replicas, slots that move."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis
from redis.crc import key_slot

from tests.certificates import Certificate
from tests.e2e.running import free_port
from tests.processes import until
from tests.replicas import Node

SLOTS = 16384
TIMEOUT_MS = 2000
"""A node that is silent for so long is taken for dead. Long enough for a busy machine."""


class ClusterNode(Node):
    """A server of a Cluster."""

    def __init__(
        self, folder: Path, name: str, program: str = "", certificate: Certificate | None = None
    ) -> None:
        self.cluster_port = free_port()
        super().__init__(
            folder, name, program, "--cluster-enabled", "yes",
            "--cluster-port", str(self.cluster_port),
            "--cluster-node-timeout", str(TIMEOUT_MS),
            "--cluster-require-full-coverage", "no",
            "--cluster-replica-validity-factor", "0",
            "--cluster-allow-replica-migration", "no",
            "--repl-diskless-sync-delay", "0",
            *(("--tls-cluster", "yes") if certificate is not None else ()),
            certificate=certificate,
        )  # fmt: skip
        try:
            self.id = self.ask("CLUSTER", "MYID").decode()
        except BaseException:
            self.end()
            raise

    def answers(self) -> bool:
        """Say whether it accepts commands: to which key belongs where, it may not know yet."""
        with suppress(redis.RedisError):
            return bool(self.ask("TIME"))
        return False

    def ask(self, *words: object) -> Any:
        """Return what it answers."""
        with self.client() as client:
            return client.execute_command(*words)

    def pause(self) -> None:
        """Let it do nothing, and answer nobody."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def slots(self) -> list[Any]:
        """Return who has which slots, as it sees it: first, last, (host, port, …) of the primary,
        and of the replicas."""
        with self.client() as client:
            client.response_callbacks.clear()
            return list(client.execute_command("CLUSTER SLOTS"))

    def knows(self) -> dict[str, str]:
        """Return what `CLUSTER INFO` says of the Cluster as it sees it."""
        return {str(key): str(value) for key, value in self.ask("CLUSTER INFO").items()}


class Cluster:
    """Servers that share the slots, each primary with a number of replicas."""

    def __init__(
        self,
        folder: Path,
        program: str = "",
        primaries: int = 3,
        replicas: int = 0,
        certificate: Certificate | None = None,
    ) -> None:
        def make(name: str) -> ClusterNode:
            return ClusterNode(folder, name, program, certificate)

        self.certificate = certificate
        self.primaries: list[ClusterNode] = []
        self.replicas: list[ClusterNode] = []
        try:
            for number in range(primaries):
                self.primaries.append(make(f"p{number}"))
            for number in range(primaries * replicas):
                self.replicas.append(make(f"r{number}"))
            self._join()
        except BaseException:
            self.end()
            raise

    def _join(self) -> None:
        """Share the slots, and have everybody know everybody."""
        primaries = len(self.primaries)
        for number, node in enumerate(self.nodes):
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for number, node in enumerate(self.primaries):
            first, end = number * SLOTS // primaries, (number + 1) * SLOTS // primaries
            node.ask("CLUSTER", "ADDSLOTSRANGE", first, end - 1)
        for node in self.nodes:
            for other in self.nodes:
                if node is not other:
                    node.ask("CLUSTER", "MEET", "127.0.0.1", other.port, other.cluster_port)
        until(lambda: all(self.is_whole(node) for node in self.nodes))
        for number, node in enumerate(self.replicas):
            node.ask("CLUSTER", "REPLICATE", self.primaries[number % primaries].id)
        until(lambda: all(node.is_linked() for node in self.replicas))

    @property
    def nodes(self) -> list[ClusterNode]:
        """Return every server."""
        return [*self.primaries, *self.replicas]

    @property
    def url(self) -> str:
        """For the store."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        if self.certificate is not None:
            return f"rediss+cluster://{hosts}/?{self.certificate.words}"
        return f"redis+cluster://{hosts}/"

    def client(self) -> redis.RedisCluster:
        """Return a plain client of all of it."""
        return redis.RedisCluster("127.0.0.1", self.primaries[0].port)

    def is_whole(self, node: ClusterNode) -> bool:
        """Say whether a server sees every other one, and somebody at every slot."""
        knows = node.knows()
        return (
            knows["cluster_state"] == "ok"
            and knows["cluster_slots_ok"] == str(SLOTS)
            and knows["cluster_known_nodes"] == str(len(self.nodes))
        )

    def owner(self, key: str) -> ClusterNode:
        """Return the server that has a key."""
        return self.has(int(key_slot(key.encode())))

    def has(self, slot: int) -> ClusterNode:
        """Return the server that has a slot."""
        for first, last, (_, port, *_), *_ in self.slots():
            if first <= slot <= last:
                return next(node for node in self.nodes if node.port == port)
        raise AssertionError(f"nobody has slot {slot}")

    def slots(self) -> list[Any]:
        """Return who has which slots, as the first one that runs sees it."""
        return next(node for node in self.nodes if node.process.poll() is None).slots()

    def is_settled(self) -> bool:
        """Say whether all servers run, agree, and have replicas that follow them."""
        leading = {str(node.slots()) for node in self.nodes}
        following = [node for node in self.nodes if node.is_linked()]
        return (
            len(leading) == 1
            and len(following) == len(self.replicas)
            and all(self.is_whole(node) for node in self.nodes)
        )

    def begin_to_move(self, key: str, to: ClusterNode, some: int) -> None:
        """Open the slot of a key at both servers, and move some of its keys."""
        slot, source = key_slot(key.encode()), self.owner(key)
        to.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source.id)
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", to.id)
        if names := source.ask("CLUSTER", "GETKEYSINSLOT", slot, some):
            source.ask("MIGRATE", "127.0.0.1", to.port, "", 0, 5000, "KEYS", *names)

    def move(self, key: str, to: ClusterNode) -> None:
        """Move the slot of a key to another server key by key, or the rest of it."""
        slot, source = key_slot(key.encode()), self.owner(key)
        if source is to:
            return
        while source.ask("CLUSTER", "COUNTKEYSINSLOT", slot):
            self.begin_to_move(key, to, some=10)
        others = [node for node in self.primaries if node not in (to, source)]
        for node in (to, source, *others):
            node.ask("CLUSTER", "SETSLOT", slot, "NODE", to.id)

    def move_whole(self, key: str, to: ClusterNode) -> None:
        """Begin to move the slot of a key to another server at once, as Valkey 9 can."""
        slot = key_slot(key.encode())
        source = self.owner(key)
        source.ask("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", to.id)

    def clear(self) -> None:
        """Throw away all that is kept."""
        for node in self.primaries:
            node.ask("FLUSHALL")

    def end(self) -> None:
        """Stop every server."""
        for node in self.nodes:
            node.end()
