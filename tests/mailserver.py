"""A mail server for tests (aiosmtpd), that keeps what it is given."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOGIN = ("winnow", "p@ss word/%")


class Box:
    """The letters that came, and how: by TLS, after a log-in."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.by_tls: list[bool] = []
        self.refused: set[str] = set()
        self.url = ""

    async def handle_RCPT(  # aiosmtpd's name
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        data = cast(bytes, envelope.content)
        self.letters.append(cast(EmailMessage, message_from_bytes(data, policy=policy.default)))
        self.envelopes.append(envelope)
        self.by_tls.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 OK"


class Server(Controller):
    """A server on a free port; what it says with `start` is its own time-out."""

    def __init__(self, box: Box, port: int, **options: Any) -> None:
        super().__init__(box, hostname="127.0.0.1", port=port, **options)


@contextmanager
def serving(port: int, scheme: str = "smtp", **options: Any) -> Iterator[Box]:
    """Run a mail server and return its box, with the address to send by in `url`."""
    box = Box()
    server = Server(box, port, **options)
    server.start()
    box.url = f"{scheme}://127.0.0.1:{port}"
    try:
        yield box
    finally:
        server.stop()


def authenticator(
    server: Any, session: Any, envelope: Any, mechanism: str, data: Any
) -> AuthResult:
    """Let in whoever has `LOGIN`."""
    given = (data.login.decode(), data.password.decode())
    return AuthResult(success=given == LOGIN, handled=False)


def certificate(folder: Path) -> Path:
    """Return the file of a new certificate for 127.0.0.1 with its key; it is its own authority."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def tls(path: Path) -> ssl.SSLContext:
    """Return what a server speaks TLS with."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context
