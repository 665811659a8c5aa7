"""Clients that are generated from the OpenAPI document of a running Winnow, unmodified, do with it
what a site's software does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.fetching import node_modules, packages_of, run
from tests.e2e.running import Up, free_port

pytestmark = pytest.mark.timeout(400)

HERE = Path(__file__).parent
EXPECTED = {
    "author": "Ada",
    "language": "absent",
    "arrived": True,
    "judged": True,
    "found": True,
    "label": "spam",
    "note": "",
    "status": "spam",
    "pointer": "/content",
}


@pytest.fixture(scope="module")
def winnow() -> Iterator[Up]:
    """Start Winnow; who uses it waits for it after what can be done meanwhile."""
    with tempfile.TemporaryDirectory(prefix="wn-", dir="/tmp") as folder:
        up = Up(Path(folder) / "var", free_port())
        yield up
        up.end()


def in_typescript(winnow: Up, folder: Path) -> list[str]:
    """Return the command of a session whose types were checked."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            pytest.skip(f"NOT TESTED WITH {program}: apt-get install nodejs npm")
    (folder / "node_modules").symlink_to(node_modules(HERE / "package-lock.json") / "node_modules")
    for name in ("package.json", "tsconfig.json", "session.ts", "wrong.ts"):
        shutil.copy(HERE / name, folder)
    document(winnow, folder)
    programs = folder / "node_modules" / ".bin"
    run([str(programs / "openapi-typescript"), "openapi.json", "-o", "api.d.ts"], folder)
    run([str(programs / "tsc"), "-p", "."], folder)
    return ["node", "session.js"]


def in_python(winnow: Up, folder: Path) -> list[str]:
    """Return the command of a session on a client that was made without a warning."""
    packages = str(packages_of(HERE / "python.txt"))
    document(winnow, folder)
    where = ["--path", "openapi.json", "--output-path", "winnow_client", "--meta", "none"]
    strict = ["--config", str(HERE / "python.yml"), "--fail-on-warning"]
    path = os.pathsep.join((packages, str(folder)))
    with_packages = ["env", f"PYTHONPATH={path}", sys.executable]
    run([*with_packages, "-m", "openapi_python_client", "generate", *where, *strict], folder)
    return [*with_packages, str(HERE / "session.py")]


def document(winnow: Up, folder: Path) -> None:
    answer = httpx.get(f"{winnow.ready().url}/openapi.json", timeout=30)
    (folder / "openapi.json").write_bytes(answer.content)


@pytest.mark.parametrize("prepared", [in_typescript, in_python])
def test_a_generated_client_submits_waits_lists_and_decides(
    prepared: Callable[[Up, Path], list[str]], winnow: Up, tmp_path: Path
) -> None:
    command = prepared(winnow, tmp_path)
    more = [winnow.url, winnow.credentials["api_token"]]
    done = subprocess.run(
        [*command, *more], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == EXPECTED
