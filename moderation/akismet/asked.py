"""From a form to what is asked about: every field bounded, none refused."""

from __future__ import annotations

import datetime as dt
import re

from moderation.akismet.form import Form
from moderation.domain.akismet import KEY, Check, callback_for
from moderation.domain.comments import Author, Submission
from moderation.flow.rows import cut

_GUID = re.compile(r"[0-9a-f]{32}")
_DIGITS = re.compile(r"[0-9]{13}")
_LONGEST_FORM_MS = 86_400_000


def key_of(form: Form, host: str) -> str:
    """Return the key of a call: `api_key` or `key` of the form, else the first label of Host."""
    key = form.first_line(("api_key", "key"), 64)
    if key:
        return key
    label, dot, _ = host.partition(".")
    return label if dot and KEY.fullmatch(label.lower()) else ""


def check_of(form: Form, blog: str) -> Check:
    """Return what a form asks about; `blog` is normalised."""
    role = form.text("user_role", 4096)
    roles = {part.strip().lower() for part in role.split(",")}
    kind = form.line("comment_type", 64) or form.line("content_type", 64)
    guid = form.line("guid", 64).lower()
    content, was_cut = cut(form.text("comment_content", 1 << 20))
    return Check(
        submission=Submission(
            # A comment has at least one character; here it may be empty, as pingbacks' are.
            content=content or " ",
            author=Author(
                name=form.text("comment_author", 256).strip(),
                email=form.line("comment_author_email", 320),
                url=form.line("comment_author_url", 2048),
                ip=form.line("user_ip", 64),
                user_agent=form.text("user_agent", 512),
                role="administrator" if "administrator" in roles else role[:64],
                id=form.line("user_ID", 256),
            ),
            permalink=form.line("permalink", 2048),
            referrer=form.line("referrer", 2048),
            type=kind,
            parent_id=form.line("comment_parent", 256),
            created_at=time_of(form.line("comment_date_gmt", 64)),
            article_published_at=time_of(form.line("comment_post_modified_gmt", 64)),
            language=form.line("blog_lang", 64),
            context=[text[:16_384] for text in form.contexts()],
            honeypot=_honeypot(form),
            form_ms=_form_ms(form),
        ),
        was_cut=was_cut,
        place=form.line("comment_post_ID", 64) or form.line("permalink", 2048),
        reference=form.line("comment_ID", 256),
        guid=guid if _GUID.fullmatch(guid) else "",
        callback=callback_for(blog, form.line("callback", 2048)),
        reporter="".join(filter(str.isprintable, form.line("reporter", 64))),
        recheck_reason=form.line("recheck_reason", 64),
        is_test=form.flag("is_test"),
        is_administrator="administrator" in roles,
        is_pre_check=form.flag("akismet_pre_check"),
        wants_discard=form.flag("test_discard"),
        wants_reasons=form.flag("classify"),
    )


def unread_check_of(form: Form) -> Check:
    """Return what can be shown to a person of a form that could not be read as a check."""
    content, was_cut = cut(form.text("comment_content", 1 << 20))
    author = Author(
        name=form.text("comment_author", 256).strip(),
        email=form.line("comment_author_email", 320),
        url=form.line("comment_author_url", 2048),
        ip=form.line("user_ip", 64),
    )
    submission = Submission(content=content or " ", author=author)
    return Check(submission=submission, was_cut=was_cut, is_unread=True)


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
