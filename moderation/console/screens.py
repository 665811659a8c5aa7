"""What every screen has in common: its address, who may see it, its guards and how it fails."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from moderation import faults
from moderation.console import away, entering, kept
from moderation.console.language import _
from moderation.domain import errors
from moderation.domain.people import Role
from moderation.page_headers import PAGE_HEADERS
from moderation.server.service import Admission

log = logging.getLogger(__name__)

blueprint = Blueprint(
    "console",
    __name__,
    url_prefix="/console",
    static_folder="static",
    static_url_path="/static",
    template_folder="templates",
)

View = Callable[..., Any]


@blueprint.context_processor
def _who() -> dict[str, Any]:
    """Return what every page shows of the person who asks."""
    return entering.shown()


@blueprint.after_request
def protect(response: Response) -> Response:
    """Let a page load nothing from elsewhere, stand in no frame and stay in no cache."""
    response.headers.update(PAGE_HEADERS)
    if request.endpoint != "console.static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def screen(rule: str, role: Role, method: str = "GET", most: int = 0) -> Callable[[View], View]:
    """Put a view at an address, for people of a role; a POST must carry the token of forms.

    `most` bytes may be sent to it, as many as to every form where it is 0.
    """
    return _route(rule, role, method, most)


def for_anyone(rule: str, method: str = "GET") -> Callable[[View], View]:
    """Put a view at an address for people who are not logged in."""
    return _route(rule, None, method)


def _route(rule: str, role: Role | None, method: str, most: int = 0) -> Callable[[View], View]:
    def decorate(function: View) -> View:
        @functools.wraps(function)
        def view(**path: str) -> Any:
            request.environ["winnow.route"] = f"/console{rule}"
            if most:
                request.max_content_length = most
            entering.csrf.protect()
            if role is not None:
                entering.recognise(role)
            answer = function(**path)
            away.Outage.of_this_process().ended()
            away.remember()
            return answer

        view.role = role  # type: ignore[attr-defined]
        if most:
            view.admit = lambda _runtime, _environ: Admission(most, is_known=False)  # type: ignore[attr-defined]
        name = f"{function.__module__.rpartition('.')[2]}_{function.__name__}"
        blueprint.add_url_rule(rule, name, view, methods=[method])
        return function

    return decorate


def wants_json() -> bool:
    """Say whether a script asks, which shows what happened by itself."""
    return request.headers.get("Accept", "").startswith("application/json")


def back_to(target: str) -> Response:
    """Return the way back after a form: a GET, so that going back or reloading sends nothing."""
    return make_response(redirect(target, code=303))


@blueprint.errorhandler(Exception)
def failed(error: Exception) -> Response:
    """Return what a person is told of an error; what was sent is not repeated."""
    status, said = _words(error)
    is_away = isinstance(error, errors.StoreDown)
    if isinstance(error, errors.NotAuthorised):
        away.forget()
    answer = _failed(error, status, said)
    if is_away:
        answer.headers.update(away.headers())
    return answer


def _failed(error: Exception, status: int, said: str) -> Response:
    if "HX-Request" in request.headers:
        return _for_htmx(status)
    if wants_json():
        return make_response(jsonify(error=said), status)
    request_id = request.environ.get("winnow.request_id", "")
    if isinstance(error, CSRFError | errors.NotAuthorised) and request.method == "POST":
        page = kept.page(status, request_id)
        if page is not None:
            return make_response(page, status)
    if status == 401:
        return back_to(f"/console/login{_asked()}")
    if isinstance(error, errors.StoreDown):
        return make_response(away.page(said, status, request_id), status)
    page = render_template("console/error.html", status=status, said=said, request_id=request_id)
    return make_response(page, status)


def _for_htmx(status: int) -> Response:
    """Return an answer that changes nothing on the page; who is logged out goes to log in."""
    headers = {"HX-Redirect": "/console/login"} if status == 401 else {}
    return make_response("", 204, headers)


def _asked() -> str:
    """Return where to go after logging in, as a query: a page of ours that was asked for, or on
    which the form stood."""
    path = request.full_path.rstrip("?") if request.method == "GET" else kept.form_page()
    return f"?{urlencode({'next': path})}" if path not in ("", "/console/") else ""


def _words(error: Exception) -> tuple[int, str]:
    """Return the status and the words for an error."""
    if isinstance(error, CSRFError):
        return 400, _("This page was open for too long. Load it again; nothing was saved.")
    if isinstance(error, RequestEntityTooLarge):
        return 413, _("This is more than can be sent at once. Nothing was saved.")
    if isinstance(error, HTTPException):
        return error.code or 500, _("There is nothing at this address.")
    for kind, status, said in SAID:
        if isinstance(error, kind):
            return status, _(said)
    # Its message may hold what was sent: the way there is enough.
    name = request.environ.get("winnow.request_id", "")
    log.error("request %s failed: %s", name, faults.way_to(error))
    faults.note("a request", error, name)
    return 500, _("Something went wrong in Winnow. Nothing was saved.")


SAID: tuple[tuple[type[Exception], int, str], ...] = (
    (errors.NotFound, 404, "There is no such thing, or it is not on one of your sites."),
    (errors.NotAuthorised, 401, "You are logged out."),
    (errors.NotAllowed, 403, "Your role may not do this."),
    (errors.StaleState, 412, "Somebody else changed this comment. Nothing was saved."),
    (errors.NothingToUndo, 409, "There is no decision to undo."),
    (errors.InvalidInput, 422, "This cannot be done."),
    (errors.RateLimited, 429, "Too many attempts. Wait a quarter of an hour."),
    (errors.StoreFull, 507, "The store is full. Decisions still work."),
    (errors.StoreDown, 503, "The store does not answer. Nothing was saved."),
    (errors.WinnowError, 503, "Winnow cannot do this now. Nothing was saved."),
)
