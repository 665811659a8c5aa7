"""A primary, its replica and three Sentinels, which make the replica primary when that dies."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import redis

from moderation.cli import embedded
from tests.certificates import Certificate
from tests.e2e.running import free_port
from tests.processes import until
from tests.replicas import Node

NAME = "winnow"
DOWN_MS = 2000
"""A primary that is silent for so long is taken for dead. Long enough for a busy machine."""


class Sentinel:
    """One that watches."""

    def __init__(
        self, folder: Path, primary_port: int, program: str, certificate: Certificate | None = None
    ) -> None:
        self.port, self._by_tls = free_port(), {}
        folder.mkdir()
        config = folder / "sentinel.conf"
        secure = f"port {self.port}\n"
        if certificate is not None:
            self._by_tls = certificate.of_client
            secure = f"port 0\ntls-port {self.port}\n" + "".join(
                f"{name.removeprefix('--')} {value}\n"
                for name, value in certificate.options.items()
            )
        config.write_text(
            f"{secure}bind 127.0.0.1\ndir {folder}\nloglevel warning\n"
            f"logfile {folder / 'log'}\n"
            f"sentinel monitor {NAME} 127.0.0.1 {primary_port} 2\n"
            f"sentinel down-after-milliseconds {NAME} {DOWN_MS}\n"
            f"sentinel failover-timeout {NAME} 10000\n"
        )
        self.process = subprocess.Popen(
            [program or embedded.arguments(folder, folder, "no")[0], str(config), "--sentinel"]
        )

    def ask(self, *words: object) -> Any:
        """Return what it answers, None while it does not."""
        try:
            with redis.Redis("127.0.0.1", self.port, **self._by_tls) as client:
                return client.execute_command(*words)
        except redis.RedisError:
            return None

    def end(self) -> None:
        """Stop it."""
        self.process.kill()
        self.process.wait(30)


class Watched:
    """A pair of servers and those who watch it."""

    def __init__(
        self, folder: Path, program: str = "", certificate: Certificate | None = None
    ) -> None:
        self.certificate = certificate
        self.nodes: list[Node] = []
        self.sentinels: list[Sentinel] = []
        try:
            for name in ("one", "two"):
                self.nodes.append(Node(folder, name, program, certificate=certificate))
            primary, replica = self.nodes
            replica.follow(primary.port)
            for number in range(3):
                place = folder / f"s{number}"
                self.sentinels.append(Sentinel(place, primary.port, program, certificate))
            until(self.is_watched)
        except BaseException:
            self.end()
            raise

    @property
    def url(self) -> str:
        """For the store."""
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        if self.certificate is not None:
            return f"rediss+sentinel://{hosts}/{NAME}?{self.certificate.words}"
        return f"redis+sentinel://{hosts}/{NAME}"

    def is_watched(self) -> bool:
        """Say whether all agree that they could replace the primary now."""
        return all(
            (sentinel.ask("SENTINEL", "CKQUORUM", NAME) or b"").startswith(b"OK 3")
            and sentinel.ask("SENTINEL", "REPLICAS", NAME)
            for sentinel in self.sentinels
        ) and any(node.is_linked() for node in self.nodes)

    def primary(self) -> Node:
        """Return the server that the Sentinels call the primary."""
        ports = {
            int(told[1])
            for sentinel in self.sentinels
            if (told := sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME))
        }
        return next(node for node in self.nodes if ports == {node.port})

    def kill_primary(self) -> None:
        """Kill the primary, wait until the other one is, and let it come back as its replica."""
        old = self.primary()
        old.end()
        until(lambda: self.names_another(old), 60)
        old.start()
        until(self.is_watched, 90)

    def names_another(self, node: Node) -> bool:
        """Say whether all Sentinels lead to another server than this one."""
        told = [s.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME) for s in self.sentinels]
        return all(one and int(one[1]) != node.port for one in told)

    def client(self) -> redis.Redis:
        """Return a plain client of the primary."""
        return self.primary().client()

    def clear(self) -> None:
        """Throw away all that is kept."""
        with self.primary().client() as client:
            client.flushall()

    def end(self) -> None:
        """Stop all."""
        for sentinel in self.sentinels:
            sentinel.end()
        for node in self.nodes:
            node.end()
