"""The one way out: a request to an address that somebody else chose, and nowhere else.

A name is resolved once, every address it has must be public or allowed by the operator, and the
connection goes to the address that was looked at: a name that resolves otherwise a moment later
changes nothing. Redirects are not followed; time and size are bounded.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import urllib3
from msgspec import Struct

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
WHOLE_SECONDS = 10.0
BODY_BYTES = 64 * 1024

_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutboundError(Exception):
    """The request was not made or not answered; the message says why in a few words."""


class Reply(Struct, frozen=True):
    """What came back: a status and at most 64 KiB of body."""

    status: int
    body: bytes


def post(url: str, body: bytes, headers: Mapping[str, str], allowed: Sequence[str] = ()) -> Reply:
    """Sends a POST request and returns its reply, whatever its status.

    `allowed` are networks that may be reached although they are not public.

    Raises:
        OutboundError: the URL cannot be used, its host may not be reached or did not answer.
    """
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise OutboundError("the address is not one of http or https")
    address = resolve(host, parts.port or (443 if secure else 80), allowed)
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    sent = {"Host": parts.netloc, "User-Agent": "Winnow", "Accept-Encoding": "identity", **headers}
    pool = _pool(str(address), parts.port, host, secure)
    try:
        return _send(pool, target, body, sent)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise OutboundError(f"no answer: {type(error).__name__}") from error
    finally:
        pool.close()


def _pool(address: str, port: int | None, host: str, secure: bool) -> Any:
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    if not secure:
        return urllib3.HTTPConnectionPool(address, port, timeout=timeout, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        address,
        port,
        timeout=timeout,
        maxsize=1,
        ssl_context=ssl.create_default_context(),
        server_hostname=host,
        assert_hostname=host,
    )


def _send(pool: Any, target: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    until = time.monotonic() + WHOLE_SECONDS
    answer = pool.urlopen(
        "POST", target, body=body, headers=headers, redirect=False, retries=False,
        preload_content=False, decode_content=False,
    )  # fmt: skip
    parts: list[bytes] = []
    while sum(map(len, parts)) < BODY_BYTES:
        if time.monotonic() > until:
            raise OutboundError("the answer took too long")
        part = answer.read1(BODY_BYTES)
        if not part:
            break
        parts.append(part)
    return Reply(answer.status, b"".join(parts)[:BODY_BYTES])


def resolve(host: str, port: int, allowed: Sequence[str] = ()) -> Address:
    """Returns the address to connect to; refuses a host any of whose addresses is not public.

    Raises:
        OutboundError: the name does not resolve, or leads where nothing may be sent.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutboundError("the host's name does not resolve") from error
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    networks = [ipaddress.ip_network(network) for network in allowed]
    for address in addresses:
        if not _is_public(address) and not any(address in network for network in networks):
            raise OutboundError(
                "the host's address is not public; WINNOW_OUTBOUND_ALLOW may allow its network"
            )
    return addresses[0]


def _is_public(address: Address) -> bool:
    """Says whether an address is public, and so is the one that it may carry within it."""
    inner: Address | None = None
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.teredo or address.is_site_local:
            return False
    if inner is not None:
        return _is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_unspecified
