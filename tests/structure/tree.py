"""The repository's files."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tracked(*suffixes: str) -> list[Path]:
    """Return the repository's files with these suffixes, committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    files = [ROOT / line for line in listed.splitlines()]
    return [path for path in files if path.suffix in suffixes and path.is_file()]
