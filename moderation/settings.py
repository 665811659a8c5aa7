"""What an operator can set: environment variables, read once into one frozen struct."""

import difflib
import functools
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from moderation.values import bind as _bind
from moderation.values import bind_or_off as _bind_or_off
from moderation.values import broker_address as _broker
from moderation.values import count as _count
from moderation.values import default_broker_url
from moderation.values import file as _file
from moderation.values import folder as _folder
from moderation.values import labels as _labels
from moderation.values import level as _level
from moderation.values import mail_address as _mail_address
from moderation.values import networks as _networks
from moderation.values import one_of as _one_of
from moderation.values import public_url as _public_url
from moderation.values import smtp_url as _smtp_url
from moderation.values import store_address as _store_address
from moderation.values import time_of_day as _time_of_day
from moderation.values import within as _within

WEB_THREADS = 4
"""Threads of a web process that run requests; long-polls may hold all but two of them."""

SECRET_FILE = "secret_key"  # noqa: S105 - the name of a file

_PREFIX = "WINNOW_"
_SECRET_CHARACTERS = 32


class SettingsError(ValueError):
    """A variable cannot be used; the message names it and says what to write instead."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The installation's settings, the same in every process.

    An empty `redis_url` means that no outside store was named: `up` starts the embedded one and
    hands its address to its children by `WINNOW_REDIS_URL`. `demo_bind` is where the demo site is,
    None where there is none: with an outside store unless it was named.
    """

    bind: tuple[str, int] = ("127.0.0.1", 8000)
    demo_bind: tuple[str, int] | None = ("127.0.0.1", 8001)
    data: Path = Path("var")
    redis_url: str = ""
    broker_url: str = ""
    secret: str = ""
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    web_workers: int = 2
    workers: int = 2
    metrics_token: str = ""
    outbound_allow: tuple[str, ...] = ()
    fsync: str = "everysec"
    log_level: str = "INFO"
    log_format: str = "text"
    model: Path | None = None
    alive: Path | None = None
    search: str = ""
    smtp_url: str = ""
    mail_from: str = ""
    digest_at: str = "07:00"
    promote: str = "ask"
    train_at: str = "03:10"
    gate_labels: int = 50
    gate_ham_rejected: float = 0.0
    gate_ham_held: float = 0.01
    gate_spam_caught: float = 0.01
    gate_site: float = 0.02

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read every known `WINNOW_*`; SettingsError for the first value that cannot be used."""
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for variable in VARIABLES:
            text = environ.get(variable.name, "").strip()
            if not text:
                continue
            try:
                values[variable.field] = variable.parse(text)
            except ValueError as error:
                raise SettingsError(
                    f"{variable.name} cannot be used: write {variable.write}"
                ) from error
        settings = cls(**values)
        if "+" in urlsplit(settings.redis_url).scheme and not settings.broker_url:
            raise SettingsError("WINNOW_BROKER_URL must be set beside a Cluster or Sentinels")
        return msgspec.structs.replace(
            settings,
            broker_url=settings.broker_url or default_broker_url(settings.redis_url),
            demo_bind=values.get("demo_bind") if settings.redis_url else settings.demo_bind,
            public_url=settings.public_url or _url_of(settings.bind),
            mail_from=settings.mail_from
            or f"winnow@{urlsplit(settings.public_url).hostname or 'localhost'}",
        )

    @property
    def secret_key(self) -> bytes:
        """What signs and keys everything; made at first use in the data folder unless set."""
        return self.secret.encode() if self.secret else _secret_in(self.data)

    @property
    def has_secret(self) -> bool:
        """Whether the secret is there and need not be made."""
        return bool(self.secret) or (self.data / SECRET_FILE).exists()

    @property
    def own_url(self) -> str:
        """The address of the web server as processes of this machine reach it."""
        return _url_of(self.bind)

    @property
    def demo_url(self) -> str:
        """The address of the demo site as processes of this machine reach it, '' without one."""
        return _url_of(self.demo_bind) if self.demo_bind else ""

    def __repr__(self) -> str:
        """Show what is safe to log: neither keys, tokens nor passwords within addresses."""
        return f"Settings(bind={self.bind}, data={str(self.data)!r}, public_url={self.public_url})"


class Variable(msgspec.Struct, frozen=True):
    """One environment variable: where it goes, how it is read, what to write if it is wrong."""

    name: str
    field: str
    default: str
    parse: Callable[[str], Any]
    write: str


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Return a line for every `WINNOW_*` that means nothing, with the name that was likely
    meant.
    """
    known = [variable.name.removeprefix(_PREFIX) for variable in VARIABLES]
    lines = []
    for name in sorted(environ):
        word = name.removeprefix(_PREFIX)
        if word == name or word in known:
            continue
        close = difflib.get_close_matches(word, known, n=1)
        hint = f"; did you mean {_PREFIX}{close[0]}?" if close else ""
        lines.append(f"{name} is not a setting and is ignored{hint}")
    return lines


def _url_of(bind: tuple[str, int]) -> str:
    host, port = bind
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared only
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _secret(text: str) -> str:
    if len(text) < _SECRET_CHARACTERS:
        raise ValueError
    return text


_share = functools.partial(_within, 0.0, 1.0)
_of_1000 = functools.partial(_within, 0.0, 1000.0)
_A_SHARE = "a share from 0 to 1, for example 0.01"


VARIABLES = (
    Variable(
        "WINNOW_BIND", "bind", "127.0.0.1:8000", _bind, "host:port, for example 127.0.0.1:8000"
    ),
    Variable(
        "WINNOW_DEMO_BIND",
        "demo_bind",
        "127.0.0.1:8001",
        _bind_or_off,
        "host:port, for example 127.0.0.1:8001, or off",
    ),
    Variable("WINNOW_DATA", "data", "./var", _folder, "the path of a folder, for example ./var"),
    Variable(
        "WINNOW_REDIS_URL",
        "redis_url",
        "",
        _store_address,
        "redis://host:6379/0, rediss://…, unix:///path/to/socket, redis+cluster://host,host/ or "
        "redis+sentinel://host,host/name, or leave it out",
    ),
    Variable(
        "WINNOW_BROKER_URL",
        "broker_url",
        "the store's address",
        _broker,
        "amqp://name:password@host:5672/, redis://host:6379/1, rediss://… or "
        "unix:///path/to/socket?db=1, or leave it out; "
        "several nodes of amqps:// must have one name",
    ),
    Variable(
        "WINNOW_SECRET_KEY",
        "secret",
        "a file in the data folder",
        _secret,
        f"at least {_SECRET_CHARACTERS} random characters, for example from `openssl rand -hex 32`",
    ),
    Variable(
        "WINNOW_PUBLIC_URL",
        "public_url",
        "from WINNOW_BIND",
        _public_url,
        "the address people use, a host of its own without a path, for example "
        "https://winnow.example.org",
    ),
    Variable(
        "WINNOW_TRUSTED_PROXIES",
        "trusted_proxies",
        "",
        _networks,
        "addresses or networks with commas between, for example 127.0.0.1,10.0.0.0/8",
    ),
    Variable("WINNOW_WEB_WORKERS", "web_workers", "2", _count, "a number from 1 to 256"),
    Variable("WINNOW_WORKERS", "workers", "2", _count, "a number from 1 to 256"),
    Variable("WINNOW_METRICS_TOKEN", "metrics_token", "", str, "any text"),
    Variable(
        "WINNOW_OUTBOUND_ALLOW",
        "outbound_allow",
        "",
        _networks,
        "addresses or networks with commas between, for example 10.1.2.0/24",
    ),
    Variable(
        "WINNOW_FSYNC", "fsync", "everysec", _one_of("everysec", "always"), "everysec or always"
    ),
    Variable(
        "WINNOW_LOG_LEVEL", "log_level", "INFO", _level, "one of DEBUG, INFO, WARNING and ERROR"
    ),
    Variable("WINNOW_LOG_FORMAT", "log_format", "text", _one_of("text", "json"), "text or json"),
    Variable("WINNOW_MODEL", "model", "the shipped model", _file, "the path of a model file"),
    Variable("WINNOW_ALIVE", "alive", "", Path, "the path of a file"),
    Variable("WINNOW_SEARCH", "search", "WINNOW_DATA/search", str, "off, or the path of a folder"),
    Variable(
        "WINNOW_SMTP_URL",
        "smtp_url",
        "",
        _smtp_url,
        "smtp://name:password@host:587 or smtps://host:465, or leave it out",
    ),
    Variable(
        "WINNOW_MAIL_FROM",
        "mail_from",
        "from WINNOW_PUBLIC_URL",
        _mail_address,
        "an e-mail address, for example winnow@example.org",
    ),
    Variable(
        "WINNOW_DIGEST_AT", "digest_at", "07:00", _time_of_day, "a time UTC as 07:00, or never"
    ),
    Variable("WINNOW_TRAIN_AT", "train_at", "03:10", _time_of_day, "a time UTC as 03:10, or never"),
    Variable(
        "WINNOW_PROMOTE", "promote", "ask", _one_of("auto", "ask", "never"), "auto, ask or never"
    ),
    Variable("WINNOW_GATE_LABELS", "gate_labels", "50", _labels, "a number from 0 to 1000000"),
    Variable(
        "WINNOW_GATE_HAM_REJECTED", "gate_ham_rejected", "0", _of_1000, "a number from 0 to 1000"
    ),
    Variable("WINNOW_GATE_HAM_HELD", "gate_ham_held", "0.01", _share, _A_SHARE),
    Variable("WINNOW_GATE_SPAM_CAUGHT", "gate_spam_caught", "0.01", _share, _A_SHARE),
    Variable("WINNOW_GATE_SITE", "gate_site", "0.02", _share, _A_SHARE),
)
"""Every variable, in the order of the table in docs/settings.md."""


@functools.cache
def _secret_in(folder: Path) -> bytes:
    path = folder / SECRET_FILE
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f".secret_key.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(_SECRET_CHARACTERS) + "\n")
        try:
            # A link is refused when another process was first: both then read the same key.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = path.read_text().strip()
    if len(key) < _SECRET_CHARACTERS:
        raise SettingsError(f"{path} is damaged: put back the key that was in it")
    return key.encode()
