"""The language of a request: the person's preference, then the browser's."""

from __future__ import annotations

from flask import Flask, g, has_request_context, request

from moderation.wording import LANGUAGES, catalogue

RIGHT_TO_LEFT = frozenset(("ar", "fa", "he", "ur"))


def language() -> str:
    """Return the language of the request: the person's, else of those there the browser's first."""
    if not has_request_context():
        return "en"
    wanted = g.user.preferences.language if "user" in g else ""
    if wanted in LANGUAGES:
        return str(wanted)
    if "language" not in g:
        g.language = request.accept_languages.best_match(LANGUAGES) or "en"
    return str(g.language)


def direction() -> str:
    """Return `rtl` or `ltr`."""
    return "rtl" if language() in RIGHT_TO_LEFT else "ltr"


def _(text: str) -> str:
    """Return a text in the language of the request."""
    return catalogue(language()).gettext(text)


def ngettext(one: str, many: str, n: int) -> str:
    """Return the text for a number of things in the language of the request."""
    return catalogue(language()).ngettext(one, many, n)


def register(app: Flask) -> None:
    """Let templates translate."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(_, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(language=language, direction=direction)
