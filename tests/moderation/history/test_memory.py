"""The memory that reading takes is bounded, however large the file and whatever stands in it."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import histories

ROOT = Path(__file__).parents[3]


MEASURED = """
import sys, time
from pathlib import Path
from moderation.history.formats import FORMATS
from moderation.history.source import Source
name, path = sys.argv[1:]
count = 0
try:
    for _ in FORMATS[name].read(Source(Path(path), now_ms=int(time.time() * 1000))):
        count += 1
except Exception as error:
    print(type(error).__name__, error)
(peak,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(int(peak.split()[1]) // 1024)
"""


def repeated(head: bytes, part: Callable[[int], bytes], end: bytes, size: int) -> Iterator[bytes]:
    yield head
    written = number = 0
    while written < size:
        number += 1
        piece = part(number)
        written += len(piece)
        yield piece
    yield end


SQL_LINE = b"INSERT INTO `wp_comments` VALUES "
LONG = b"<p>" + b"word " * 4000
LARGE: dict[str, tuple[str, Callable[[], Iterator[bytes]]]] = {
    "one insert of 200 MB": (
        "sql",
        lambda: repeated(
            histories.SQL_HEAD.format("wp_").encode() + SQL_LINE,
            lambda n: b"(%d,1,'a','','','','','','%s',0,'1','','',0,0)," % (n, LONG),
            b"(1,1,'a','','','','','','last',0,'1','','',0,0);\n" + histories.SQL_END.encode(),
            200_000_000,
        ),
    ),
    "one text of 200 MB in a WXR": (
        "wxr",
        lambda: repeated(
            b"<rss><channel><item><wp:comment><wp:comment_content>",
            lambda _: LONG[3:],
            b"</wp:comment_content></wp:comment></item></channel></rss>",
            200_000_000,
        ),
    ),
    "one line of 200 MB": ("jsonl", lambda: repeated(b"{", lambda _: LONG, b"\n", 200_000_000)),
    "one string of 200 MB": (
        "commento",
        lambda: repeated(
            b'{"version":1,"comments":[{"html":"', lambda _: LONG, b'"}]}', 200_000_000
        ),
    ),
}


@pytest.mark.parametrize("kind", LARGE)
def test_memory_stays_bounded_however_large_the_file(tmp_path: Path, kind: str) -> None:
    name, pieces = LARGE[kind]
    path = tmp_path / "large.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for piece in pieces():
            file.write(piece)
    run = subprocess.run(
        [sys.executable, "-c", MEASURED, name, str(path)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(run.stdout.split()[-1]) < 160, run.stdout
