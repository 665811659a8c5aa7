"""What the clients need: Winnow under Akismet's names, venvs and modules of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests import certificates
from tests.e2e.fetching import fetched, node_modules, python_of, run

HERE = Path(__file__).parent
CLIENTS = HERE / "clients"
ELSEWHERE = "winnow.example"
"""Another name of Winnow, for clients that can be told one."""


def source_of_akismet() -> Path:
    """Return the unpacked source of PyPI's `akismet`, with its own suite."""
    pins = CLIENTS / "source.txt"

    def fetch(folder: Path) -> None:
        pip = [str(python_of(CLIENTS / "akismet.txt")), "-m", "pip", "download", "-q", "--no-deps"]
        hashed = ["--require-hashes", "-r", str(pins)]
        run([*pip, "--no-binary", ":all:", "-d", str(folder), *hashed])
        (archive,) = folder.glob("*.tar.gz")
        # Its hash is pinned; Python before 3.11.4 has no filter to say so with.
        run(["tar", "-xzf", str(archive), "-C", str(folder)])

    (source,) = fetched("source", [pins], fetch).glob("akismet-*/tests")
    return source.parent


def node_clients() -> Path:
    """Return the clients from npm, in a folder that holds our scripts too."""
    folder = node_modules(CLIENTS / "package-lock.json")
    for script in (*CLIENTS.glob("*.js"), *CLIENTS.glob("*.mjs")):
        shutil.copy(script, folder)
    return folder


def certificate(folder: Path) -> tuple[Path, Path, Path]:
    """Return a private authority, and its certificate with key for Akismet's names."""
    made = certificates.certificate(folder, names=("rest.akismet.com", "*.rest.akismet.com"))
    return made.authority, made.public, made.key


class Box:
    """The namespaces in which Winnow answers as rest.akismet.com."""

    def __init__(self, folder: Path, web: Sequence[str], env: Mapping[str, str], keys: list[str]):
        self.authority, cert, key = certificate(folder)
        hosts = folder / "hosts"
        own = ("rest.akismet.com", ELSEWHERE)
        names = [
            "localhost", *own, *(f"{k}.{name}" for k in keys for name in own)
        ]  # fmt: skip
        hosts.write_text("".join(f"127.0.0.1 {name}\n" for name in names))
        self._user = ["--user"] if os.geteuid() else []
        mapped = ["--user", "--map-root-user"] if os.geteuid() else []
        inside = [sys.executable, str(HERE / "box.py"), str(hosts), str(cert), str(key), *web]
        self.log = (folder / "box.log").open("wb")
        self.process = subprocess.Popen(
            ["unshare", *mapped, "--net", "--mount", *inside],
            env=dict(env), stdout=self.log, stderr=self.log, start_new_session=True,
        )  # fmt: skip

    def run(
        self, argv: Sequence[str], env: Mapping[str, str], cwd: Path
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in there, with the authority trusted by whatever it is written in."""
        trusted = str(self.authority)
        more = {
            "PATH": os.environ["PATH"],
            "HOME": str(cwd),
            "SSL_CERT_FILE": trusted,
            "REQUESTS_CA_BUNDLE": trusted,
            "NODE_EXTRA_CA_CERTS": trusted,
        }
        enter = ["nsenter", f"--target={self.process.pid}", *self._user, "--net", "--mount"]
        if self._user:
            enter.append("--preserve-credentials")
        return subprocess.run(
            [*enter, f"--wdns={cwd}", *argv],
            env={**more, **env}, capture_output=True, text=True, timeout=90,
        )  # fmt: skip

    def close(self) -> None:
        """End everything in there."""
        os.killpg(self.process.pid, 15)
        self.process.wait(30)
        self.log.close()
