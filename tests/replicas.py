"""Two real servers behind one address, which fail over: the other one becomes the primary."""

from __future__ import annotations

import subprocess
from pathlib import Path

import redis

from moderation.cli import embedded
from tests.certificates import Certificate
from tests.e2e.running import free_port
from tests.processes import until

_AS_STARTED = {
    "key-load-delay": 0,
    "min-replicas-to-write": 0,
    "replica-serve-stale-data": "yes",
}


class Node:
    """A server on a unix socket for clients, and on a port for its replica, by TLS where there is
    a certificate."""

    def __init__(
        self,
        folder: Path,
        name: str,
        program: str = "",
        *options: str,
        certificate: Certificate | None = None,
    ) -> None:
        self.folder, self.port = folder / name, free_port()
        self.folder.mkdir()
        self.socket = folder / f"{name}.sock"
        argv = embedded.arguments(self.folder, self.socket, "everysec")
        argv[0] = program or argv[0]
        argv[argv.index("--port") + 1] = str(self.port)
        argv += ["--bind", "127.0.0.1", "--enable-debug-command", "local"]
        if certificate is not None:
            argv += ["--port", "0", "--tls-port", str(self.port)]
            argv += [word for pair in certificate.options.items() for word in pair]
        self._argv = [*argv, "--repl-diskless-sync", "no", *options]
        self.start()

    def start(self) -> None:
        """Run it, at first or again."""
        self.process = subprocess.Popen(self._argv)
        try:
            until(self.answers)
        except BaseException:
            self.end()
            raise

    def answers(self) -> bool:
        """Say whether it accepts commands."""
        return embedded.answers(self.socket)

    @property
    def url(self) -> str:
        """For the store."""
        return f"unix://{self.socket}?db=0"

    def client(self) -> redis.Redis:
        """Return a plain client of this node."""
        return redis.Redis(unix_socket_path=str(self.socket))

    def follow(self, port: int) -> None:
        """Become a replica of what listens on a port."""
        with self.client() as client:
            client.replicaof("127.0.0.1", port)

    def lead(self) -> None:
        """Become a primary."""
        with self.client() as client:
            client.replicaof("NO", "ONE")

    def is_linked(self) -> bool:
        """Say whether it follows a primary that it reaches."""
        with self.client() as client:
            return client.info("replication").get("master_link_status") == "up"

    def offset(self) -> int:
        """Return how much it has of what was ever written."""
        with self.client() as client:
            return int(client.info("replication")["master_repl_offset"])

    def end(self) -> None:
        """Stop it."""
        self.process.kill()
        self.process.wait(30)


class Pair:
    """A primary and its replica. `url` leads to the primary, as a fail-over's address does."""

    def __init__(self, folder: Path, program: str = "") -> None:
        self._address = folder / "store.sock"
        self.primary = Node(folder, "one", program)
        self.replica = Node(folder, "two", program)
        self.restore()

    @property
    def url(self) -> str:
        """For the store."""
        return f"unix://{self._address}?db=0"

    @property
    def broker_url(self) -> str:
        """For Celery: a database of its own."""
        return f"redis+socket://{self._address}?virtual_host=1"

    def restore(self) -> None:
        """Make both what they were meant to be, whatever a test has done to them."""
        for node in (self.primary, self.replica):
            with node.client() as client:
                for name, value in _AS_STARTED.items():
                    client.config_set(name, value)
        self.primary.lead()
        self.replica.follow(self.primary.port)
        self.lead_to(self.primary)
        until(self.has_followed)

    def lead_to(self, node: Node) -> None:
        """Let new connections go to a node; those that there are stay where they are."""
        moved = self._address.with_suffix(".new")
        moved.symlink_to(node.socket)
        moved.replace(self._address)

    def has_followed(self) -> bool:
        """Say whether the replica has all that the primary has."""
        return self.replica.is_linked() and self.replica.offset() == self.primary.offset()

    def fail_over(self) -> None:
        """Swap the roles and let the address follow. What was the primary is a replica at once."""
        until(self.has_followed)
        self.replica.lead()
        self.primary.follow(self.replica.port)
        self.primary, self.replica = self.replica, self.primary
        self.lead_to(self.primary)

    def end(self) -> None:
        """Stop both."""
        for node in (self.primary, self.replica):
            node.end()
