"""A compose file's services, run as it says: order, commands, environment, users, what they see."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moderation.cli import embedded
from tests.containers import compose, image
from tests.containers.host import STOP_SECONDS, Container, Network
from tests.processes import until

START_SECONDS = 180.0
ONCE_SECONDS = 900.0
"""How long what ends by itself may take; the kernels of an image are compiled in minutes."""
PREFIX = "172.30.59"
PROGRAMS = "/programs"
"""Where the programs of other images are shown, which Debian has elsewhere."""
OTHERS = {
    "valkey-cli": "redis-cli",
    "haproxy": "haproxy",
    # Without the wrapper that insists on a user of its own.
    "rabbitmq-server": "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "rabbitmq-diagnostics": "/usr/lib/rabbitmq/bin/rabbitmq-diagnostics",
}
"""These programs by the names that they have in their images, with Debian's."""
OF_IMAGES = {
    "valkey/valkey": {},
    "haproxy": {},
    "rabbitmq": {
        "HOME": "/var/lib/rabbitmq",
        "LANG": "C.UTF-8",
        "RABBITMQ_ENABLED_PLUGINS_FILE": "/var/lib/rabbitmq/plugins",
        "RABBITMQ_GENERATED_CONFIG_DIR": "/var/lib/rabbitmq/config",
        "RABBITMQ_SCHEMA_DIR": "/var/lib/rabbitmq/schema",
        "RABBITMQ_PID_FILE": "/var/lib/rabbitmq/pid",
    },
}
"""What other images set, as far as Debian's program is not made with it."""


class Project:
    """What `docker compose up` starts from one file, and how to look at it."""

    def __init__(
        self, folder: Path, file: Path, given: Mapping[str, str], environment: Mapping[str, str]
    ) -> None:
        self.folder, self.file = folder, file
        self.spec = compose.read(file, given)
        self.environment = environment
        self.containers: dict[str, Container] = {}
        self.finished: dict[str, int] = {}
        self.network = Network(folder, PREFIX)
        self.app = image.tree(folder / "app")
        self._programs = programs(folder / "programs")
        self._addresses = addresses(self.spec["services"])

    def close(self) -> None:
        """End what is left."""
        for container in self.containers.values():
            container.end()
        self.network.close()

    def build(self) -> None:
        """Compile the image's kernels as the Dockerfile says, in the place where they will lie."""
        (line,) = (one for one in image.instruction("RUN", image.BUILD) if "kernels" in one)
        service = {
            "image": "build",
            "command": ["sh", "-euc", line],
            "user": "0:0",
            "tmpfs": ["/tmp"],
        }
        told = self._told("build", service)
        told["shown"] = [pair for pair in told["shown"] if pair[1] != image.APP]
        told |= {"environment": image.environment(image.BUILD), "folder": image.APP}
        told["volumes"] = [[str(self.app), image.APP]]
        self.containers["build"] = Container(self.network, told, f"{PREFIX}.199")
        assert self.status("build") == 0, self.containers["build"].output

    def up(self) -> None:
        """Start every service after those that it waits for, as it waits for them."""
        for name in compose.in_order(self.spec["services"]):
            self.start(name)

    def start(self, name: str) -> Container:
        """Start one service, once what it waits for is there."""
        service = self.spec["services"][name]
        for other, how in service.get("depends_on", {}).items():
            self.wait(other, how["condition"])
        if name in self.containers:
            self.containers[name].end()
        told = self._told(name, service)
        self.containers[name] = Container(self.network, told, self._addresses[name])
        return self.containers[name]

    def wait(self, name: str, condition: str) -> None:
        """Wait until a service is as another one wants it to be."""
        container = self.containers[name]
        if condition == "service_completed_successfully":
            assert self.status(name) == 0, container.output
        elif condition == "service_healthy":
            until(lambda: self.is_healthy(name), START_SECONDS, lambda: container.output)

    def status(self, name: str) -> int:
        """Return with what a service ended that does so by itself."""
        container = self.containers[name]
        until(lambda: container.process.poll() is not None, ONCE_SECONDS, lambda: container.output)
        return int(container.process.returncode)

    def is_healthy(self, name: str) -> bool:
        """Ask a service by its own health check."""
        container = self.containers[name]
        assert container.process.poll() is None, container.output
        how, *words = self.spec["services"][name]["healthcheck"]["test"]
        argv = ["sh", "-c", *words] if how == "CMD-SHELL" else words
        return container.run(*argv).returncode == 0

    def stop(self, name: str) -> int:
        """Stop a service as the engine does, and return its status."""
        service = self.spec["services"][name]
        grace = str(service.get("stop_grace_period", f"{STOP_SECONDS}s"))
        number = signal.Signals[service.get("stop_signal", "SIGTERM")]
        return self.containers[name].stop(number, float(grace.removesuffix("s")))

    def credentials(self) -> dict[str, Any]:
        """Return what the first run has written into its volume."""
        (path,) = self.folder.glob("volumes/*/credentials.json")
        return dict(json.loads(path.read_text()))

    def _told(self, name: str, service: Mapping[str, Any]) -> dict[str, Any]:
        of, _, _ = service["image"].partition(":")
        is_ours = of == "winnow"
        environment = {"PATH": f"{PROGRAMS}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp"}
        environment |= OF_IMAGES.get(of, {})
        argv = list(service["command"])
        if is_ours:
            (entry,) = image.instruction("ENTRYPOINT")
            argv = [*json.loads(entry), *argv]
            environment = dict(self.environment)
        return {
            "name": name,
            "argv": argv,
            "environment": environment | service.get("environment", {}),
            # Valkey's image works in its volume.
            "folder": image.APP if is_ours else "/data" if "store" in name else "/tmp",
            "user": service["user"],
            "shown": [*image.shown(self.app), *self._others(name, service)],
            "volumes": [
                self._volume(volume, service["user"])
                for volume in service.get("volumes", ())
                if not volume.startswith(".")
            ],
            "memory": [
                *(one.split(":") if ":" in one else [one, ""] for one in service["tmpfs"]),
                ["/dev/shm", "size=64m,mode=1777"],
            ],
        }  # fmt: skip

    def _others(self, name: str, service: Mapping[str, Any]) -> list[list[str]]:
        """Return what else a container is shown: its names, and files beside the compose file."""
        etc = self.folder / "etc" / name
        etc.mkdir(parents=True, exist_ok=True)
        hosts = [f"{address} {other}" for other, address in self._addresses.items()]
        (etc / "hosts").write_text("\n".join(["127.0.0.1 localhost", *hosts, ""]))
        (etc / "passwd").write_text("root:x:0:0::/:/bin/sh\n")
        mounted = [volume.split(":") for volume in service.get("volumes", ()) if volume[0] == "."]
        return [
            [str(etc), "/etc"],
            [str(self._programs), PROGRAMS],
            *(
                [str((self.file.parent / source).resolve()), target]
                for source, target, _ in mounted
            ),
        ]

    def _volume(self, volume: str, user: str) -> list[str]:
        source, target, *_ = volume.split(":")
        folder = self.folder / "volumes" / source
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700)
            shutil.chown(folder, *(int(part) for part in user.split(":")))
        return [str(folder), target]


def addresses(services: Mapping[str, Any]) -> dict[str, str]:
    """Return each service's address: the one it asks for, or one that is free."""
    asked: dict[str, str | None] = {}
    for name, service in services.items():
        networks = service["networks"]
        found = networks.values() if isinstance(networks, dict) else ()
        asked[name] = next((one["ipv4_address"] for one in found if "ipv4_address" in one), None)
    free = (f"{PREFIX}.{number}" for number in range(200, 250))
    return {name: asked.get(name) or next(free) for name in services}


def programs(folder: Path) -> Path:
    """Return a folder with the programs of other images by the names that they have there."""
    folder.mkdir()
    valkey = Path(embedded.arguments(folder, folder, "")[0]).resolve()
    for name, program in {"valkey-server": str(valkey), **OTHERS}.items():
        if found := shutil.which(program):
            (folder / name).write_text(f'#!/bin/sh\nexec {found} "$@"\n')
            (folder / name).chmod(0o755)
    return folder
