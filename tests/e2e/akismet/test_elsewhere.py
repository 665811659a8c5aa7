"""What docs/akismet.md says of another address for clients, and of Akismet's own names."""

from __future__ import annotations

import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from tests.e2e.akismet.conftest import Installation
from tests.e2e.akismet.installation import ELSEWHERE, Box, node_clients
from tests.e2e.akismet.test_clients import HAM, Tool
from tests.structure.tree import ROOT

KEY = "0123456789ab"


@pytest.mark.timeout(400)
def test_clients_are_told_another_address_as_the_page_says(
    box: Box, installation: Installation, tool: Tool
) -> None:
    program = tool("node", "nodejs npm")
    tool("npm", "npm")
    folder = node_clients()
    env = {
        "KEY": installation.key,
        "BLOG": installation.blog("elsewhere"),
        "HAM": HAM,
        "HOST": ELSEWHERE,
    }
    done = box.run([program, "--no-deprecation", str(folder / "elsewhere.mjs")], env, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == {
        "akismet": True,
        "akismet without the key in its endPoint": False,
        "akismet-api": True,
        "cedx": True,
    }


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the page's own commands made an authority and a certificate."""
    if not shutil.which("openssl"):
        pytest.skip("NOT TESTED WITH OPENSSL: apt-get install openssl")
    page = (ROOT / "docs" / "akismet.md").read_text()
    found = re.search(r"```sh\n( +printf [^`]*openssl req -x509 .*?)\n +```", page, re.DOTALL)
    assert found
    folder = tmp_path_factory.mktemp("certificates")
    made = subprocess.run(
        ["sh", "-euc", found[1]], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert made.returncode == 0, made.stderr
    return folder


def test_the_certificate_of_the_page_is_good_for_the_strictest_of_openssl(
    certificates: Path,
) -> None:
    verify = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.crt"]
    done = subprocess.run(
        [*verify, "akismet.crt"], cwd=certificates, capture_output=True, text=True
    )
    assert done.stdout == "akismet.crt: OK\n", done.stderr


@pytest.mark.parametrize("name", ["rest.akismet.com", f"{KEY}.rest.akismet.com"])
def test_python_s_strict_context_takes_the_certificate_of_the_page(
    certificates: Path, name: str
) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificates / "akismet.crt", certificates / "akismet.key")
    # Python sets both by itself from 3.13 on.
    strict = ssl.create_default_context(cafile=str(certificates / "ca.crt"))
    strict.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    here, there = socket.socketpair()

    def serve() -> None:
        with serving.wrap_socket(there, server_side=True) as line:
            line.sendall(b"connected")

    server = threading.Thread(target=serve)
    server.start()
    with strict.wrap_socket(here, server_hostname=name) as line:
        assert line.recv(9) == b"connected"
    server.join()
