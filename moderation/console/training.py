"""Training: begun, followed and cancelled; model files handed in; candidates judged and tried."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask import make_response, render_template, request

from moderation.console.choosing import actor
from moderation.console.entering import runtime
from moderation.console.screens import back_to, screen
from moderation.domain.errors import Conflict, InvalidInput
from moderation.domain.jobs import Job
from moderation.flow.models import acting, offering, showing

FORM_BYTES = offering.FILE_BYTES + (64 << 10)
"""A model file and the form around it."""


@screen("/models/training", "viewer")
def progress() -> Any:
    """Return how far the training is, for a page that stays open; the same costs no bytes."""
    return _kept_fresh("progress", showing.work(runtime()))


def _kept_fresh(piece: str, job: Job | None) -> Any:
    body = render_template(f"console/training/{piece}.html", job=job)
    answer = make_response(body, {"Cache-Control": "private, no-cache"})
    answer.set_etag(sha256(body.encode()).hexdigest()[:32])
    return answer.make_conditional(request)


@screen("/models/training", "administrator", "POST")
def train() -> Any:
    """Have a model trained."""
    acting.train(runtime(), actor())
    return back_to("/console/models#training")


@screen("/models/training/<job_id>/cancel", "administrator", "POST")
def cancel(job_id: str) -> Any:
    """Cancel the training."""
    acting.cancel(runtime(), actor(), job_id)
    return back_to("/console/models#training")


@screen("/models/anew", "viewer")
def anew() -> Any:
    """Return how far the judging anew is, for a page that stays open; the same costs no bytes."""
    return _kept_fresh("anew", showing.rescoring_of(runtime()))


@screen("/models/anew", "administrator", "POST")
def judge_anew() -> Any:
    """Have what is held judged anew by the model in use."""
    acting.judge_anew(runtime(), actor())
    return back_to("/console/models#anew")


@screen("/models/upload", "administrator")
def ask_file() -> str:
    """Return the form that takes a model file."""
    return render_template("console/training/upload.html", refused=False, most=offering.FILE_BYTES)


@screen("/models/upload", "administrator", "POST", most=FORM_BYTES)
def upload() -> Any:
    """Keep a model file as a candidate and have it judged."""
    file = request.files.get("file")
    try:
        made = acting.hand_in(runtime(), actor(), file.read() if file else b"")
    except (InvalidInput, Conflict) as error:
        page = render_template(
            "console/training/upload.html",
            refused=True,
            is_taken=isinstance(error, Conflict),
            most=offering.FILE_BYTES,
        )
        return make_response(page, 422)
    return back_to(f"/console/models/{made.name}?done=handed-in")


@screen("/models/<name>/evaluate", "administrator", "POST")
def evaluate(name: str) -> Any:
    """Have a candidate judged beside the model in use."""
    acting.evaluate(runtime(), actor(), name)
    return back_to(f"/console/models/{name}#training")


@screen("/models/<name>/shadow", "administrator", "POST")
def look_on(name: str) -> Any:
    """Have a candidate look on, or no longer."""
    acting.look_on(runtime(), actor(), name, begins=request.form.get("what") == "begin")
    return back_to(f"/console/models/{name}#shadow")
