"""Containers without an engine: each service of a compose file as processes in namespaces of their
own, with an address on a bridge that only they can reach.

Root is needed for it, and nothing else that Debian does not have.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.processes import Running, until

INSIDE = Path(__file__).with_name("inside.py")
UNSHARE = ("unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child")
STOP_SECONDS = 10.0
"""How long an engine waits where a service names no other time."""


def why_not() -> str:
    """Return why containers cannot be made here, '' if they can."""
    if os.geteuid() != 0:
        return "only root makes namespaces"
    lacking = [name for name in ("ip", "nsenter", "setpriv", "unshare") if not shutil.which(name)]
    if lacking:
        return f"install {', '.join(lacking)} (Debian: util-linux, iproute2)"
    tried = subprocess.run([*UNSHARE, "mount", "--make-rprivate", "/"], capture_output=True)
    return "" if tried.returncode == 0 else "this machine allows no namespaces"


class Network:
    """A bridge in a network namespace; it goes with the process that holds it."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder, self.prefix = folder, prefix
        self._numbers = itertools.count(1)
        self._holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo there; exec sleep infinity"],
            stdout=subprocess.PIPE,
        )
        assert self._holder.stdout
        self._holder.stdout.readline()
        self.inside = ("nsenter", f"--net=/proc/{self._holder.pid}/ns/net")
        self._ip("link", "set", "lo", "up")
        self._ip("link", "add", "name", "bridge", "type", "bridge")
        self._ip("addr", "add", f"{prefix}.1/24", "dev", "bridge")
        self._ip("link", "set", "bridge", "up")

    def _ip(self, *words: str) -> None:
        subprocess.run([*self.inside, "ip", *words], check=True)

    def join(self, pid: int, address: str) -> None:
        """Give the network namespace of a process an address on the bridge."""
        link = f"c{next(self._numbers)}"
        pair = ("type", "veth", "peer", "name", "eth0", "netns", str(pid))
        self._ip("link", "add", "name", link, *pair)
        self._ip("link", "set", link, "master", "bridge", "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("addr", "add", f"{address}/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
        ):
            subprocess.run(["nsenter", f"--net=/proc/{pid}/ns/net", "ip", *words], check=True)

    def ask(self, *words: str) -> str:
        """Return what curl hears, asking from the bridge."""
        argv = [*self.inside, "curl", "-s", "-S", "--max-time", "30", *words]
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout

    def close(self) -> None:
        """Let it go."""
        self._holder.kill()
        self._holder.communicate()


class Container(Running):
    """A service that runs: its output, its first process, how to look into it and to stop it."""

    def __init__(self, network: Network, told: dict[str, Any], address: str) -> None:
        self.name, self.address, self.environment = told["name"], address, told["environment"]
        folder = network.folder / f"of-{self.name}"
        root = folder / "root"
        shutil.rmtree(folder, ignore_errors=True)
        root.mkdir(parents=True)
        file = folder / "told.json"
        joined = folder / "joined"
        os.mkfifo(joined)
        file.write_text(json.dumps({**told, "root": str(root), "joined": str(joined)}))
        super().__init__([*UNSHARE, sys.executable, str(INSIDE), str(file)], os.environ)
        mine, its = Path("/proc/self/ns/net"), Path(f"/proc/{self.pid}/ns/net")
        until(lambda: not its.samefile(mine))
        network.join(self.pid, address)
        until(self.process.children)
        self.first = self.process.children()[0]
        """The first process inside, whose id there is 1."""
        joined.write_text("yes")

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as its user, in the environment and folder of its first process."""
        pid = self.first.pid
        owner = Path(f"/proc/{pid}").stat()
        inside = ("nsenter", "--target", str(pid), "--all", "--root", "--wd")
        user = ("--setuid", str(owner.st_uid), "--setgid", str(owner.st_gid))
        words = (
            "env",
            "-i",
            *(f"{name}={value}" for name, value in self.environment.items()),
            *argv,
        )
        return subprocess.run([*inside, *user, *words], capture_output=True, text=True, check=False)

    def stop(self, number: signal.Signals, seconds: float) -> int:
        """Ask its first process to end and return its status; fails where it has to be killed."""
        self.first.send_signal(number)
        # An engine kills what is not gone by then; the machine of a test may be slower.
        until(lambda: self.process.poll() is not None, seconds + 30, lambda: self.output)
        return int(self.process.returncode)
