"""Pages for people: what runs here, a box to try the filter, the API's documentation."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from msgspec import Struct
from werkzeug.wrappers import Response as WerkzeugResponse

import moderation
from moderation.api import answers, openapi, problems
from moderation.api.kinds import KINDS
from moderation.api.problems import Refusal
from moderation.domain.bands import needle
from moderation.domain.comments import Author, Submission
from moderation.domain.errors import StoreDown
from moderation.domain.verdicts import Verdict
from moderation.flow.comments import reading
from moderation.flow.comments.phrases import Phrase, phrases
from moderation.flow.comments.previewing import preview
from moderation.flow.runtime import Runtime
from moderation.flow.sites.first_run import DEMO_SITE
from moderation.page_headers import PAGE_HEADERS

blueprint = Blueprint(
    "pages",
    __name__,
    static_folder="static",
    static_url_path="/assets",
    template_folder="templates",
)

EXAMPLES = (
    "Thanks, the second example fixed my build.",
    "Cheap meds without prescription, order now: https://pills.example/buy",
)


@blueprint.after_request
def protect(response: Response) -> Response:
    """Let a page load nothing from elsewhere, run no script and stand in no frame."""
    response.headers.update(PAGE_HEADERS)
    return response


@blueprint.get("/")
def home() -> str:
    """Return what runs here."""
    return _home()


@blueprint.post("/")
def try_out() -> str:
    """Return the verdict on what was pasted into the box; nothing of it is kept."""
    if not has_box():
        abort(404)
    refuse_other_sites()
    content = request.form.get("content", "").replace("\0", "")[:20_000].strip()
    author = Author(name=request.form.get("author", "").replace("\0", "")[:256])
    if not content:
        return _home(error="empty")
    submission = Submission(content=content, author=author)
    try:
        comment = preview(_runtime(), DEMO_SITE, submission)
        explained = reading.explain_now(_runtime(), comment)
    except StoreDown:
        return _home(submission, error="away")
    assert comment.verdict is not None
    return _home(submission, _judged(comment.verdict, explained, phrases(content, explained.marks)))


@blueprint.get("/demo")
def demo() -> WerkzeugResponse:
    """Lead to the demo site, where one runs."""
    if not _runtime().settings.demo_url:
        abort(404)
    return redirect(_runtime().settings.demo_url + "/")


@blueprint.get("/openapi.json")
def openapi_document() -> Response:
    """Return the OpenAPI document."""
    return answers.json(_document())


@blueprint.get("/docs")
def docs() -> str:
    """Return the OpenAPI document as a page."""
    return render_template("api/docs.html", document=_document(), problems=KINDS, resolve=_named)


@blueprint.get("/problems")
def problems_index() -> str:
    """Return every problem type."""
    return render_template("api/problems.html", problems=KINDS)


@blueprint.get("/favicon.ico")
def favicon() -> WerkzeugResponse:
    """Return the mark: browsers ask for it by this name where no page names another."""
    return redirect(url_for("console.static", filename="mark.svg"))


@blueprint.get("/problems/<name>")
def problem(name: str) -> str:
    """Return what a problem type means."""
    if name not in KINDS:
        abort(404)
    return render_template("api/problem.html", name=name, kind=KINDS[name])


def for_people(answer: Response) -> Response:
    """Return a problem as a page where a browser asked for one, outside of the API."""
    accepts = request.accept_mimetypes
    # By their quality: browsers also name types of their own that are more specific.
    wanted = accepts["text/html"] > accepts[problems.MEDIA_TYPE]
    if not wanted or request.path.startswith("/v1/"):
        return answer
    details = msgspec.json.decode(answer.get_data())
    name = details["type"].rpartition("/")[2]
    page = render_template(
        "api/problem.html",
        name=name if name in KINDS else "",
        kind=KINDS.get(name, {**details, "meaning": ""}),
        request_id=details.get("request_id", ""),
    )
    answer.set_data(page)
    answer.content_type = "text/html; charset=utf-8"
    answer.headers.update(PAGE_HEADERS)
    return answer


def has_box() -> bool:
    """Say whether this installation runs on the embedded store, as one does to try it out."""
    settings = _runtime().settings
    try:
        running = msgspec.json.decode((settings.data / "run.json").read_bytes())
        return bool(settings.redis_url) and running["redis_url"] == settings.redis_url
    except (OSError, ValueError, TypeError, KeyError):
        return False


def refuse_other_sites() -> None:
    """Refuse a form that another site's page sent, or that came by a name that is not ours.

    Browsers say where a form comes from; the name guards against one that was pointed here.
    """
    origin = request.headers.get("Origin", "")
    fetched = request.headers.get("Sec-Fetch-Site", "")
    if fetched not in ("", "same-origin") or not (fetched or origin):
        raise Refusal("forbidden", "The form must be sent from this page.")
    if origin and urlsplit(origin).netloc != request.host:
        raise Refusal("forbidden", "The form must be sent from this page.")
    if not _is_ours(urlsplit(f"//{request.host}").hostname or ""):
        raise Refusal("forbidden", "This is not a name of this server.")


def _is_ours(host: str) -> bool:
    if host in ("localhost", urlsplit(_runtime().settings.public_url).hostname):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class Judged(Struct, frozen=True):
    """What the filter says of a text: as Review shows it, with the place on the scale of bands."""

    verdict: Verdict
    text: Sequence[Phrase]
    hold: float
    reject: float
    meter: int | None


def _judged(verdict: Verdict, explained: reading.Explained, text: Sequence[Phrase]) -> Judged:
    hold, reject = explained.hold, explained.reject
    at = None
    if verdict.band is not None and verdict.score is not None:
        at = needle(verdict.band, verdict.score, hold, reject)
    return Judged(verdict, text, hold, reject, at)


def _home(
    submission: Submission | None = None, judged: Judged | None = None, error: str = ""
) -> str:
    runtime = _runtime()
    return render_template(
        "api/home.html",
        version=moderation.__version__,
        model=runtime.shipped.name,
        box=has_box(),
        submission=submission,
        judged=judged,
        error=error,
        examples=EXAMPLES,
    )


def _runtime() -> Runtime:
    runtime: Runtime = current_app.extensions["winnow"]
    return runtime


def _document() -> dict[str, Any]:
    made: dict[str, Any] | None = current_app.extensions.get("winnow.openapi")
    if made is None:
        made = current_app.extensions["winnow.openapi"] = openapi.document(current_app)
    return made


def _named(schema: dict[str, Any]) -> str:
    """Return the name of a schema that is referred to, '' for one that stands here."""
    return str(schema.get("$ref", "")).rpartition("/")[2]
