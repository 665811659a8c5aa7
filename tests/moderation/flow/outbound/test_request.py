"""What leaves goes to public addresses alone, once looked at, and comes back bounded."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from moderation.domain.addresses import parsed
from moderation.flow.outbound import request
from moderation.flow.outbound.request import OutboundError, post, resolve
from tests.clock import Stopwatch
from tests.processes import until
from tests.webserver import Site

LOOPBACK = ("127.0.0.0/8",)


@pytest.fixture
def site() -> Iterator[Site]:
    """Return a web server on loopback."""
    made = Site()
    yield made
    made.close()


Names = Callable[..., None]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Make every name resolve to these addresses, in turn at each look; numbers as ever."""

    def resolve_to(*turns: tuple[str, ...]) -> None:
        left, real = list(turns), socket.getaddrinfo

        def look(host: str, port: int, *more: Any, **options: Any) -> list[Any]:
            if host[0].isdigit():
                return real(host, port, *more, **options)
            addresses = left.pop(0) if len(left) > 1 else left[0]
            return [(socket.AF_INET, 1, 6, "", (address, port)) for address in addresses]

        monkeypatch.setattr(request.socket, "getaddrinfo", look)

    return resolve_to


def test_the_request_arrives_with_its_host_and_the_reply_comes_back(
    site: Site, names: Names
) -> None:
    names(("127.0.0.1",))
    reply = post(f"http://blog.example:{site.port}/hook?x=1", b"a=1", {"X-One": "1"}, LOOPBACK)
    assert (reply.status, reply.body) == (200, b"ok")
    path, headers, body = site.heard[0]
    assert (path, body) == ("/hook?x=1", b"a=1")
    assert (headers["Host"], headers["X-One"]) == (f"blog.example:{site.port}", "1")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fec0::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.0.2.1", "198.18.0.1",
        # Prefixes of translators, whatever stands in them.
        "64:ff9b::5db8:d70e", "64:ff9b:1::a00:1", "64:ff9b:1::5db8:d70e", "64:ff9b:1:abcd::1",
        # IPv4 in IPv6: compatible, translated, mapped, by 6to4, by ISATAP.
        "::10.0.0.1", "::93.184.215.14", "::ffff:0:10.0.0.1", "::ffff:0:93.184.215.14",
        "::ffff:169.254.169.254", "2002:a00:1::1", "2002:c0a8:101::", "2606:4700::5efe:10.0.0.1",
        "2606:4700::200:5efe:10.0.0.1", "fe80::5efe:10.0.0.1",
        # Not given out to anybody.
        "100::1", "1000::1", "4000::1", "5f00::1", "2001:db8::1", "fe80::1%eth0",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(names: Names, address: str) -> None:
    names((address,))
    with pytest.raises(OutboundError, match="not public"):
        resolve("blog.example", 80)


def test_one_private_address_among_public_ones_is_enough_to_refuse(names: Names) -> None:
    names(("93.184.215.14", "10.0.0.1"))
    with pytest.raises(OutboundError, match="not public"):
        resolve("blog.example", 80)


def test_public_and_allowed_addresses_are_taken(names: Names) -> None:
    names(("93.184.215.14",))
    assert str(resolve("blog.example", 80)) == "93.184.215.14"
    names(("10.1.2.3",))
    assert str(resolve("blog.example", 80, ("10.1.2.0/24",))) == "10.1.2.3"


@pytest.mark.parametrize(
    "address",
    ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2002:5db8:d70e::1", "::ffff:93.184.215.14"],
)
def test_public_addresses_of_ipv6_are_taken(names: Names, address: str) -> None:
    names((address,))
    assert resolve("blog.example", 80) == parsed(address)


def test_an_allowed_translator_leads_to_public_and_allowed_addresses_alone(names: Names) -> None:
    translator = ("64:ff9b::/96",)
    names(("64:ff9b::93.184.215.14",))
    assert resolve("blog.example", 80, translator)
    names(("64:ff9b::10.0.0.1",))
    with pytest.raises(OutboundError, match="not public"):
        resolve("blog.example", 80, translator)
    assert resolve("blog.example", 80, (*translator, "10.0.0.0/8"))


def test_an_allowed_network_is_allowed_by_either_version(names: Names) -> None:
    names(("::ffff:10.1.2.3",))
    assert str(resolve("blog.example", 80, ("10.1.2.0/24",))) == "10.1.2.3"


def test_a_name_is_looked_up_once_and_the_address_looked_at_is_the_one_called(
    site: Site, names: Names
) -> None:
    names(("127.0.0.1",), ("127.9.9.9",), ("127.9.9.9",))
    assert post(f"http://blog.example:{site.port}/", b"", {}, ("127.0.0.1/32",)).status == 200


@pytest.mark.parametrize(
    "written",
    ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::ffff:127.0.0.1]", "localhost"],
)
def test_loopback_is_refused_however_it_is_written(site: Site, written: str) -> None:
    with pytest.raises(OutboundError):
        post(f"http://{written}:{site.port}/", b"", {})
    assert site.heard == []


@pytest.mark.parametrize(
    "url",
    ["ftp://blog.example/", "file:///etc/passwd", "http://", "gopher://x", "http://a@b.example/"],
)
def test_other_schemes_and_credentials_are_refused(url: str) -> None:
    with pytest.raises(OutboundError):
        post(url, b"", {})


def test_redirects_are_not_followed(site: Site) -> None:
    site.status, site.headers = 302, {"Location": f"http://127.0.0.1:{site.port}/elsewhere"}
    assert post(f"http://127.0.0.1:{site.port}/", b"", {}, LOOPBACK).status == 302
    assert [path for path, _, _ in site.heard] == ["/"]


def test_long_answers_are_cut_and_compressed_ones_left_alone(site: Site) -> None:
    site.body, site.headers = b"x" * 1_000_000, {"Content-Encoding": "gzip"}
    assert post(f"http://127.0.0.1:{site.port}/", b"", {}, LOOPBACK).body == b"x" * 65_536


def test_a_slow_answer_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "READ_SECONDS", 0.1)
    release = threading.Event()
    site.body = lambda sent: release.wait(5) and b""
    try:
        with pytest.raises(OutboundError, match="no answer"):
            post(f"http://127.0.0.1:{site.port}/", b"", {}, LOOPBACK)
    finally:
        release.set()


SLOW = b"HTTP/1.1 200 OK\r\nX-Slow: "


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("before", [b"", SLOW, b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_site_that_drips_is_given_up_in_time(
    scheme: str, before: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "WHOLE_SECONDS", 0.5)
    over, ended = threading.Event(), threading.Event()

    def drip() -> None:
        line, _ = server.accept()
        with line:
            with contextlib.suppress(OSError):
                line.sendall(before)
                while not over.wait(0.02):
                    line.sendall(b"1")
            ended.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with Stopwatch() as watch, pytest.raises(OutboundError, match="no answer"):
                post(f"{scheme}://127.0.0.1:{server.getsockname()[1]}/", b"a=1", {}, LOOPBACK)
            assert watch.seconds < 1.5
            assert ended.wait(5), "the connection is closed"
        finally:
            over.set()
            thread.join()


def test_a_name_that_is_looked_up_for_ever_is_given_up_in_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "WHOLE_SECONDS", 0.2)
    over, real = threading.Event(), socket.getaddrinfo

    def look(*asked: Any, **options: Any) -> Any:
        over.wait(10)
        return real(*asked, **options)

    monkeypatch.setattr(request.socket, "getaddrinfo", look)
    threads = threading.active_count()
    with Stopwatch() as watch, pytest.raises(OutboundError, match="no answer"):
        post(f"http://127.0.0.1:{site.port}/", b"a=1", {}, LOOPBACK)
    assert watch.seconds < 1
    over.set()
    until(lambda: threading.active_count() <= threads)
    assert site.heard == [], "nothing is sent after the time is over"


def test_a_host_that_does_not_answer_is_an_error(site: Site) -> None:
    site.close()
    with pytest.raises(OutboundError):
        post(f"http://127.0.0.1:{site.port}/", b"", {}, LOOPBACK)
