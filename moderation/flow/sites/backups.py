"""A whole installation, or one site, as lines of JSON, and put back from them.

The first line says what follows, the last one how many lines that were and their digest: a file
that was cut off or changed is known before anything is written.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from time import time

import msgspec
from msgspec import Struct

from moderation import __version__
from moderation.domain.backups import DamagedBackup
from moderation.domain.errors import NotFound, SchemaMismatch, SecretMismatch
from moderation.flow import sealing
from moderation.flow import secret as noted
from moderation.settings import Settings
from moderation.store import Store, schema, sites
from moderation.store.backups import copying
from moderation.store.backups.pieces import Piece
from moderation.store.backups.restoring import Restoring

FORMAT = 1
A_PART_PIECES = 500
A_PART_BYTES = 1 << 20

Note = Callable[[str, int, int], None]
"""Told stage, done and total."""


class Head(Struct, frozen=True, tag_field="line", tag="head"):
    """What a backup is of: `site` '' is all; times are milliseconds since 1970."""

    winnow_backup: int
    winnow: str
    layout: int
    begun_ms: int
    site: str
    secret: str
    """The fingerprint of the secret under which its keyed hashes were made."""


class End(Struct, frozen=True, tag_field="line", tag="end"):
    """What came before it, and the moment that all of it is of."""

    pieces: int
    sha256: str
    at_ms: int


class Backup(Struct, frozen=True):
    """A file that was found to be whole."""

    head: Head
    end: End


_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Head | Piece | End] = msgspec.json.Decoder(Head | Piece | End)


def write(
    store: Store, secret: bytes, site: str, out: Callable[[bytes], object], note: Note
) -> Backup:
    """Give `out` a backup line by line; `site` '' is all there is.

    Raises:
        NotFound: there is no such site.
    """
    schema.check(store)
    if site and site not in sites.names(store):
        raise NotFound("there is no such site")
    digest, pieces = hashlib.sha256(), 0

    def line(what: Head | Piece | End) -> None:
        data = _encode(what) + b"\n"
        digest.update(data)
        out(data)

    def put(piece: Piece) -> None:
        nonlocal pieces
        pieces += 1
        line(piece)

    fingerprint = sealing.fingerprint(secret).decode()
    head = Head(
        FORMAT, __version__, schema.stored(store) or schema.VERSION, _now_ms(), site, fingerprint
    )
    line(head)
    copying.copy(store, site, put, lambda done, total: note("reading", done, total))
    end = End(pieces, digest.hexdigest(), _now_ms())
    line(end)
    return Backup(head, end)


def look_at(lines: Iterable[bytes]) -> Backup:
    """Return what a file is a backup of.

    Raises:
        DamagedBackup: it is none, or not all of one.
    """
    digest, head, pieces = hashlib.sha256(), None, 0
    for number, line in enumerate(lines, 1):
        what = _read(line, number)
        if head is None:
            if not isinstance(what, Head):
                break
            head = what
        elif isinstance(what, End):
            if (what.pieces, what.sha256) != (pieces, digest.hexdigest()):
                raise DamagedBackup("its lines are not those that were written: it was changed")
            return Backup(head, what)
        else:
            pieces += 1
        digest.update(line)
    raise DamagedBackup(
        "this is no backup of Winnow" if head is None else "it ends before its end: it was cut off"
    )


def _read(line: bytes, number: int) -> Head | Piece | End:
    with suppress(msgspec.DecodeError, UnicodeError):
        return _decoder.decode(line)
    raise DamagedBackup(f"line {number} is none of a backup")


def restore(
    store: Store, secret: bytes, backup: Backup, lines: Iterable[bytes], note: Note
) -> None:
    """Put a backup into an empty store, that of one site into one that does not have the site.

    One that was cut off goes on where it was.

    Raises:
        SecretMismatch: it was written under another secret.
        SchemaMismatch: by a newer Winnow; or by an older one, and of one site.
        NotEmpty: something is there already. DamagedBackup: the file is not what was looked at.
    """
    head = backup.head
    _refuse_other(head, secret)
    if head.winnow_backup > FORMAT or head.layout > schema.KNOWN:
        raise SchemaMismatch("this backup was written by a newer Winnow: install that version")
    if head.site and head.layout < schema.VERSION:
        raise SchemaMismatch(
            f"this backup of one site has layout {head.layout}, this Winnow {schema.VERSION}: "
            "put it back with the version that wrote it"
        )
    restoring = Restoring(store, backup.end.sha256, head.site, _now_ms())
    there, total = restoring.begin(), backup.end.pieces
    done = there
    for part in _parts(lines, there):
        done += len(part)
        restoring.put(part, done)
        note("writing", done, total)
    if done != total:
        raise DamagedBackup(
            f"{done:,} of its {total:,} pieces could be read: the file was changed meanwhile; "
            "put the whole one back by the same command"
        )
    restoring.end(head.layout)
    if head.site:  # A whole one brings the fingerprint with it.
        noted.note(store, secret)


def refuse_other_secret(lines: Iterable[bytes], settings: Settings) -> None:
    """Return if a file was written under this machine's secret, as its first line says; where this
    machine has none, none is made.

    Raises:
        DamagedBackup: it is no backup. SecretMismatch: it was written under another secret.
    """
    _refuse_other(_head(lines), settings.secret_key if settings.has_secret else b"")


def _head(lines: Iterable[bytes]) -> Head:
    for line in lines:
        head = _read(line, 1)
        if isinstance(head, Head):
            return head
        break
    raise DamagedBackup("this is no backup of Winnow")


def _refuse_other(head: Head, secret: bytes) -> None:
    own = sealing.fingerprint(secret) if secret else b""
    if not hmac.compare_digest(head.secret.encode(), own):
        raise SecretMismatch(
            "this backup was written under another secret: put the secret_key file that belongs to "
            "it into the data folder, or set WINNOW_SECRET_KEY (docs/operating.md, Backup)"
        )


def _parts(lines: Iterable[bytes], skip: int) -> Iterator[list[Piece]]:
    """Yield pieces as many as one transaction takes, without the first ones."""
    part: list[Piece] = []
    size = 0
    # The head stands before the pieces.
    for number, line in enumerate(lines):
        if number <= skip:
            continue
        piece = _read(line, number + 1)
        if not isinstance(piece, Piece):
            break
        part.append(piece)
        size += len(line)
        if len(part) == A_PART_PIECES or size > A_PART_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _now_ms() -> int:
    return int(time() * 1000)
