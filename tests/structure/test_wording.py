"""Every text of the console is there in every language, whole, with the same figures in it."""

from __future__ import annotations

import io
import re

import pytest
from babel.messages.mofile import write_mo

from moderation.console import messages
from moderation.wording import FOLDER, LANGUAGES, NAMES

TRANSLATED = [language for language in NAMES if language != "en"]
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")


def test_the_languages_are_those_that_have_names() -> None:
    assert set(LANGUAGES) == set(NAMES)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language: str) -> None:
    kept = messages.of(language)
    shown = {message.id for message in messages.template() if message.id}
    assert shown - {message.id for message in kept} == set(), (
        "`python -m moderation.console.messages`"
    )
    assert {message.id for message in kept if message.id} - shown == set()
    assert messages.missing(kept) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_filled_in_is_the_same_in_a_translation(language: str) -> None:
    """In a plural form a number may be left out, as "one comment" does; nothing else may."""
    wrong = []
    for message in messages.of(language):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        wanted = {name for one in ids for name in _PLACEHOLDER.findall(one)}
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        for form in forms:
            found = set(_PLACEHOLDER.findall(form))
            spared = {"%(num)s", "%(n)s"} if isinstance(message.id, tuple) else set()
            if found - wanted or wanted - found - spared or "<" in form:
                wrong.append(message.id)
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    made = io.BytesIO()
    write_mo(made, messages.of(language))
    assert made.getvalue() == (FOLDER / language / "LC_MESSAGES" / "console.mo").read_bytes()
