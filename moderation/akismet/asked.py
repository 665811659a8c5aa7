"""From a form to what is asked about: every field bounded, none refused."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from moderation.akismet.fields import CONTENT, MESSAGE
from moderation.akismet.form import Form
from moderation.domain.akismet import KEY, Check, callback_for
from moderation.domain.comments import CONTENT_BYTES, Author, Submission
from moderation.domain.shown import shows_nothing
from moderation.domain.verdicts import CONTENT_CUT, CONTENT_UNREAD
from moderation.flow.rows import cut

_GUID = re.compile(r"[0-9a-f]{32}")
_DIGITS = re.compile(r"[0-9]{13}")
_LONGEST_FORM_MS = 86_400_000
_NAME_LENGTH, _URL_LENGTH = 256, 2048
_WITHOUT_TEXT = frozenset(("signup",))
"""Types of what is asked about that have no text of their own, or need none."""

_AUTHOR = {
    "comment_author_email": 320, "comment_author_url": _URL_LENGTH, "user_ip": 64, "user_ID": 256,
}  # fmt: skip
_LINES = _AUTHOR | {
    "comment_type": 64, "content_type": 64, "guid": 64, "permalink": 2048, "referrer": 2048,
    "comment_parent": 256, "comment_date_gmt": 64, "comment_post_modified_gmt": 64, "blog_lang": 64,
    "comment_post_ID": 64, "comment_ID": 256, "callback": 2048, "reporter": 64,
    "recheck_reason": 64,
}  # fmt: skip
"""Fields of one line, with the most characters of each that are read."""

_SHOWN = (CONTENT, MESSAGE, "comment_author", "comment_author_url")
"""Fields that a site shows."""


def key_of(form: Form, host: str) -> str:
    """Return the key of a call: `api_key` or `key` of the form, else the first label of Host."""
    key = form.first_line(("api_key", "key"), 64)
    if key:
        return key
    label, dot, _ = host.partition(".")
    return label if dot and KEY.fullmatch(label.lower()) else ""


def check_of(form: Form, blog: str) -> Check:
    """Return what a form asks about; `blog` is normalised."""
    role = form.text("user_role", 4096, between=",")
    is_administrator = "administrator" in {part.strip().lower() for part in role.split(",")}
    lines = form.lines(_LINES)
    kind = lines["comment_type"] or lines["content_type"]
    guid = lines["guid"].lower()
    is_pre_check = form.flag("akismet_pre_check")
    content, missed = _content(form, is_pre_check or kind.lower() in _WITHOUT_TEXT)
    return Check(
        submission=Submission(
            # A comment has at least one character; here it may be empty, as pingbacks' are.
            content=content or " ",
            author=_author(form, lines, "administrator" if is_administrator else role[:64]),
            permalink=lines["permalink"],
            referrer=lines["referrer"],
            type=kind,
            parent_id=lines["comment_parent"],
            created_at=time_of(lines["comment_date_gmt"]),
            article_published_at=time_of(lines["comment_post_modified_gmt"]),
            language=lines["blog_lang"],
            context=form.contexts(16_384),
            honeypot=_honeypot(form),
            form_ms=_form_ms(form),
        ),
        missed=missed,
        whole=form.digest(_SHOWN if form.content(1) else ()) if missed else "",
        place=lines["comment_post_ID"] or lines["permalink"],
        reference=lines["comment_ID"],
        guid=guid if _GUID.fullmatch(guid) else "",
        callback=callback_for(blog, lines["callback"]),
        reporter="".join(filter(str.isprintable, lines["reporter"])),
        recheck_reason=lines["recheck_reason"],
        is_test=form.flag("is_test"),
        is_administrator=is_administrator,
        is_pre_check=is_pre_check,
        wants_discard=form.flag("test_discard"),
        wants_reasons=form.flag("classify"),
    )


def _content(form: Form, may_lack_text: bool) -> tuple[str, str]:
    """Return the content, and the reason why not all that a site shows was read, '' if it was."""
    found = form.content(CONTENT_BYTES)
    content, was_cut = cut(found.text if found else "")
    if found is None or shows_nothing(content):
        return content, "" if may_lack_text and form.is_whole else CONTENT_UNREAD
    if not form.is_whole or not found.is_readable:
        return content, CONTENT_UNREAD
    was_cut = was_cut or not found.is_whole
    for name, most in (("comment_author", _NAME_LENGTH), ("comment_author_url", _URL_LENGTH)):
        was_cut = was_cut or len(form.text(name, most + 1)) > most
    return content, CONTENT_CUT if was_cut else ""


def _author(form: Form, lines: Mapping[str, str], role: str) -> Author:
    return Author(
        name=form.text("comment_author", _NAME_LENGTH).strip(),
        email=lines["comment_author_email"],
        url=lines["comment_author_url"],
        ip=lines["user_ip"],
        user_agent=form.text("user_agent", 512),
        role=role,
        id=lines["user_ID"],
    )


def unread_check_of(form: Form) -> Check:
    """Return what can be shown to a person of a form that could not be read as a check."""
    content, _ = cut(form.text(CONTENT, CONTENT_BYTES, "\n"))
    return Check(
        submission=Submission(
            content=content or " ", author=_author(form, form.lines(_AUTHOR), "")
        ),
        missed=CONTENT_UNREAD,
        whole=form.digest(_SHOWN),
        is_unread=True,
    )


def _honeypot(form: Form) -> str:
    """Return what stands in the hidden field that the form names, or in WordPress' own."""
    name = form.text("honeypot_field_name", 256)
    value = form.text(name, 1024) if name else ""
    return value or form.text("POST_ak_hp_textarea", 1024)


def _form_ms(form: Form) -> int | None:
    """Return how long WordPress' form was open by the visitor's own clock, in milliseconds."""
    opened, sent = form.line("POST_ak_js", 20), form.line("POST_ak_bfs", 20)
    if not _DIGITS.fullmatch(opened) or not _DIGITS.fullmatch(sent):
        return None
    passed = int(sent) - int(opened)
    return passed if 0 < passed <= _LONGEST_FORM_MS else None


def time_of(text: str) -> dt.datetime | None:
    """Return a time in any of the clients' ways of writing it; None for anything else."""
    if not text.isascii():
        return None
    try:
        found = dt.datetime.fromisoformat(text.removesuffix(" GMT").removesuffix(" UTC"))
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=dt.UTC)
    return found if 1970 <= found.year <= 9000 else None
