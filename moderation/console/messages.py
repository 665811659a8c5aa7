"""The texts of the console for translators: `python -m moderation.console.messages`.

Brings the catalogues in `translations` up to date with what the pages say (texts without a
translation stay empty and are counted), and compiles them.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from moderation.console import failures
from moderation.console.screens import SAID
from moderation.console.sitewide import WHAT_IS_WRONG
from moderation.domain.people import ACTS
from moderation.flow.comments import reasons
from moderation.flow.privacy import promise
from moderation.wording import FOLDER

MADE = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)
"""Stands in every catalogue, so that writing one anew changes nothing."""
ROOT = Path(__file__).parents[1]
METHODS = [
    ("console/templates/**.html", "jinja2"),
    ("api/templates/**.html", "jinja2"),
    ("**.py", "python"),
]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
OPTIONS = {"jinja2": {"silent": "false"}}


def _in_tables() -> Iterator[str]:
    """Yield the texts that tables hold and pages say by a variable."""
    yield from (said for _, _, said in SAID)
    yield from ACTS.values()
    yield from reasons.reason_words()
    yield from WHAT_IS_WRONG.values()
    yield from failures.SAID
    yield from promise.words()


def template() -> Catalog:
    """Return every text that the console can show, without translations."""
    found = _empty()
    for path, _line, said, comments, context in extract_from_dir(
        ROOT, METHODS, keywords=KEYWORDS, options_map={"**": OPTIONS["jinja2"]}
    ):
        found.add(said, None, [(f"moderation/{path}", 0)], auto_comments=comments, context=context)
    for said in _in_tables():
        found.add(said)
    return found


def _empty(language: str | None = None) -> Catalog:
    return Catalog(
        locale=language,
        header_comment="# What the console says, sorted.",
        project="Winnow",
        version="",
        copyright_holder="",
        msgid_bugs_address="",
        creation_date=MADE,
        revision_date=MADE,
        last_translator="",
        language_team="",
        charset="utf-8",
        fuzzy=False,
    )


def of(language: str) -> Catalog:
    """Return the catalogue of a language as it is kept, empty where there is none."""
    path = FOLDER / language / "LC_MESSAGES" / "console.po"
    if not path.exists():
        return _empty(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def missing(catalogue: Catalog) -> list[Any]:
    """Return the texts that have no translation, or not in every plural form."""
    return [
        message.id
        for message in catalogue
        if message.id
        and not (all(message.string) if isinstance(message.string, tuple) else message.string)
    ]


def update(language: str) -> Catalog:
    """Bring the catalogue of a language up to date, write and compile it, and return it."""
    found = of(language)
    found.update(template(), no_fuzzy_matching=True)
    found.obsolete.clear()
    folder = FOLDER / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "console.po").open("wb") as file:
        write_po(file, found, width=100, sort_output=True, no_location=True, omit_header=False)
    with (folder / "console.mo").open("wb") as file:
        write_mo(file, of(language))
    return found


def main() -> int:
    """Update all languages; return 1 where a text is not translated."""
    left = 0
    for language in sorted({"de", "ar", *(path.name for path in FOLDER.glob("*"))}):
        found = update(language)
        lacking = missing(found)
        left += len(lacking)
        print(f"{language}: {len(found)} texts, {len(lacking)} without translation")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
