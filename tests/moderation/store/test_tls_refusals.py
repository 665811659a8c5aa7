"""Why a store cannot be met by TLS is said as OpenSSL says it, whatever the address leads to."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from redis import exceptions as failures

from moderation.domain.errors import StoreDown
from moderation.store import Store, faults
from tests.certificates import Certificate, certificate
from tests.processes import until

KINDS = ["rediss://{}/0", "rediss+cluster://{}/", "rediss+sentinel://{},127.0.0.1:1/winnow"]


@contextmanager
def listening(meet: Callable[[socket.socket], None]) -> Iterator[str]:
    """Return host and port of whoever meets each caller, and hangs up."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                caller = server.accept()[0]
                with caller, suppress(OSError):
                    meet(caller)

    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        host, port = server.getsockname()
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"{host}:{port}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def showing(shown: Certificate) -> Callable[[socket.socket], None]:
    """Return what shows a certificate to a caller."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown.public, shown.key)

    def meet(caller: socket.socket) -> None:
        context.wrap_socket(caller, server_side=True).close()

    return meet


def is_said(words: str, url: str) -> None:
    """Wait until a store is away for a reason: Sentinels on a busy machine may be silent."""
    store = Store.connect(url)

    def why() -> str:
        with pytest.raises(StoreDown) as raised:
            store.ping()
        return str(raised.value)

    try:
        until(lambda: re.search(words, why()) is not None, what=why)
        assert len(why()) < 250
        assert "127.0.0.1" not in why()
    finally:
        store.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("days_off", "words"),
    [(-30, r"refused \(certificate has expired\)"), (30, r"refused \(certificate is not yet")],
)
def test_a_certificate_that_does_not_hold_today(
    kind: str, days_off: int, words: str, tmp_path: Path
) -> None:
    shown = certificate(tmp_path, days_off=days_off)
    with listening(showing(shown)) as address:
        is_said(words, f"{kind.format(address)}?ssl_ca_certs={shown.authority}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("authority", "no certificate or crl found"),
        ("certificate", "PEM lib"),
        ("key", "key values mismatch"),
        ("password", "PEM lib"),
    ],
)
def test_files_that_can_be_read_and_are_of_no_use(
    kind: str, fault: str, words: str, tmp_path: Path
) -> None:
    folders = tmp_path / "one", tmp_path / "other"
    for folder in folders:
        folder.mkdir()
    shown, other = map(certificate, folders)
    nothing, locked = tmp_path / "nothing.pem", tmp_path / "locked.key"
    nothing.write_text("This is no certificate.\n")
    key = serialization.load_pem_private_key(shown.key.read_bytes(), None)
    lock = serialization.BestAvailableEncryption(b"right")
    locked.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    )
    of_client = {
        "authority": Certificate(nothing, shown.public, shown.key).words,
        "certificate": Certificate(shown.authority, nothing, shown.key).words,
        "key": Certificate(shown.authority, shown.public, other.key).words,
        "password": f"{Certificate(shown.authority, shown.public, locked).words}&ssl_password=left",
    }[fault]
    with listening(showing(shown)) as address:
        is_said(rf"^TLS with the store fails \({words}\)", f"{kind.format(address)}?{of_client}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_speaks_no_tls(kind: str, tmp_path: Path) -> None:
    def meet(caller: socket.socket) -> None:
        caller.sendall(b"-ERR unknown command\r\n")
        caller.recv(65536)

    with listening(meet) as address:
        words = f"ssl_ca_certs={certificate(tmp_path).authority}"
        is_said("wrong version number", f"{kind.format(address)}?{words}")


@pytest.mark.timeout(60)
def test_errors_that_led_to_each_other_are_told_once() -> None:
    error, other = failures.ConnectionError("one"), failures.ConnectionError("other")
    error.__cause__, other.__cause__ = other, error
    assert str(faults.fault(error)) == "the store does not answer"


def test_what_a_server_quotes_is_no_word_of_tls() -> None:
    error = failures.ConnectionError("one")
    error.__cause__ = failures.ResponseError(
        "unknown command '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: buy pills'"
    )
    assert str(faults.fault(error)) == "the store does not answer"
