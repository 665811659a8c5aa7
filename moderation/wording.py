"""Texts for people in their language: every one goes through gettext."""

from __future__ import annotations

import functools
import gettext as catalogues
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parent / "console" / "translations"
LANGUAGES = ("en", *sorted(path.parent.parent.name for path in FOLDER.glob("*/LC_MESSAGES/*.mo")))
"""The languages that are there."""
NAMES = {"en": "English", "de": "Deutsch", "ar": "العربية"}
"""Languages by their own names."""


@functools.cache
def catalogue(language: str) -> catalogues.NullTranslations:
    """Return the texts of a language, the English ones where it is not there."""
    return catalogues.translation("console", FOLDER, [language], fallback=True)


def speaker(language: str) -> Callable[[str], str]:
    """Return what says a text in a language."""
    return catalogue(language or "en").gettext
