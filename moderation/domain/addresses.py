"""Who really called, when proxies stand between."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence


def client_address(peer: str, forwarded: str, trusted: Sequence[str]) -> str:
    """Return the address of the caller nearest to us that is no proxy of ours.

    `peer` is the address of the connection, `forwarded` the value of `X-Forwarded-For`, read
    from its end and only as far as each hop is in one of the `trusted` networks. '' where even
    the peer is unknown.
    """
    hops = [peer, *(part.strip() for part in reversed(forwarded.split(",")[-16:]))]
    networks = [ipaddress.ip_network(network) for network in trusted]
    known = ""
    for hop in hops:
        try:
            address = ipaddress.ip_address(hop)
        except ValueError:
            break
        known = str(address)
        if not any(address in network for network in networks):
            break
    return known


def counted_as(address: str) -> str:
    """Return what a limit by address counts: the address, of IPv6 the /64 that one host has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)).network_address)
