"""A feed as a file: a line of JSON, and a line with its signature (Ed25519, RFC 8032).

The key follows from the installation's secret: it is backed up with it, and another secret makes
another key, which those who subscribe must be told.
"""

from __future__ import annotations

import base64
import functools

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from moderation.domain.errors import InvalidInput
from moderation.domain.feeds import FORMAT, MOST_DAYS, Feed

MOST_BYTES = 8 << 20
_decode = msgspec.json.Decoder(Feed).decode


@functools.lru_cache(maxsize=4)
def _private(secret: bytes) -> Ed25519PrivateKey:
    derived = HKDF(SHA256(), 32, salt=None, info=b"winnow feed key").derive(secret)
    return Ed25519PrivateKey.from_private_bytes(derived)


def public_key(secret: bytes) -> str:
    """Return the key by which others know the feeds of this installation: 44 characters."""
    raw = _private(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def sign(secret: bytes, feed: Feed) -> bytes:
    """Return a feed as a file."""
    line = msgspec.json.encode(feed)
    return line + b"\n" + base64.b64encode(_private(secret).sign(line)) + b"\n"


def key_of(text: str) -> Ed25519PublicKey:
    """Return a public key as it is written.

    Raises:
        InvalidInput: it is none.
    """
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text.strip(), validate=True))
    except ValueError as error:
        raise InvalidInput(
            "this is no key of a feed: 44 characters, as `feed key` prints it"
        ) from error


def read(data: bytes, key: str) -> Feed:
    """Return a feed that whoever has this key has signed.

    Raises:
        InvalidInput: it is none, another key signed it, or it is of a form that is not known here.
    """
    if len(data) > MOST_BYTES:
        raise InvalidInput("it is larger than a feed may be")
    line, _, signature = data.partition(b"\n")
    try:
        key_of(key).verify(base64.b64decode(signature.strip(), validate=True), line)
        feed = _decode(line)
    except (ValueError, InvalidSignature) as error:
        raise InvalidInput("it is not signed by this key, or was changed since") from error
    except msgspec.DecodeError as error:
        raise InvalidInput("it is no feed") from error
    if len({one.day for one in feed.domains}) > MOST_DAYS + 1:
        raise InvalidInput("it tells of more days than a feed may")
    if feed.winnow_feed != FORMAT:
        raise InvalidInput("it has a form that this version does not know")
    return feed
