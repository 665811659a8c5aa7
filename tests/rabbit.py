"""A real RabbitMQ on loopback, a node of its own: started, killed, emptied, always ended."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from kombu.connection import Connection

from moderation.flow import broker
from moderation.flow.tasks import QUEUE_OF
from tests.certificates import Certificate
from tests.e2e.running import free_port
from tests.processes import Running, until

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Debian's, without the wrapper that insists on a user of its own."""
START_SECONDS = 90.0
QUEUES = sorted(set(QUEUE_OF.values()))


class Rabbit:
    """A node with its data in a folder, and the one epmd that it is found by."""

    def __init__(self, folder: Path, certificate: Certificate | None = None) -> None:
        if not PROGRAM.exists() or not shutil.which("epmd"):
            pytest.skip("NOT TESTED ON RABBITMQ: apt-get install rabbitmq-server")
        self.folder, self.port, self._certificate = folder, free_port(), certificate
        names, distribution = free_port(), free_port()
        config = folder / "rabbitmq.conf"
        config.write_text(
            f"{self._listeners()}"
            "log.console = true\nlog.console.level = warning\nlog.file = false\n"
            # A node that finds the disk or the memory short takes nothing more.
            "disk_free_limit.absolute = 1MB\nvm_memory_high_watermark.absolute = 1GB\n"
        )
        (folder / "plugins").write_text("[].\n")
        self._epmd = subprocess.Popen(
            ["epmd", "-address", "127.0.0.1", "-port", str(names)], cwd=folder
        )
        self._env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),  # Where the cookie is made.
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP_BYTES": "0",
            "RABBITMQ_NODENAME": f"winnow{self.port}@localhost",
            "RABBITMQ_BASE": str(folder),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_SCHEMA_DIR": str(folder / "schema"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "config"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none"
            ),
        }
        self._node: Running | None = None
        try:
            self.start()
        except BaseException:
            self.end()
            raise

    @property
    def url(self) -> str:
        """For Celery."""
        if self._certificate is not None:
            return f"amqps://guest:guest@127.0.0.1:{self.port}//?{self._certificate.words}"
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def _listeners(self) -> str:
        if self._certificate is None:
            return f"listeners.tcp.local = 127.0.0.1:{self.port}\n"
        return (
            f"listeners.tcp = none\nlisteners.ssl.local = 127.0.0.1:{self.port}\n"
            f"ssl_options.cacertfile = {self._certificate.authority}\n"
            f"ssl_options.certfile = {self._certificate.public}\n"
            f"ssl_options.keyfile = {self._certificate.key}\n"
            "ssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = true\n"
        )

    def connection(self) -> Connection:
        """Return a connection that is not made yet."""
        chosen = broker.options(self.url, read_seconds=5, connect_seconds=5)
        return Connection(
            chosen["broker_url"], ssl=chosen.get("broker_use_ssl", False), connect_timeout=5
        )

    def start(self) -> None:
        """Run it, at first or again with what it kept, and wait until it serves."""
        self._node = node = Running([str(PROGRAM)], self._env)
        until(self.answers, START_SECONDS, lambda: node.output)

    def answers(self) -> bool:
        """Say whether it takes connections."""
        try:
            with self.connection() as connection:
                connection.connect()
        except (OSError, *self.connection().connection_errors):
            return False
        return True

    def kill(self) -> None:
        """End the node as a crash does."""
        if self._node is not None:
            self._node.end()
            self._node = None

    def settle(self) -> None:
        """Declare every queue, and wait until it is on the disk.

        A node that dies before knows the queue afterwards, and nothing ever comes out of it.
        """
        with self.connection() as connection, connection.channel() as channel:
            for name in QUEUES:
                broker.waiting(channel, name)
        until(self._is_settled)

    def _is_settled(self) -> bool:
        kept = [place for place in self.folder.glob("mnesia/*/quorum/*/*") if place.is_dir()]
        noted = b"".join(file.read_bytes() for file in self.folder.glob("mnesia/*/quorum/*/*.dets"))
        return len(kept) == len(QUEUES) and all(noted.count(k.name.encode()) > 1 for k in kept)

    def waiting(self, queue: str) -> int:
        """Return how many messages wait in a queue."""
        with self.connection() as connection, connection.channel() as channel:
            return broker.waiting(channel, queue)

    def empty(self) -> None:
        """Take what is in the queues out of them."""
        with self.connection() as connection, connection.channel() as channel:
            for name in QUEUES:
                broker.waiting(channel, name)  # Makes one that is not there yet.
                channel.queue_purge(name)

    def delete(self) -> None:
        """Delete the queues, so that those who take from them lose them."""
        with self.connection() as connection, connection.channel() as channel:
            for name in QUEUES:
                channel.queue_delete(name)

    def end(self) -> None:
        """End it for good."""
        self.kill()
        self._epmd.kill()
        self._epmd.wait(30)
