"""The one way out: a request to an address that somebody else chose, and nowhere else.

A name is resolved once, every address it has must be public or allowed by the operator, and the
connection goes to the address that was looked at: a name that resolves otherwise a moment later
changes nothing. Redirects are not followed; time and size are bounded.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from urllib.parse import quote, urlsplit

from msgspec import Struct

from moderation.domain.akismet import ascii_host

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
WHOLE_SECONDS = 10.0
"""Bounds the exchange from the look-up of the name to the last byte."""
BODY_BYTES = 64 * 1024

_IN_TARGETS = "%/?:@!$&'()*+,;=~"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutboundError(Exception):
    """The request was not made or not answered; the message says why in a few words."""


class Reply(Struct, frozen=True):
    """What came back: a status and at most 64 KiB of body."""

    status: int
    body: bytes


def post(url: str, body: bytes, headers: Mapping[str, str], allowed: Sequence[str] = ()) -> Reply:
    """Send a POST request and return its reply, whatever its status.

    `allowed` are networks that may be reached although they are not public.

    Raises:
        OutboundError: the URL cannot be used, its host may not be reached or did not answer.
    """
    exchange = _Exchange()
    answer: Future[Reply] = Future()

    def send() -> None:
        try:
            answer.set_result(exchange.post(url, body, headers, allowed))
        except Exception as error:
            answer.set_exception(error)

    # A thread, for nothing else ends the look-up of a name or a handshake.
    threading.Thread(target=send, daemon=True).start()
    try:
        return answer.result(WHOLE_SECONDS)
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise OutboundError(f"no answer: {type(error).__name__}") from error
    finally:
        exchange.end()


class _Exchange:
    """One request and its reply, which another thread can end at any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._is_over = False

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], allowed: Sequence[str]
    ) -> Reply:
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
            raise OutboundError("the address is not one of http or https")
        port = parts.port or (443 if secure else 80)
        address = resolve(host, port, allowed)
        path = parts.path or "/"
        target = quote(f"{path}?{parts.query}" if parts.query else path, safe=_IN_TARGETS)
        named = ascii_host(parts.netloc)
        sent = {"Host": named, "User-Agent": "Winnow", "Accept-Encoding": "identity"}
        connection = http.client.HTTPConnection(host)
        with self._connected((str(address), port)) as line:
            connection.sock = _tls().wrap_socket(line, server_hostname=host) if secure else line
            with contextlib.closing(connection):
                connection.request("POST", target, body, {**sent, **headers})
                reply = connection.getresponse()
                return Reply(reply.status, reply.read(BODY_BYTES))

    def _connected(self, address: tuple[str, int]) -> socket.socket:
        line = socket.create_connection(address, CONNECT_SECONDS)
        line.settimeout(READ_SECONDS)
        with self._lock:
            if self._is_over:
                line.close()
                raise TimeoutError
            # TLS takes the descriptor over: a second one of the same connection ends both.
            self._line = line.dup()
        return line

    def end(self) -> None:
        """End the exchange, wherever it is."""
        with self._lock:
            self._is_over = True
            if self._line is not None:
                with contextlib.suppress(OSError):
                    self._line.shutdown(socket.SHUT_RDWR)
                self._line.close()


@functools.lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def resolve(host: str, port: int, allowed: Sequence[str] = ()) -> Address:
    """Return the address to connect to; refuses a host any of whose addresses is not public.

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
    """Say whether an address is public, and so is the one that it may carry within it."""
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
