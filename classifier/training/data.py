"""Labelled rows from JSON lines: given files and the seed corpus."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import msgspec

from classifier.row import LabelledRow
from classifier.training.endings import with_common_endings

_decoder = msgspec.json.Decoder(LabelledRow)
CORPUS = "corpus"
DISTRUSTED = {"chrisrisner_blog": ("url",), "id_judol_youtube": ("author",)}
"""Fields of a source that say how it was gathered: only its spam was kept with addresses; its spam
was posted from hijacked accounts, whose owners are nobody's warning."""
OTHER_GENRES = ("sms_uci", "spamassassin")
"""Sources that are no comments: they teach words, and place no bands."""
_MOSTLY = 0.4
"""Share of letters from which a text is of a script: names, code and links are Latin in any."""


class DataError(ValueError):
    """A line of training data that is not a labelled row."""


def read_rows(path: Path) -> Iterator[LabelledRow]:
    """Yield the labelled rows of a file of JSON lines (plain or .gz); raise `DataError`."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = _decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise DataError(f"{path.name}, line {number}: not a row of comments") from error
            if row.label not in ("spam", "ham"):
                raise DataError(f"{path.name}, line {number}: the label must be spam or ham")
            if not row.source:
                row.source = path.name.partition(".")[0]
            yield without_distrusted(row)


def without_distrusted(row: LabelledRow) -> LabelledRow:
    """Return the row with those fields empty that say more of its source than of spam."""
    fields = DISTRUSTED.get(row.source, ())
    return msgspec.structs.replace(row, **dict.fromkeys(fields, "")) if fields else row


def corpus_rows() -> list[LabelledRow]:
    """Return the seed corpus; the source of a row is `corpus-` and its language.

    Its reserved hosts come under endings that links have elsewhere.
    """
    rows: list[LabelledRow] = []
    for item in sorted(files("classifier.corpus").iterdir(), key=lambda item: item.name):
        if item.name.endswith(".jsonl"):
            for row in read_rows(Path(str(item))):
                row.source = f"{CORPUS}-{item.name.removesuffix('.jsonl')}"
                rows.append(with_common_endings(row))
    return rows


def known_leftovers() -> frozenset[str]:
    """Return ids of rows that are labelled ham in their source and are spam."""
    text = files("classifier.training").joinpath("leftover_spam.txt").read_text("utf-8")
    return frozenset(line for line in text.split() if line)


def all_rows(paths: Sequence[Path], corpus: bool = True) -> list[LabelledRow]:
    """Return the rows of all files, without known leftovers, and the seed corpus."""
    leftovers = known_leftovers()
    rows = [row for path in paths for row in read_rows(path) if row.id not in leftovers]
    return rows + (corpus_rows() if corpus else [])


def languages_of(rows: Iterable[LabelledRow]) -> list[str]:
    """Return each row's language, '' where a source does not name it.

    Cyrillic text is one language: large sources of it are mixed and do not name theirs.
    """
    return ["cyrillic" if _is_cyrillic(row.text) else row.lang for row in rows]


def _is_cyrillic(text: str) -> bool:
    letters = sum(map(str.isalpha, text))
    return sum("\u0400" <= c <= "\u04ff" for c in text) > _MOSTLY * letters


def labels_of(rows: Iterable[LabelledRow]) -> list[int]:
    """Return +1 for spam and −1 for ham."""
    return [1 if row.label == "spam" else -1 for row in rows]
