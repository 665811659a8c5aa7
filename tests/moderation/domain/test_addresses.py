"""Addresses however they are written; only what a trusted proxy wrote is believed."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation.domain.addresses import (
    HOPS_AT_MOST,
    client_address,
    counted_as,
    in_ascii,
    mailbox,
    parsed,
)

WRITTEN = [
    ("203.0.113.5", "203.0.113.5"),
    (" 203.0.113.5 ", "203.0.113.5"),
    ("203.0.113.5:4711", "203.0.113.5"),
    ("::ffff:203.0.113.5", "203.0.113.5"),
    ("::FFFF:CB00:7105", "203.0.113.5"),
    ("[::ffff:203.0.113.5]", "203.0.113.5"),
    ("[::ffff:203.0.113.5]:4711", "203.0.113.5"),
    ("2001:db8::7", "2001:db8::7"),
    ("2001:DB8:0:0:0:0:0:7", "2001:db8::7"),
    ("[2001:db8::7]", "2001:db8::7"),
    ("[2001:db8::7]:443", "2001:db8::7"),
    ('"[2001:db8::7]:443"', "2001:db8::7"),
    ("fe80::7%eth0", "fe80::7"),
    ("[fe80::7%eth0]:80", "fe80::7"),
    ("[fe80::7%25eth0]", "fe80::7"),
    ("::ffff:203.0.113.5%eth0", "203.0.113.5"),
]
NO_ADDRESS = [
    "", "unknown", "_hidden", "_gazonk:80", "localhost", "blog.example", "203.0.113",
    "203.0.113.256", "203.0.113.05", "203.0.113.5:", "203.0.113.5:123456", "203.0.113.5:http",
    ":4711", "[]", "[]:80", "[203.0.113.5]", "[203.0.113.5]:80", "[2001:db8::7", "2001:db8::7]",
    "[2001:db8::7]:", "[x]",
    "2001:db8::7::1", "1" * 5000, "for=203.0.113.5", "203.0.113.5 203.0.113.6", "٣.٣.٣.٣",
]  # fmt: skip
PROXY, OWN = "127.0.0.1", ("127.0.0.1/32", "10.0.0.0/8", "fd00::/8")

CALLS = [
    # Who connects, what X-Forwarded-For says, whom we trust, who it was.
    (PROXY, "203.0.113.5", OWN, "203.0.113.5"),
    (PROXY, "", OWN, PROXY),
    ("203.0.113.9", "198.51.100.1", OWN, "203.0.113.9"),
    ("203.0.113.9", "198.51.100.1", (), "203.0.113.9"),
    (PROXY, "198.51.100.1, 203.0.113.5", OWN, "203.0.113.5"),
    (PROXY, "198.51.100.1, 203.0.113.5, 10.1.2.3", OWN, "203.0.113.5"),
    (PROXY, "10.9.9.9, 10.1.2.3", OWN, "10.9.9.9"),
    # A socket that listens to both versions.
    ("::ffff:127.0.0.1", "203.0.113.5", OWN, "203.0.113.5"),
    ("::ffff:203.0.113.9", "198.51.100.1", OWN, "203.0.113.9"),
    (PROXY, "203.0.113.5, ::ffff:10.1.2.3", OWN, "203.0.113.5"),
    ("127.0.0.1", "203.0.113.5", ("::ffff:127.0.0.1/128",), "203.0.113.5"),
    ("::ffff:10.1.2.3", "203.0.113.5", ("::ffff:10.0.0.0/104",), "203.0.113.5"),
    ("::ffff:10.1.2.3", "203.0.113.5", ("::ffff:0:0/96",), "203.0.113.5"),
    # Ports, brackets, zones.
    (PROXY, "203.0.113.5:40000", OWN, "203.0.113.5"),
    (PROXY, "[2001:db8::7]", OWN, "2001:db8::7"),
    (PROXY, "[2001:db8::7]:40000", OWN, "2001:db8::7"),
    (PROXY, "203.0.113.5:1, 10.1.2.3:2, [fd00::1]:3", OWN, "203.0.113.5"),
    ("fd00::1%eth0", "203.0.113.5", OWN, "203.0.113.5"),
    ("::1", "203.0.113.5", ("::1/128",), "203.0.113.5"),
    # What hides or is no address ends it at whoever wrote it.
    (PROXY, "unknown", OWN, PROXY),
    (PROXY, "203.0.113.5, unknown", OWN, PROXY),
    (PROXY, "_hidden, 10.1.2.3", OWN, "10.1.2.3"),
    (PROXY, "203.0.113.5, <script>", OWN, PROXY),
    # Several lines are joined by commas; empty elements are nothing.
    (PROXY, "198.51.100.1,203.0.113.5", OWN, "203.0.113.5"),
    (PROXY, "203.0.113.5,", OWN, "203.0.113.5"),
    (PROXY, ",, 203.0.113.5 ,,10.1.2.3, ", OWN, "203.0.113.5"),
    (PROXY, " , ,", OWN, PROXY),
    # A socket without an address.
    ("", "203.0.113.5", OWN, ""),
    ("", "203.0.113.5", (), ""),
    # Only so many hops are looked at.
    (PROXY, "203.0.113.5" + ", 10.1.2.3" * (HOPS_AT_MOST - 1), OWN, "203.0.113.5"),
    (PROXY, "203.0.113.5" + ", 10.1.2.3" * HOPS_AT_MOST, OWN, "10.1.2.3"),
]


@pytest.mark.parametrize("text, address", WRITTEN)
def test_an_address_is_read_however_it_is_written(text: str, address: str) -> None:
    assert str(parsed(text)) == address


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_what_is_no_address_is_none(text: str) -> None:
    assert parsed(text) is None
    assert counted_as(text) == text


@pytest.mark.parametrize("peer, forwarded, trusted, client", CALLS)
def test_the_caller_is_whoever_the_nearest_trusted_proxy_saw(
    peer: str, forwarded: str, trusted: tuple[str, ...], client: str
) -> None:
    assert client_address(peer, forwarded, trusted) == client


@pytest.mark.parametrize(
    "address, counted",
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("2001:db8:1:3::", "2001:db8:1:3::"),
    ],
)
def test_a_limit_counts_hosts(address: str, counted: str) -> None:
    assert counted_as(address) == counted


@given(st.text(), st.text(st.characters(codec="latin-1")) | st.text('0123456789.:,[]%" ax_'))
@example("127.0.0.1", "[" * 100_000)
@example("127.0.0.1", "1." * 100_000 + "," * 100_000)
def test_whatever_is_written_nobody_but_a_hop_is_believed(peer: str, forwarded: str) -> None:
    assert client_address(peer, forwarded, ()) == str(parsed(peer) or "")
    through = client_address(PROXY, forwarded, OWN)
    assert through == PROXY or parsed(through) is not None
    if through != PROXY:
        assert any(through == str(parsed(hop)) for hop in forwarded.split(","))


@pytest.mark.parametrize(
    "written",
    [
        "zo\u00eb@m\u00fcller.example",
        "ZO\u00cb@M\u00dcLLER.example",
        " zo\u00eb@m\u00fcller.example\n",
        "zoe\u0308@mu\u0308ller.example",
        "zo\u00eb@xn--mller-kva.example",
        "zo\u00eb@XN--MLLER-KVA.Example",
        "Zo\u00eb <zo\u00eb@m\u00fcller.example>",
        "mailto:zo\u00eb@m\u00fcller.example",
        "zo\u00eb@m\u00fcller.example.",
        "zo\u00eb@m\u00fcller\u3002example",
        "zo\u00eb@\uff4d\u00fcller\uff0eexample",
        "zo\u00eb@m\u00fcller\uff61example",
    ],
)
def test_an_e_mail_address_is_one_in_any_spelling(written: str) -> None:
    assert mailbox(written) == "zo\u00eb@m\u00fcller.example"
    assert in_ascii(mailbox(written)) == "zo\u00eb@xn--mller-kva.example"


@pytest.mark.parametrize(
    "other",
    [
        "zoe@m\u00fcller.example",
        "zo\u00eb+x@m\u00fcller.example",
        "zo\u00eb@muller.example",
        "",
        "@",
    ],
)
def test_another_e_mail_address_is_another_one(other: str) -> None:
    assert mailbox(other) != "zo\u00eb@m\u00fcller.example"


@given(st.text("aZ\u00eb\u0308\u0130\u03a3\u2121.@-", max_size=24))
@example("A@\u2121.example")
def test_the_rule_applied_twice_changes_nothing_more(written: str) -> None:
    """So that what is kept in its one form is found by that form."""
    assert mailbox(mailbox(written)) == mailbox(written)
