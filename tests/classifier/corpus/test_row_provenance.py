"""The corpus is our own, and points at nobody."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

# RFC 2606 and 6761: nobody can ever own these.
RESERVED = re.compile(
    r"(^|\.)(example|test|invalid|localhost|example\.(com|net|org))$", re.IGNORECASE
)
# Messengers, where the handle after the host is what is invented.
MESSENGERS = {"t.me", "wa.me"}
URL = re.compile(r"https?://([^\s/?#\"'<>\[\]()&;,|]+)[^\s\"'<>\[\]()]*", re.IGNORECASE)
MAIL = re.compile(r"[\w.+-]+@((?:[\w-]+\.)+\w+)")
# Without a scheme only these endings are told from the names of files and methods.
BARE = re.compile(
    r"(?<![\w@.-])((?:[\w-]+\.)+(?:com|net|org|info|biz|ru|su|cn|de|fr|it|es|pl|br|xyz|top|club|"
    r"online|site|website|shop|store|live|vip|bet|casino|cc|tk|ml|ga|icu|tv|me))(?![\w.-]*\w)",
    re.IGNORECASE,
)
# A text of fewer words occurs anywhere by chance ("Thanks a lot!").
FEWEST_WORDS = 5

Row = dict[str, Any]


def hosts(row: Row) -> Iterator[str]:
    """Return every host that a row names, in whatever field."""
    fields = [row["text"], *row.get("context", []), row.get("honeypot", "")]
    fields += [row[field] for field in ("url", "permalink", "email") if field in row]
    for field in fields:
        for host in URL.findall(field):
            yield re.sub(r":\d+$", "", host.rpartition("@")[2].rstrip(".:!*_`")).lower()
        yield from MAIL.findall(field)
        yield from (host.lower() for host in BARE.findall(URL.sub(" ", field)))


def test_only_reserved_hosts_are_named(rows: list[Row]) -> None:
    named = {(row["line"], host) for row in rows for host in hosts(row)}
    foreign = {(line, host) for line, host in named if not RESERVED.search(host)}
    assert {(line, host) for line, host in foreign if host not in MESSENGERS} == set()


def test_an_author_url_is_a_web_address(rows: list[Row]) -> None:
    odd = {
        row["line"]: row["url"]
        for row in rows
        if "url" in row and not RESERVED.search(urlsplit(row["url"]).hostname or row["url"])
    }
    assert odd == {}


def digest(text: str) -> bytes | None:
    """Return a hash that survives case, spacing and punctuation; None for too short a text."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
    if len(words) < FEWEST_WORDS:
        return None
    return hashlib.blake2b(" ".join(words).encode(errors="replace"), digest_size=16).digest()


def training_data() -> Path | None:
    """Return the folder of public data that may be trained on but not published, if there is
    one.
    """
    beside = Path(__file__).parents[4] / "shared" / "data"
    named = os.environ.get("TEST_TRAINING_DATA")
    if named:
        return Path(named)
    return beside if beside.is_dir() else None


@pytest.fixture(scope="module")
def training_digests() -> set[bytes]:
    folder = training_data()
    if folder is None:
        pytest.skip(
            "NOT CHECKED that no row was copied from training data: set TEST_TRAINING_DATA "
            "to a folder of *.jsonl.gz"
        )
    files = sorted(folder.glob("*.jsonl.gz"))
    assert files, f"{folder} holds no *.jsonl.gz"
    digests = set()
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            digests |= {digest(json.loads(line)["text"]) for line in lines}
    return {found for found in digests if found}


def test_no_row_is_copied_from_training_data(rows: list[Row], training_digests: set[bytes]) -> None:
    assert [row["line"] for row in rows if digest(row["text"]) in training_digests] == []
