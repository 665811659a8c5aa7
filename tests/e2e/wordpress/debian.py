"""Packages of a Debian release, unpacked into a folder: nothing of the machine is changed."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

CACHE = Path(__file__).parents[3] / ".cache" / "debian"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def unpack(release: str, packages: Sequence[str], into: Path) -> None:
    """Unpack packages of a release, fetched once by apt, which proves who signed them.

    Raises `subprocess.CalledProcessError` or `OSError` where there is no apt or no network.
    """
    folder = CACHE / release
    wanted = [name for name in packages if not list(folder.glob(f"{name}_*.deb"))]
    if wanted:
        options = _apt_of(release, folder)
        for words in (["update"], ["download", *wanted]):
            command = ["apt-get", "-qq", *options, *words]
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=100)
    for name in packages:
        (archive,) = folder.glob(f"{name}_*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, into], check=True)


def _apt_of(release: str, folder: Path) -> list[str]:
    """Return options that give apt a release, and folders of its own, on this machine's mirrors."""
    parts = folder / "apt"
    for each in ("lists/partial", "archives/partial", "sources"):
        (parts / each).mkdir(parents=True, exist_ok=True)
    listed = "".join(
        f"deb [signed-by={KEYRING}] {mirror} {release}{suffix} main\n"
        for suffix, mirror in _mirrors().items()
    )
    (parts / "sources" / "release.list").write_text(listed)
    settings = {
        "Dir::Etc::SourceList": os.devnull,
        "Dir::Etc::SourceParts": parts / "sources",
        "Dir::State::Lists": parts / "lists",
        "Dir::Cache": parts,
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _mirrors() -> dict[str, str]:
    """Return where this machine gets its own release from, and the security updates of it."""
    told = Path("/etc/os-release").read_text()
    own = re.findall(r"^VERSION_CODENAME=(\w+)$", told, re.MULTILINE)[0]
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"],
        check=True,
        capture_output=True,
        text=True,
    )
    by_release = dict(line.split() for line in listed.stdout.splitlines())
    return {s: by_release[own + s] for s in ("", "-security") if own + s in by_release}
