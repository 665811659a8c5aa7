"""The language of a request: the person's preference, then the browser's."""

from __future__ import annotations

from flask import Flask, g, has_request_context, request

from moderation.wording import LANGUAGES, catalogue

RIGHT_TO_LEFT = frozenset(("ar", "fa", "he", "ur"))


def language() -> str:
    """Return the language of the request: the person's, else of those there the browser's first."""
    if not has_request_context():
        return "en"
    # A screen asks a thousand times.
    known: str | None = g.get("language")
    return known or _of_request()


def _of_request() -> str:
    """Return the language of the request, and keep it once it is known who asks."""
    user = g.get("user")
    wanted = user.preferences.language if user else ""
    if wanted not in LANGUAGES:
        wanted = request.accept_languages.best_match(LANGUAGES) or "en"
    if user:
        g.language = wanted
    return str(wanted)


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
