"""Addresses as others write them: of machines and of mail, and who really called when proxies stand
between."""

from __future__ import annotations

import functools
import ipaddress
import re
import unicodedata
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

HOPS_AT_MOST = 16
_IN_BRACKETS = re.compile(r"\[([0-9A-Fa-f:.]+)(?:%[^\]]*)?\](?::[0-9]{1,5})?")
_WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}")
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
DOTTED = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")
"""An IPv4 address in the one way to write it: most are, and parsing takes five times as long."""
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


def parsed(text: str) -> Address | None:
    """Return the address that somebody wrote, None where it is none.

    A port, brackets, quotes and a zone (RFC 4007 §11) are taken off. An IPv4 address is itself
    where it comes in IPv6, as on a socket that listens to both (RFC 4291 §2.5.5.2).
    """
    text = text.strip().strip('"')
    bare = _WITH_PORT.fullmatch(text) or _IN_BRACKETS.fullmatch(text)
    try:
        if text.startswith("["):
            found: Address = ipaddress.IPv6Address(bare[1] if bare else "")
        else:
            found = ipaddress.ip_address(bare[1] if bare else text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def mailbox(text: str) -> str:
    """Return an e-mail address so that all who write the same one write it alike.

    This is the one rule: lists, searches, hashes of authors and what Akismet's clients report are
    compared by it. A name before it (`Ann <ann@mail.example>`), `mailto:` and a dot at its end are
    taken off. It is in lower case and NFC, its domain as `host_name` has it. What else a provider
    may take for the same (`ann+blog`, dots within a name) is another address.
    """
    text = text.strip()
    if text.endswith(">"):
        text = text[text.rfind("<") + 1 : -1]
    text = text.strip().lower().removeprefix("mailto:").rstrip(".")
    if text.isascii() and "xn--" not in text:
        return text
    local, at, domain = text.rpartition("@")
    host = host_name(domain) or ".".join(map(unicode_label, domain.split(".")))
    return unicodedata.normalize("NFC", local + at + host)


_LABEL = r"[^\W_](?:[\w\-]{0,61}[^\W_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def host_name(text: str) -> str:
    """Return a host name in Unicode and lower case, '' where it cannot be one (RFC 5890)."""
    host = text.lower()
    if not host.isascii():
        host = unicodedata.normalize("NFKC", host).lower().replace("\u3002", ".")
    if len(host) > 253 or not _HOST.fullmatch(host):
        return ""
    return ".".join(map(unicode_label, host.split("."))) if "xn--" in host else host


def in_ascii(email: str) -> str:
    """Return an e-mail address with its domain in Punycode (RFC 3492) where it is not in ASCII."""
    local, at, domain = email.rpartition("@")
    return local + at + ".".join(map(ascii_label, domain.split(".")))


def ascii_label(label: str) -> str:
    """Return a label of a host as it is looked up."""
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"


def unicode_label(label: str) -> str:
    """Return a label of a host in Unicode, as it is where it is not one in Punycode (RFC 3492).

    What is said to be Punycode may stand for half a character (a surrogate), which no bytes say.
    """
    if not label.startswith("xn--"):
        return label
    try:
        found = label[4:].encode("ascii").decode("punycode")
        found.encode()
    except (ValueError, OverflowError):  # UnicodeError is a ValueError.
        return label
    return unicodedata.normalize("NFC", found.lower())


@functools.lru_cache(maxsize=64)
def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Return networks; one of IPv4 addresses that come in IPv6 as that of the addresses."""
    return tuple(map(_network, texts))


def _network(text: str) -> Network:
    network = ipaddress.ip_network(text)
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        start = ipaddress.IPv4Address(int(network.network_address) & 0xFFFFFFFF)
        return ipaddress.ip_network((start, network.prefixlen - 96))
    return network


def is_in(address: Address, texts: Sequence[str]) -> bool:
    """Say whether an address is in one of some networks."""
    return any(address in network for network in networks(tuple(texts)))


def client_address(peer: str, forwarded: str, trusted: Sequence[str]) -> str:
    """Return the address of the caller nearest to us that is no proxy of ours.

    `peer` is the address of the connection, `forwarded` the value of `X-Forwarded-For`, its
    lines joined by commas, read from its end and only as far as each hop is in one of the
    `trusted` networks. What is no address (`unknown`, `_hidden`) ends it: the hop that wrote it
    stands for whoever it hides. '' where even the peer is unknown.
    """
    written = [hop for hop in forwarded.rsplit(",", HOPS_AT_MOST)[-HOPS_AT_MOST:] if hop.strip()]
    known = ""
    for hop in (peer, *reversed(written)):
        address = parsed(hop)
        if address is None:
            break
        known = str(address)
        if not is_in(address, trusted):
            break
    return known


def network_of(address: str) -> str:
    """Return the network that one host or its neighbours share, a /24 of IPv4 or a /64 of IPv6; ''
    where it is no address."""
    if DOTTED.fullmatch(address):
        return f"{address.rpartition('.')[0]}.0/24"
    found = parsed(address)
    if found is None:
        return ""
    if found.version == 4:
        return f"{str(found).rpartition('.')[0]}.0/24"
    return f"{ipaddress.IPv6Address(int(found) >> 64 << 64)}/64"


def counted_as(address: str) -> str:
    """Return what a limit by address counts: the address, of IPv6 the /64 that one host has."""
    found = parsed(address)
    if found is None:
        return address
    if found.version == 4:
        return str(found)
    return str(ipaddress.IPv6Address(int(found) >> 64 << 64))
