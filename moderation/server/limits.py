"""How much, how many, how long: what one web process grants its clients."""

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """Bounds of one process. Times are in seconds, sizes in bytes, rates in bytes a second."""

    connections: int = 4096
    """Connections at once; fewer where the process may not open so many files."""

    bodies: int = 1024
    """Bodies at once that did not come with their request's head."""

    held: int = 64 << 20
    """Everything kept for clients at once: heads, bodies, answers that were not taken yet."""

    held_for_strangers: int = 32 << 20
    """The part of it for those who have shown no good key before their body."""

    head: int = 64 << 10
    """A request line with all headers."""

    unasked: int = 16 << 10
    """What is read of a body before it is asked whether the call may send one."""

    unasked_seconds: float = 0.1
    """How long a small body may be on its way before that is asked."""

    head_seconds: float = 10.0
    """From the first byte of a request to the last of its head, and from a connection's
    beginning to that first byte."""

    idle_seconds: float = 75.0
    """Between two requests on a connection; longer than proxies keep theirs, which is a minute."""

    window_seconds: float = 10.0
    """The time over which a rate is looked at."""

    least_rate: int = 1024
    """What a body must come with, and an answer be taken with, in each window."""

    body_seconds: float = 120.0
    """From a request's head to the last byte of its body, however fast it comes."""

    spool_seconds: float = 3600.0
    """The same of a body that is kept on the disk: an import's file."""

    linger_seconds: float = 5.0
    """How long what is still coming is dropped after an answer that ends a connection: a client
    that is hung up on while it sends does not hear the answer."""

    tick_seconds: float = 1.0
    """How often all of this is looked at."""

    stop_seconds: float = 2.0
    """How long a process that was asked to stop goes on with requests that were begun."""
