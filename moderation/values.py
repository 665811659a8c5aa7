"""How the values of environment variables are read: ValueError for one that cannot be used."""

import datetime as dt
import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit


def bind(text: str) -> tuple[str, int]:
    """Return host and port of `host:port`."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not 1 <= int(port) <= 65535:
        raise ValueError
    return host, int(port)


def bind_or_off(text: str) -> tuple[str, int] | None:
    """Return host and port, None for `off`."""
    return None if text == "off" else bind(text)


def folder(text: str) -> Path:
    """Return the path of a folder, which need not be there."""
    path = Path(text).expanduser()
    if path.exists() and not path.is_dir():
        raise ValueError
    return path


def file(text: str) -> Path:
    """Return the path of a file that is there."""
    path = Path(text).expanduser()
    if not path.is_file():
        raise ValueError
    return path


def address(text: str, schemes: tuple[str, ...]) -> str:
    """Return a URL of one of some schemes that says where."""
    parts = urlsplit(text)
    located = parts.path if parts.scheme in ("unix", "redis+socket") else parts.hostname
    if parts.scheme not in schemes or not located:
        raise ValueError
    _ = parts.port  # urlsplit raises ValueError here for a port that is no number.
    return text


def smtp_url(text: str) -> str:
    """Return the address of a mail server."""
    parts = urlsplit(text)
    # The standard library's client says no other name and password.
    if not unquote(f"{parts.username}{parts.password}").isascii():
        raise ValueError
    return address(text, ("smtp", "smtps"))


STORE_PORT = 6379


def store_hosts(url: str, port: int) -> list[tuple[str, int]]:
    """Return the hosts of a URL that may name several with commas between; `port` where it names
    none."""
    found = []
    for part in urlsplit(url).netloc.rpartition("@")[2].split(","):
        one = urlsplit(f"//{part}")
        if not one.hostname:
            raise ValueError
        found.append((one.hostname, one.port or port))
    return found


_NUMBERS = frozenset(("db", "replicas"))
_STORE_WORDS = _NUMBERS | {"username", "password", "client_name", "socket_keepalive"}
_SENTINEL_WORDS = frozenset(("sentinel_username", "sentinel_password"))
_TLS_WORDS = frozenset((
    "ssl_ca_certs", "ssl_ca_data", "ssl_ca_path", "ssl_cert_reqs", "ssl_certfile",
    "ssl_check_hostname", "ssl_ciphers", "ssl_keyfile", "ssl_password",
))  # fmt: skip
_RABBIT_TLS_WORDS = frozenset((
    "ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_check_hostname", "ssl_keyfile",
))  # fmt: skip
_SWITCH = frozenset(("yes", "true", "True", "1", "no", "false", "False", "0"))
_ANSWERS = {
    "ssl_cert_reqs": frozenset(("none", "optional", "required")),
    "ssl_check_hostname": _SWITCH,
}
"""What may be said by a word that does not take any text."""


def store_words(scheme: str, kind: str) -> frozenset[str]:
    """Return which words may follow the `?` of a store's address."""
    more = _SENTINEL_WORDS if kind == "sentinel" else frozenset[str]()
    return _STORE_WORDS | more | (_TLS_WORDS if scheme == "rediss" else frozenset())


def _check_words(text: str, known: frozenset[str]) -> None:
    for name, value in parse_qsl(urlsplit(text).query, keep_blank_values=True):
        is_number = value.isascii() and value.isdigit()
        if name not in known or (name in _NUMBERS and not is_number):
            raise ValueError
        if value not in _ANSWERS.get(name, (value,)):
            raise ValueError


def without_replicas(url: str) -> tuple[str, int]:
    """Return an address without the number of replicas that are to have what is answered for, and
    that number (`replicas=1`), 0 where it says none."""
    address, _, query = url.partition("?")
    given = parse_qsl(query, keep_blank_values=True)
    rest = [(name, value) for name, value in given if name != "replicas"]
    if len(rest) == len(given):
        return url, 0
    return f"{address}?{urlencode(rest)}" if rest else address, int(dict(given)["replicas"])


def store_address(text: str) -> str:
    """Return the URL of a store: one server, a Cluster, or Sentinels and what they call it."""
    scheme, _, kind = urlsplit(text).scheme.partition("+")
    _check_words(text, store_words(scheme, kind))
    if not kind:
        return address(text, ("redis", "rediss", "unix"))
    name = urlsplit(text).path.strip("/")
    if scheme not in ("redis", "rediss") or kind not in ("cluster", "sentinel"):
        raise ValueError
    # A Cluster has one database, a primary behind Sentinels a name.
    if (name not in ("", "0")) if kind == "cluster" else not name:
        raise ValueError
    store_hosts(text, STORE_PORT)
    return text


def public_url(text: str) -> str:
    """Return the address that people use, without a slash at its end.

    One with a path is refused: pages, forms and cookies lie at the root of their host.
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError
    if parts.path.strip("/"):
        raise ValueError
    return text.rstrip("/")


def mail_address(text: str) -> str:
    """Return an e-mail address."""
    if not re.fullmatch(r"[!-?A-~]{1,64}@[!-?A-~]{1,255}", text):
        raise ValueError
    return text


def networks(text: str) -> tuple[str, ...]:
    """Return networks with commas between."""
    return tuple(str(ipaddress.ip_network(part.strip())) for part in text.split(","))


def count(text: str) -> int:
    """Return a number from 1 to 256."""
    if not 1 <= int(text) <= 256:
        raise ValueError
    return int(text)


def one_of(*words: str) -> Callable[[str], str]:
    """Return what takes one of some words."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError
        return text

    return parse


def level(text: str) -> str:
    """Return a level of logging."""
    return one_of("DEBUG", "INFO", "WARNING", "ERROR")(text.upper())


def within(least: float, most: float, text: str) -> float:
    """Return a number within bounds."""
    if not least <= float(text) <= most:
        raise ValueError
    return float(text)


def labels(text: str) -> int:
    """Return a number of labels."""
    return int(within(0, 1_000_000, str(int(text))))


def time_of_day(text: str) -> str:
    """Return a time as 03:10, or `never`."""
    return text if text == "never" else dt.time.fromisoformat(text).strftime("%H:%M")


_BROKER_SCHEMES = ("redis", "rediss", "unix", "redis+socket")


def broker_address(text: str) -> str:
    """Return the address of a broker in the words of Celery's transport."""
    if text.startswith("amqp"):
        # The nodes of a cluster, with semicolons between: the next is taken when one is away.
        nodes = [urlsplit(address(node, ("amqp", "amqps"))) for node in text.split(";")]
        is_secure = "amqps" in {node.scheme for node in nodes}
        if is_secure and len({(node.scheme, node.hostname) for node in nodes}) > 1:
            # kombu compares every node's certificate with the name of the first.
            raise ValueError
        for node in nodes:
            _check_words(node.geturl(), _RABBIT_TLS_WORDS if is_secure else frozenset())
        if len({node.query for node in nodes if node.query}) > 1:
            raise ValueError
        return text
    scheme = urlsplit(address(text, _BROKER_SCHEMES)).scheme
    if scheme != "redis+socket":
        _check_words(text, store_words(scheme, "") - {"replicas"})
    return default_broker_url(text)


def tls_words(url: str) -> dict[str, str]:
    """Return what an address says of TLS behind its `?`, that of a broker's nodes by any of
    them."""
    found: dict[str, str] = {}
    for node in url.split(";"):
        found.update(parse_qsl(urlsplit(node).query))
    return {name: value for name, value in found.items() if name in _TLS_WORDS}


def is_no(value: str) -> bool:
    """Say whether a word of an address says no."""
    return value.lower() in ("no", "false", "0")


def default_broker_url(redis_url: str) -> str:
    """Return the same server as the store, in the words of Celery's transport."""
    parts = urlsplit(redis_url)
    if parts.scheme in ("", "redis+socket"):
        return redis_url
    if "+" in parts.scheme:
        return ""  # Celery's transport knows neither a Cluster nor what Sentinels say.
    # It takes nothing from behind the `?` but TLS, and what else stands there fails it.
    words = dict(parse_qsl(parts.query))
    login, at, host = parts.netloc.rpartition("@")
    if not at and (words.keys() & {"username", "password"}):
        login, at = ":".join(quote(words.get(w, ""), "") for w in ("username", "password")), "@"
    if parts.scheme == "unix":
        return f"redis+socket://{login}{at}{parts.path}?virtual_host={words.get('db', '0')}"
    path = f"/{words['db']}" if "db" in words else parts.path
    secure = urlencode(tls_words(redis_url), safe="/")
    return f"{parts.scheme}://{login}{at}{host}{path}" + (f"?{secure}" if secure else "")
