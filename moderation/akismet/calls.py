"""One call of the protocol: its form read, its key found, and whatever happens answered by 200."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, request

from moderation import faults
from moderation.akismet import answers
from moderation.akismet.asked import key_of
from moderation.akismet.body import BODY_BYTES, read_body
from moderation.akismet.form import Form
from moderation.domain.addresses import client_address
from moderation.domain.akismet import normalise_blog
from moderation.domain.errors import KeyRefused, StoreDown, StoreFull
from moderation.flow.akismet.keys import BlogGrant, authorise_blog, is_good
from moderation.flow.runtime import Runtime
from moderation.server.service import Admission, BodyMissing, Reply

STRANGE_BYTES = 256 << 10
"""Most bytes of one that names an unknown key before it. The form may name a good one."""


class Call:
    """A call: its fields, its key, the blog that it speaks for and the address it came from."""

    def __init__(self, runtime: Runtime, environ: dict[str, Any]) -> None:
        self.runtime = runtime
        self.form = Form(
            read_body(environ),
            environ.get("QUERY_STRING", "").encode("latin-1", "replace"),
            environ.get("CONTENT_TYPE", ""),
        )
        self.key = key_of(self.form, environ.get("HTTP_HOST", ""))
        self.blog = normalise_blog(self.form.text("blog"))
        self._environ = environ

    @property
    def address(self) -> str:
        """The client's address, as far as it can be believed."""
        return client_address(
            self._environ.get("REMOTE_ADDR", ""),
            self._environ.get("HTTP_X_FORWARDED_FOR", ""),
            self.runtime.settings.trusted_proxies,
        )

    def grant(self) -> BlogGrant:
        """Return the key's grant for the blog; raises `KeyRefused` or `Malformed`."""
        if not self.key:
            raise Malformed("api_key")
        if not self.blog:
            raise Malformed("blog")
        return authorise_blog(self.runtime, self.key, self.blog, lambda: self.address)


class Malformed(Exception):
    """The call lacks a field that it needs."""

    def __init__(self, missing: str) -> None:
        super().__init__(missing)
        self.missing = missing


Function = Callable[[Call], Reply]
View = Callable[[], Response]


def call(
    when_down: Callable[[], Reply] = answers.failed,
    marked: Callable[[Reply], Reply] = lambda reply: reply,
) -> Callable[[Function], View]:
    """Make a view of a function that takes a `Call`; `when_down` answers while the store is.

    What fails unexpectedly is answered by neither word of a check. Every answer goes through
    `marked`, those of refusals and faults too.

    The view's `answer` does the same without Flask's contexts, for the outermost layer; its
    `admit` says before the form how that may come.
    """

    def decorate(function: Function) -> View:
        def answer(runtime: Runtime, environ: dict[str, Any]) -> Reply:
            return marked(answered(runtime, environ))

        def answered(runtime: Runtime, environ: dict[str, Any]) -> Reply:
            try:
                return function(Call(runtime, environ))
            except KeyRefused as error:
                return answers.refused(error.refused)
            except Malformed as error:
                return answers.malformed(error.missing)
            except BodyMissing as error:
                return answers.unread(is_large=error.reason == "large")
            except (StoreDown, StoreFull):
                return when_down()
            except Exception as error:
                # Whose call it was may not be known, nor what was asked: no word is said of it.
                faults.say(f"request {environ.get('winnow.request_id', '')}", error)
                return answers.failed()

        @functools.wraps(function)
        def view() -> Response:
            environ = request.environ
            environ["winnow.route"] = request.url_rule.rule  # type: ignore[union-attr]
            status, headers, body = answer(current_app.extensions["winnow"], environ)
            return Response(body, status, headers)

        view.answer = answer  # type: ignore[attr-defined]
        view.admit = _admit  # type: ignore[attr-defined]
        return view

    return decorate


def _admit(runtime: Runtime, environ: dict[str, Any]) -> Admission:
    """Return how the form of a call may come, by the key that stands before it, if one does.

    Whoever names none may send as much as who names a good one, as most clients write their key
    into the form; but they share what is held for strangers.
    """
    query = environ.get("QUERY_STRING", "").encode("latin-1", "replace")
    key = key_of(Form(b"", query, ""), environ.get("HTTP_HOST", ""))
    if not key:
        return Admission(BODY_BYTES, is_known=False)
    try:
        known = is_good(runtime, key)
    except StoreDown:
        return Admission(BODY_BYTES, is_known=False)
    return Admission(BODY_BYTES if known else STRANGE_BYTES, known)
