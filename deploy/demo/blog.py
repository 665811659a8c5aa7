"""A small site with one article and its comments, which Winnow moderates: `python blog.py`."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from comments import Comments
from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from itsdangerous import BadSignature, TimestampSigner
from werkzeug.serving import make_server
from winnow import Winnow, read_webhook

TITLE = "What the sourdough taught me about waiting"
PUBLISHED = "2026-11-20T08:00:00Z"
FORM_SECONDS = 86_400
"""A form that was open for longer says nothing of how fast somebody typed."""
ASKED_AGAIN = 5
"""So many comments that Winnow could not be asked about are asked about with the next one."""

pages = Blueprint("pages", __name__)


class Parts(NamedTuple):
    """What the site consists of."""

    comments: Comments
    winnow: Winnow
    secret: str
    """Of the webhook by which Winnow tells this site."""
    privacy: str
    """Where Winnow says how it processes this site's comments."""
    signer: TimestampSigner
    """Signs when a form was opened, so that nobody makes up how long it took to fill in."""


def create_site(environ: Mapping[str, str]) -> Flask:
    """Return the site; `DEMO_*` variables say where Winnow is and what this site may do there."""
    site = Flask(__name__)
    site.config["MAX_CONTENT_LENGTH"] = 256 * 1024
    secret = environ["DEMO_SECRET"]
    site.extensions["parts"] = Parts(
        Comments(Path(environ["DEMO_DATA"])),
        Winnow(environ["DEMO_WINNOW_URL"], environ["DEMO_TOKEN"]),
        secret,
        f"{environ['DEMO_PUBLIC_URL']}/privacy/{environ['DEMO_SITE']}",
        TimestampSigner(hashlib.sha256(secret.encode()).digest(), salt="form"),
    )
    site.register_blueprint(pages)
    return site


def parts() -> Parts:
    """Return what the site consists of."""
    found: Parts = current_app.extensions["parts"]
    return found


@pages.get("/")
def article() -> Response:
    """Return the article with its comments and the form."""
    return _page()


@pages.get("/comments")
def listing() -> Response:
    """Return the list of comments alone, for the script; 304 where it is as it was."""
    found = make_response(_listing())
    found.add_etag()
    return found.make_conditional(request)


@pages.post("/comments")
def post() -> Any:
    """Take a comment, ask Winnow about it, and lead back to the page."""
    name, content = _field("name", 80).strip() or "Anonymous", _field("content", 5000).strip()
    if not content:
        return _page("Write something first; nothing was posted."), 422
    made = parts().comments.add(_visitor(), name, content, _asked(name, content))
    _ask()
    return redirect(url_for("pages.article", _anchor=f"c-{made}"), 303)


@pages.post("/winnow-webhook")
def told() -> tuple[str, int]:
    """Take up what Winnow says; anybody may call this, so the signature is checked first."""
    try:
        word = read_webhook(parts().secret, request.headers, request.get_data())
    except PermissionError:
        return "", 401
    if word is not None:
        parts().comments.hear(word)
    return "", 204


@pages.after_request
def protect(response: Response) -> Response:
    """Let the page load nothing from elsewhere and stand in no frame."""
    response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def _asked(name: str, content: str) -> dict[str, Any]:
    """Return what Winnow is asked: the more it knows, the better it judges."""
    author = {
        "name": name,
        "email": _field("email", 254).strip(),
        "ip": request.remote_addr or "",
        "user_agent": request.user_agent.string[:512],
    }
    return {
        "content": content,
        "author": author,
        "type": "comment",
        "language": "en",
        "permalink": request.host_url,
        "referrer": (request.referrer or "")[:2048],
        "article_published_at": PUBLISHED,
        "context": [TITLE],
        # People do not see this field; robots fill it in.
        "honeypot": _field("homepage", 1024),
        **_form_age(),
    }


def _form_age() -> dict[str, int]:
    """Return for how long the form was open; nothing where that cannot be known."""
    try:
        _, opened = parts().signer.unsign(_field("opened", 200), FORM_SECONDS, True)
    except BadSignature:
        return {}
    return {"form_ms": max(0, round(1000 * (time.time() - opened.timestamp())))}


def _ask() -> None:
    """Ask Winnow about what it has not answered yet: the new comment, and what was left before."""
    for sent in parts().comments.unanswered(ASKED_AGAIN):
        word = parts().winnow.check(sent)
        if word is None:
            return  # It stays awaiting; the next comment asks again.
        parts().comments.hear(word)


def _page(said: str = "") -> Response:
    page = render_template(
        "article.html",
        title=TITLE,
        listing=_listing(),
        opened=parts().signer.sign(b"").decode(),
        privacy=parts().privacy,
        said=said,
        typed=request.form,
    )
    answer = make_response(page)
    answer.set_cookie("visitor", _visitor(), max_age=31_536_000, httponly=True, samesite="Lax")
    return answer


def _listing() -> str:
    return render_template("comments.html", comments=parts().comments.seen_by(_visitor()))


def _field(name: str, most: int) -> str:
    return request.form.get(name, "").replace("\0", "")[:most]


def _visitor() -> str:
    """Return who asks: a random name in a cookie, made at the first visit."""
    known = request.cookies.get("visitor", "")
    if len(known) == 32 and known.isalnum():
        return known
    made: str = request.environ.setdefault("demo.visitor", secrets.token_hex(16))
    return made


def main() -> None:
    """Serve the site at `DEMO_BIND` until SIGTERM."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    host, _, port = os.environ["DEMO_BIND"].rpartition(":")
    server = make_server(host.strip("[]"), int(port), create_site(os.environ), threaded=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.serve_forever()


if __name__ == "__main__":
    main()
