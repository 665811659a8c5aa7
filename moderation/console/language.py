"""The languages of the console: every text goes through gettext."""

from __future__ import annotations

import functools
import gettext as catalogues
from pathlib import Path

from flask import Flask, g, has_request_context, request

FOLDER = Path(__file__).parent / "translations"
LANGUAGES = ("en", *sorted(path.parent.parent.name for path in FOLDER.glob("*/LC_MESSAGES/*.mo")))
RIGHT_TO_LEFT = frozenset(("ar", "fa", "he", "ur"))


@functools.cache
def _catalogue(name: str) -> catalogues.NullTranslations:
    return catalogues.translation("console", FOLDER, [name], fallback=True)


def language() -> str:
    """Return the language of the request: of those that are there, the browser's first."""
    if not has_request_context():
        return "en"
    if "language" not in g:
        g.language = request.accept_languages.best_match(LANGUAGES) or "en"
    return str(g.language)


def direction() -> str:
    """Return `rtl` or `ltr`."""
    return "rtl" if language() in RIGHT_TO_LEFT else "ltr"


def _(text: str) -> str:
    """Return a text in the language of the request."""
    return _catalogue(language()).gettext(text)


def ngettext(one: str, many: str, n: int) -> str:
    """Return the text for a number of things in the language of the request."""
    return _catalogue(language()).ngettext(one, many, n)


def register(app: Flask) -> None:
    """Let templates translate."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(_, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(language=language, direction=direction)
