"""Every line of the corpus is a row as docs/corpus.md describes it, and nothing else."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Annotated, Literal

import msgspec

Type = Literal["comment", "forum-post", "reply", "contact-form", "signup", "pingback", "trackback"]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4000, pattern=r"\S")]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=400, pattern=r"\S")]


class Row(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of a row, in the order in which they are written."""

    text: Text
    lang: Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}$")]
    label: Literal["spam", "ham"]
    archetype: str
    author: Short | msgspec.UnsetType = msgspec.UNSET
    url: Short | msgspec.UnsetType = msgspec.UNSET
    email: Short | msgspec.UnsetType = msgspec.UNSET
    permalink: Short | msgspec.UnsetType = msgspec.UNSET
    date: Short | msgspec.UnsetType = msgspec.UNSET
    context: (
        Annotated[list[Short], msgspec.Meta(min_length=1, max_length=8)] | msgspec.UnsetType
    ) = msgspec.UNSET
    honeypot: Annotated[str, msgspec.Meta(max_length=400)] | msgspec.UnsetType = msgspec.UNSET
    form_ms: Annotated[int, msgspec.Meta(ge=0, le=86_400_000)] | msgspec.UnsetType = msgspec.UNSET
    type: Type | msgspec.UnsetType = msgspec.UNSET


ORDER = [
    "text", "author", "url", "email", "permalink", "date", "lang", "context", "honeypot",
    "form_ms", "type", "label", "archetype",
]  # fmt: skip


def fault(line: str, language: str, archetypes: dict[str, list[str]]) -> str | None:
    """Return what is wrong with one line of a language's file, or None."""
    try:
        row = msgspec.json.decode(line, type=Row)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        return str(error)
    keys = list(json.loads(line))
    checks = {
        f"lang is {row.lang}": row.lang == language,
        f"keys out of order: {keys}": keys == sorted(keys, key=ORDER.index),
        f"{row.archetype} is no archetype of {row.label}": row.archetype in archetypes[row.label],
        f"date {row.date} is not ISO 8601": row.date is msgspec.UNSET or _is_date(row.date),
        f"email {row.email} has no @": row.email is msgspec.UNSET or "@" in row.email,
        "honeypot filled in on ham": row.label == "spam" or not row.honeypot,
    }
    return next((problem for problem, good in checks.items() if not good), None)


def _is_date(text: str) -> bool:
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def test_every_line_is_a_valid_row(
    corpus_folder: Path, language: str, archetypes: dict[str, list[str]]
) -> None:
    content = (corpus_folder / f"{language}.jsonl").read_text("utf-8")
    lines = content.removesuffix("\n").split("\n")
    faults = {
        number: fault(line, language, archetypes) for number, line in enumerate(lines, start=1)
    }
    assert {number: problem for number, problem in faults.items() if problem} == {}
