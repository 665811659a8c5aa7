"""One call of the protocol: its form read, its key found, and whatever happens answered by 200."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, request

from moderation.akismet import answers
from moderation.akismet.answers import Reply
from moderation.akismet.asked import key_of
from moderation.akismet.body import TooLarge, read_body
from moderation.akismet.form import Form
from moderation.domain.addresses import client_address
from moderation.domain.akismet import normalise_blog
from moderation.domain.errors import KeyRefused, StoreDown, StoreFull, WinnowError
from moderation.flow.akismet.keys import BlogGrant, authorise_blog
from moderation.flow.runtime import Runtime

log = logging.getLogger(__name__)


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

    Every answer goes through `marked`, those of refusals and faults too.

    The view's `answer` does the same without Flask's contexts, for the outermost layer.
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
            except TooLarge:
                return answers.too_large()
            except (StoreDown, StoreFull):
                return when_down()
            except WinnowError as error:
                log.warning("an Akismet call could not be done: %s", type(error).__name__)
                return when_down()
            except Exception:
                log.exception("request %s failed", environ.get("winnow.request_id", ""))
                return when_down()

        @functools.wraps(function)
        def view() -> Response:
            environ = request.environ
            environ["winnow.route"] = request.url_rule.rule  # type: ignore[union-attr]
            status, headers, body = answer(current_app.extensions["winnow"], environ)
            return Response(body, status, headers)

        view.answer = answer  # type: ignore[attr-defined]
        return view

    return decorate
