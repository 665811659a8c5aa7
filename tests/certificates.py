"""Private authorities, and certificates of theirs for servers and clients on loopback."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


@dataclass(frozen=True)
class Certificate:
    """Files of an authority, of a certificate of its own making, and of the key of that."""

    authority: Path
    public: Path
    key: Path

    @property
    def words(self) -> str:
        """Return what an address says of it: who is trusted, and who asks."""
        return f"ssl_ca_certs={self.authority}&ssl_certfile={self.public}&ssl_keyfile={self.key}"

    @property
    def of_client(self) -> dict[str, Any]:
        """Return the same for a plain client."""
        return {
            "ssl": True,
            "ssl_ca_certs": str(self.authority),
            "ssl_certfile": str(self.public),
            "ssl_keyfile": str(self.key),
        }

    @property
    def options(self) -> dict[str, str]:
        """Return the options of a server that shows it, and takes nobody without one."""
        return {
            "--tls-ca-cert-file": str(self.authority),
            "--tls-cert-file": str(self.public),
            "--tls-key-file": str(self.key),
            "--tls-auth-clients": "yes",
            "--tls-replication": "yes",
        }


def certificate(
    folder: Path, *, names: Sequence[str] = ("winnow.example",), days_off: int = 0
) -> Certificate:
    """Return a certificate for 127.0.0.1 and names, of an authority that nobody else has.

    It holds today, or so many days before or after.
    """
    now = dt.datetime.now(dt.UTC)
    off = dt.timedelta(days=days_off)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's own authority")])

    def build(
        name: x509.Name, public: ec.EllipticCurvePublicKey, day: dt.datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(ca_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(day - dt.timedelta(hours=1))
            .not_valid_after(day + dt.timedelta(days=2))
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
        )

    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    authority = (
        build(ca_name, ca_key.public_key(), now)
        .add_extension(x509.BasicConstraints(True, None), True)
        .add_extension(usage, True)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        build(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]),
            key.public_key(),
            now + off,
        )
        .add_extension(
            x509.SubjectAlternativeName([*(x509.DNSName(name) for name in names), LOOPBACK]),
            False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    found = Certificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    pem = serialization.Encoding.PEM
    found.authority.write_bytes(authority.public_bytes(pem))
    found.public.write_bytes(leaf.public_bytes(pem))
    found.key.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return found
