"""What must be kept and shown to no one: encrypted under the installation's secret."""

from __future__ import annotations

import base64
import functools

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@functools.lru_cache(maxsize=4)
def _box(secret: bytes) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"winnow sealed keys").derive(secret)
    return Fernet(base64.urlsafe_b64encode(derived))


@functools.lru_cache(maxsize=4)
def fingerprint(secret: bytes) -> bytes:
    """Return what tells this secret from others: 32 hexadecimal digits from which neither it nor
    any other key that is derived from it can be found.
    """
    derived = HKDF(SHA256(), 16, salt=None, info=b"winnow fingerprint").derive(secret)
    return derived.hex().encode()


def seal(secret: bytes, text: str) -> bytes:
    """Return a text encrypted and authenticated under a key derived from the secret."""
    return _box(secret).encrypt(text.encode())


def unseal(secret: bytes, sealed: bytes) -> str:
    """Return what was sealed; raises `cryptography.fernet.InvalidToken` under another secret."""
    return _box(secret).decrypt(sealed).decode()
