"""How web, workers and beat meet their broker: RabbitMQ by AMQP, Redis or Valkey by its own words.

On RabbitMQ every queue is a quorum queue, which a node that dies does not take along. Messages go
to the exchange without a name, which leads to every queue by its name: no binding can be lost.
"""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import urlsplit

from kombu.connection import Connection
from kombu.entity import Queue
from kombu.exceptions import OperationalError

from moderation.values import is_no, tls_words

SCHEMES = ("amqp", "amqps")
"""The schemes of RabbitMQ."""
HEARTBEAT_SECONDS = 10
"""A worker that hears nothing of RabbitMQ for twice as long has lost it."""
_QUORUM = {"x-queue-type": "quorum"}
"""Redis takes no notice of it."""
_REFUSALS = {
    "unknown command": "sentinel",
    "not allowed in cluster mode": "cluster",
    "DB index is out of range": "numbered",
}


def is_rabbit(url: str) -> bool:
    """Say whether a broker's address leads to RabbitMQ."""
    return url.partition("://")[0] in SCHEMES


def nodes(url: str) -> list[str]:
    """Return the addresses of a broker's nodes, the one that is asked first at the front."""
    return url.split(";")


def retries(url: str) -> int:
    """Return how often kombu must try again to have tried each node once."""
    return len(nodes(url)) - 1


def queue(name: str) -> Queue:
    """Return a queue as everybody must declare it: RabbitMQ refuses who does it otherwise."""
    return Queue(name, routing_key=name, queue_arguments=dict(_QUORUM))


def waiting(channel: Any, name: str) -> int:
    """Return how many messages wait in a queue of the broker, which need not be there yet."""
    return int(queue(name)(channel).queue_declare().message_count)


def options(url: str, read_seconds: float, connect_seconds: float) -> dict[str, Any]:
    """Return Celery's settings for a broker: how long it may be silent, and take to connect."""
    secure: dict[str, Any] = {}
    if urlsplit(nodes(url)[0]).scheme in ("amqps", "rediss"):
        secure = {"broker_use_ssl": _tls(url)}
        url = ";".join(node.partition("?")[0] for node in nodes(url))
    found: dict[str, Any] = secure | {
        "broker_url": url,
        "broker_connection_timeout": max(1, connect_seconds),
    }
    if is_rabbit(url):
        found["broker_heartbeat"] = HEARTBEAT_SECONDS
        found["broker_transport_options"] = {
            "read_timeout": read_seconds,
            "write_timeout": read_seconds,
            # What the broker did not take is known to whoever sent it.
            "confirm_publish": True,
            # Every node is asked once, without a wait; who tries again is the caller's choice.
            "max_retries": retries(url),
            "interval_start": 0,
            "interval_step": 0,
            "interval_max": 0,
        }
    else:
        found["broker_transport_options"] = {
            "socket_timeout": read_seconds,
            "socket_connect_timeout": connect_seconds,
            "socket_keepalive": True,
            "retry_on_timeout": False,
            # One list a queue: nothing here has a priority.
            "priority_steps": [0],
        }
    return found


def _tls(url: str) -> dict[str, Any]:
    """Return Celery's `broker_use_ssl`: the certificate must be of a known authority and of the
    host in the address, unless this says otherwise. kombu's own default asks neither."""
    words: dict[str, Any] = {"ssl_cert_reqs": "required"} | tls_words(url)
    is_named = not is_no(words.pop("ssl_check_hostname", "yes"))
    if not is_rabbit(url):
        return words | {"ssl_check_hostname": is_named}
    asked = ssl.VerifyMode["CERT_" + words.pop("ssl_cert_reqs").upper()]
    found = {name.removeprefix("ssl_"): value for name, value in words.items()}
    if is_named and asked is not ssl.CERT_NONE:
        found["server_hostname"] = urlsplit(nodes(url)[0]).hostname
    return found | {"cert_reqs": asked}


def answers(url: str) -> str:
    """Return what the broker is by its own words, `cluster` or `sentinel` for one that cannot be,
    `numbered` for one without a database of this number, '' where it does not say; raises what
    kombu and the system raise."""
    kind, (place, _, _) = _answers(url), url.partition("?")
    is_socket = url.startswith("redis+socket:")
    first = f"{place}?virtual_host=0" if is_socket else urlsplit(url)._replace(path="/0").geturl()
    if kind == "numbered" and _answers(first) == "cluster":
        return "cluster"  # One of Valkey may have more than one database.
    return kind


def _answers(url: str) -> str:
    chosen = options(url, 2.0, 1.0)
    with Connection(
        chosen["broker_url"],
        connect_timeout=1,
        transport_options=chosen["broker_transport_options"],
        ssl=chosen.get("broker_use_ssl", False),
    ) as connection:
        try:
            connection.ensure_connection(max_retries=max(1, retries(url)), timeout=2)
        except OperationalError as error:
            # The number of a database is the first that a server is told, and may refuse.
            for words, kind in _REFUSALS.items():
                if words in str(error.__cause__):
                    return kind
            raise
        if is_rabbit(url):
            return ""
        try:
            said = connection.default_channel.client.info("server")
            return str(said.get("redis_mode") or said.get("server_mode") or "")  # Redis; Valkey.
        except connection.channel_errors:  # Its user may not ask.
            return ""
