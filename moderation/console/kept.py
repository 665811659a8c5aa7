"""What was sent and could not be saved stands on the page, to be sent again."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import render_template, request
from msgspec import Struct

SECRETS = frozenset(("password", "old", "new", "code", "secret", "token", "recovery"))
"""Fields whose values are not written into a page: a form with one of them is filled in again."""
FIELDS_AT_MOST, CHARACTERS_AT_MOST = 200, 100_000


class Typed(Struct, frozen=True):
    """A field of a form that could not be saved."""

    name: str
    value: str


def typed() -> list[Typed]:
    """Return what was sent, without secrets; nothing where it would be too much to keep."""
    if request.method != "POST" or request.files or not SECRETS.isdisjoint(request.form):
        return []
    # The token of forms is added anew.
    sent = [Typed(*pair) for pair in request.form.items(multi=True) if pair[0] != "csrf_token"]
    size = sum(len(one.value) for one in sent)
    return sent if len(sent) <= FIELDS_AT_MOST and size <= CHARACTERS_AT_MOST else []


def form_page() -> str:
    """Return the page of ours that a form stood on, '' where it is not known."""
    came = urlsplit(request.headers.get("Referer", ""))
    ours = came.netloc == request.host and came.path.startswith("/console/")
    return (came.path + (f"?{came.query}" if came.query else "")) if ours else ""


def page(status: int, request_id: str) -> str | None:
    """Return a page that keeps what a form of ours sent although nobody is logged in (401) or its
    token is too old; None where there is nothing to keep, or another site's page sent it."""
    # A form of another site must not come to stand here, one press away from being sent.
    if urlsplit(request.headers.get("Origin", "")).netloc != request.host or not typed():
        return None
    return render_template(
        "console/kept.html", is_out=status == 401, typed=typed(), status=status, id=request_id
    )
