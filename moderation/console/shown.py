"""How numbers, times, names and bands are written, for templates."""

from __future__ import annotations

import datetime as dt
import functools
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from babel.core import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal
from flask import Flask
from markupsafe import Markup

from moderation.console.failures import failure
from moderation.console.language import _, direction, language, ngettext
from moderation.domain.bands import BANDS, Band
from moderation.domain.comments import Submission
from moderation.domain.verdicts import Verdict
from moderation.flow.comments.phrases import plain
from moderation.flow.comments.reasons import Teller
from moderation.flow.runtime import now_ms
from moderation.wording import catalogue

_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
_NARROW = "\u202f"
"""A narrow space that does not break a line."""


def register(app: Flask) -> None:
    """Let templates write them."""
    app.jinja_env.filters.update(
        percent=percent,
        age=age,
        ago=ago,
        clock=clock,
        seconds=seconds,
        day=day,
        short_day=short_day,
        date=date,
        iso=iso,
        initials=initials,
        plain=plain,
        tongue=tongue,
        band_word=band_word,
        band_code=band_code,
        signed=signed,
        number=number,
        ltr=ltr,
        reason_name=lambda code: reasons().name(code),
        reason_text=lambda code: reasons().text(code),
        reason_full=lambda code, verdict: reasons().full(verdict, code),
        figures=figures,
        failure=failure,
    )
    app.jinja_env.globals.update(BANDS=BANDS, ngettext=counted)


def reasons() -> Teller:
    """Return what says reasons in the language of the request."""
    return _reasons(language())


@functools.cache
def _reasons(name: str) -> Teller:
    return Teller(catalogue(name), lambda value: _decimal(value, name))


def figures(verdict: Verdict) -> list[str]:
    """Return what was counted for the reasons of a verdict, a sentence for each that was."""
    said = (reasons().figures(verdict, code) for code, _weight in verdict.reasons)
    return [sentence for sentence in said if sentence]


@functools.cache
def _locale(name: str) -> Locale:
    # English days are written the day first.
    return Locale.parse("en_GB" if name == "en" else name)


def number(value: int) -> str:
    """Return a number with its thousands set apart."""
    return _decimal(value, language())


@functools.lru_cache(maxsize=4096)
def _decimal(value: float, name: str) -> str:
    # A list has hundreds of numbers, most of them the same ones.
    return format_decimal(value, locale=_locale(name))


@functools.lru_cache(maxsize=1024)
def _one_decimal(value: float, name: str) -> str:
    return format_decimal(value, format="0.0", locale=_locale(name))


def counted(one: str, many: str, n: int, **told: Any) -> Markup:
    """Return what is said of a number of things, with its thousands set apart, for a template."""
    # The texts are ours; what is filled in is escaped.
    return Markup(ngettext(one, many, n)) % {"num": number(n), **told}  # noqa: S704


def forms(said: Callable[[int], str]) -> dict[str, str]:
    """Return what is said of a number by the names of the language's plural forms ("one", "few"),
    for a script, which knows the number alone."""
    form_of = _locale(language()).plural_form
    # Every form has a number up to a hundred.
    return {form_of(n): said(n) for n in reversed(range(101))}


def percent(probability: float) -> str:
    """Return a probability as whole percents; near both ends with a decimal."""
    value = 100 * probability
    if 0 < value < 0.1:
        return _("under %(n)s") % {"n": f"{_decimal(0.1, language())}{_NARROW}%"}
    digits = 1 if 0 < value < 1 or 99 < value < 100 else 0
    # What is not certain is never said to be.
    rounded = min(value, 99.9) if digits else value
    said = _decimal(round(rounded, digits), language())
    return f"{said}{_NARROW}%"


def signed(weight: float) -> str:
    """Return a weight with one decimal and its sign, a real minus."""
    written = _one_decimal(round(abs(weight), 1), language())
    return ("\u2212" if weight < 0 else "+") + written


def _time(ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC)


def iso(ms: int) -> str:
    """Return a time for machines."""
    return _time(ms).isoformat(timespec="milliseconds")


def clock(ms: int) -> str:
    """Return hour and minute in UTC; a script of the page sets it to the reader's zone."""
    return format_time(_time(ms), "HH:mm", locale=_locale(language()))


def seconds(ms: int) -> str:
    """Return day and time to the second in UTC."""
    return f"{short_day(ms)} {format_time(_time(ms), 'HH:mm:ss', locale=_locale(language()))}"


def day(ms: int) -> str:
    """Return the day of a time in UTC."""
    return format_date(_time(ms).date(), "long", locale=_locale(language()))


def short_day(ms: int) -> str:
    """Return the day of a time in UTC without its year."""
    return date(_time(ms).date())


def date(day: dt.date) -> str:
    """Return a day without its year."""
    return str(
        format_skeleton("MMMd", dt.datetime.combine(day, dt.time()), locale=_locale(language()))
    )


def age(ms: int) -> str:
    """Return how long ago something was, in its largest unit."""
    minutes = max(0, now_ms() - ms) // 60_000
    if not minutes:
        return _("now")
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 48 * 60:
        return _("%(n)s h") % {"n": minutes // 60}
    days = minutes // 1440
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": number(days)}


def ago(ms: int) -> str:
    """Return how long ago something was, to stand within a sentence."""
    seconds_ago = max(0, now_ms() - ms) // 1000
    if seconds_ago < 1:
        return _("just now")
    if seconds_ago < 60:
        found = ngettext("%(n)s second ago", "%(n)s seconds ago", seconds_ago)
        return found % {"n": seconds_ago}
    if seconds_ago < 3600:
        minutes = seconds_ago // 60
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes) % {"n": minutes}
    if seconds_ago < 48 * 3600:
        hours = seconds_ago // 3600
        return ngettext("%(n)s hour ago", "%(n)s hours ago", hours) % {"n": hours}
    days = seconds_ago // 86_400
    return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": number(days)}


def tongue(sent: Submission) -> str:
    """Return the language tag of what somebody wrote on a site, "" where it is not known: else a
    reader of the screen would speak it as if it were in the language of the page."""
    tag = sent.language.replace("_", "-")
    return tag if _TAG.fullmatch(tag) else ""


def initials(name: str) -> str:
    """Return one or two letters that stand for a name, ? for one without any."""
    words = [word for word in plain(name).split() if word[0].isalnum()]
    letters = [words[0][0], *(words[-1][0] for _again in words[1:2])] if words else ["?"]
    return unicodedata.normalize("NFC", "".join(letters)).upper()[:3]


def ltr(name: str) -> str:
    """Return the name of a model with its figures kept in order within a text from the right."""
    return f"\u2066{name}\u2069" if direction() == "rtl" else name


def band_word(band: Band | None) -> str:
    """Return a band as it is shown."""
    # Only the word that is asked for is looked up: a list asks hundreds of times.
    if band == "likely fine":
        return _("Likely fine")
    if band == "unsure":
        return _("Unsure")
    if band == "likely spam":
        return _("Likely spam")
    return _("Sure spam") if band == "sure spam" else _("Not scored")


def band_forms() -> list[dict[str, str]]:
    """Return what is said of a number of comments of each band, by `band_code`, see `forms`."""
    return [
        forms(lambda n: ngettext("%(num)s not scored", "%(num)s not scored", n)),
        forms(lambda n: ngettext("%(num)s likely fine", "%(num)s likely fine", n)),
        forms(lambda n: ngettext("%(num)s unsure", "%(num)s unsure", n)),
        forms(lambda n: ngettext("%(num)s likely spam", "%(num)s likely spam", n)),
        forms(lambda n: ngettext("%(num)s sure spam", "%(num)s sure spam", n)),
    ]


def band_code(band: Band | None) -> int:
    """Return how many bars stand for a band, 0 for none."""
    return BANDS.index(band) + 1 if band else 0
