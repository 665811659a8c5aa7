"""The one way out: a request to an address that somebody else chose, and nowhere else.

A name is resolved once, every address it has must be public or allowed by the operator, and the
connection goes to the address that was looked at: a name that resolves otherwise a moment later
changes nothing. Redirects are not followed; time and size are bounded.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Network
from urllib.parse import quote, urlsplit

from msgspec import Struct

from moderation.domain.addresses import Address, is_in, parsed
from moderation.domain.akismet import ascii_host

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
WHOLE_SECONDS = 10.0
"""Bounds the exchange from the look-up of the name to the last byte."""
BODY_BYTES = 64 * 1024

_PIECE = 64 * 1024
_PACKED = frozenset(("gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"))
_IN_TARGETS = "%/?:@!$&'()*+,;=~"
_GIVEN_OUT = IPv6Network("2000::/3")
"""Where public addresses of IPv6 are (RFC 4291 §2.4). Outside are the prefixes of translators
(64:ff9b::/96, 64:ff9b:1::/48) and older ways to write an IPv4 address, which lead elsewhere."""
_TRANSLATED = IPv6Network("64:ff9b::/96")
_ISATAP = frozenset((0x00005EFE, 0x02005EFE))
"""What stands before an IPv4 address in the second half of one of IPv6 (RFC 5214 §6.1)."""


class OutboundError(Exception):
    """The request was not made or not answered; the message says why in a few words."""


class Reply(Struct, frozen=True):
    """What came back: a status, the body as far as it was to be read, the tag of what it is, and
    when to come again, as it was said."""

    status: int
    body: bytes
    etag: str = ""
    retry_after: str = ""


def post(url: str, body: bytes, headers: Mapping[str, str], allowed: Sequence[str] = ()) -> Reply:
    """Send a POST request and return its reply, whatever its status.

    `allowed` are networks that may be reached although they are not public.

    Raises:
        OutboundError: the URL cannot be used, its host may not be reached or did not answer.
    """
    sent = _Sent("POST", url, body, headers, BODY_BYTES)
    return _exchanged(sent, allowed, WHOLE_SECONDS)


def get(
    url: str, headers: Mapping[str, str], most: int, seconds: float, allowed: Sequence[str] = ()
) -> Reply:
    """Send a GET request and return its reply, of which at most `most` bytes are read.

    Raises:
        OutboundError: as `post`; the body is longer, or does not come within so many seconds.
    """
    reply = _exchanged(_Sent("GET", url, None, headers, most + 1), allowed, seconds)
    if len(reply.body) > most:
        raise OutboundError(f"the answer is longer than {most:,} bytes")
    return reply


class _Sent(Struct, frozen=True):
    """A request, and how much of its answer is read."""

    method: str
    url: str
    body: bytes | None
    headers: Mapping[str, str]
    most: int


def _exchanged(sent: _Sent, allowed: Sequence[str], seconds: float) -> Reply:
    exchange = _Exchange()
    answer: Future[Reply] = Future()

    def send() -> None:
        try:
            answer.set_result(exchange.send(sent, allowed))
        except Exception as error:
            answer.set_exception(error)

    # A thread, for nothing else ends the look-up of a name or a handshake.
    threading.Thread(target=send, daemon=True).start()
    try:
        return answer.result(seconds)
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise _as_said(error) from error
    finally:
        exchange.end()


def _as_said(error: Exception) -> OutboundError:
    """Return what became of an exchange in a few words."""
    match error:
        case TimeoutError():
            return OutboundError("no answer in time")
        case ConnectionRefusedError():
            return OutboundError("no answer: nobody listens there")
        case ssl.SSLCertVerificationError():
            return OutboundError("no answer: its certificate is not trusted")
        case http.client.IncompleteRead():
            return OutboundError("its answer broke off")
        case ConnectionError():
            return OutboundError("no answer: it closed the connection")
        case http.client.HTTPException():
            return OutboundError("what it answers is no HTTP, or has endless headers")
        case _:
            return OutboundError(f"no answer: {type(error).__name__}")


class _Exchange:
    """One request and its reply, which another thread can end at any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._is_over = False

    def send(self, sent: _Sent, allowed: Sequence[str]) -> Reply:
        parts = urlsplit(sent.url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
            raise OutboundError("the address is not one of http or https")
        port = parts.port or (443 if secure else 80)
        address = resolve(host, port, allowed)
        path = parts.path or "/"
        target = quote(f"{path}?{parts.query}" if parts.query else path, safe=_IN_TARGETS)
        named = ascii_host(parts.netloc)
        own = {"Host": named, "User-Agent": "Winnow", "Accept-Encoding": "identity"}
        connection = http.client.HTTPConnection(host)
        with self._connected((str(address), port)) as line:
            connection.sock = _tls().wrap_socket(line, server_hostname=host) if secure else line
            with contextlib.closing(connection):
                connection.request(sent.method, target, sent.body, {**own, **sent.headers})
                reply = connection.getresponse()
                if sent.method == "GET" and 200 <= reply.status < 300 and _is_packed(reply):
                    # Nothing is unpacked: a few bytes may become any number.
                    raise OutboundError("its answer is packed, which was not asked for")
                body = _read(reply, sent.most)
                if sent.method == "GET" and reply.length and len(body) < sent.most:
                    # The client reads as much as there is, and says nothing of the rest.
                    raise http.client.IncompleteRead(body, reply.length)
                tag, later = reply.headers.get("ETag"), reply.headers.get("Retry-After")
                return Reply(reply.status, body, tag or "", later or "")

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


def _is_packed(reply: http.client.HTTPResponse) -> bool:
    """Say whether a body is packed; what some call a coding is none, such as `UTF-8`."""
    named = ",".join(reply.headers.get_all("Content-Encoding", []))
    return any(one.strip().lower() in _PACKED for one in named.split(","))


def _read(reply: http.client.HTTPResponse, most: int) -> bytes:
    """Return a body as far as it is to be read, in memory once, however small its pieces are."""
    body = bytearray()
    while len(body) < most and (piece := reply.read(min(_PIECE, most - len(body)))):
        body += piece
    return bytes(body)


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
    addresses = [address for entry in found if (address := parsed(str(entry[4][0])))]
    if not addresses:
        raise OutboundError("the host's name does not resolve")
    if not all(_may_be_called(address, allowed) for address in addresses):
        raise OutboundError(
            "the host's address is not public; WINNOW_OUTBOUND_ALLOW may allow its network"
        )
    return addresses[0]


def _may_be_called(address: Address, allowed: Sequence[str]) -> bool:
    """Say whether an address, and one that it carries within it, is public or allowed."""
    carried = _carried(address)
    if carried is not None and not _may_be_called(carried, allowed):
        return False
    return _is_public(address) or is_in(address, allowed)


def _carried(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that a tunnel or translator takes one of IPv6 for, if any."""
    if isinstance(address, IPv4Address):
        return None
    number = int(address)
    if address in _TRANSLATED or number >> 32 & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(number & 0xFFFFFFFF)
    return address.sixtofour


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    return address in _GIVEN_OUT and address.is_global and not address.teredo
