"""The models of the installation: listed, handed in, promoted and rolled back."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from flask import Blueprint, Response
from msgspec import UNSET, Meta, Struct, UnsetType

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Body, Call, Operation, endpoint
from moderation.api.jobs import Job, job_out
from moderation.api.preconditions import if_match
from moderation.api.problems import Refusal
from moderation.domain.comments import Time
from moderation.domain.models import InUse, Kind, Origin, Promotion, Snapshot, State
from moderation.domain.reports import Report
from moderation.flow.models import offering, promoting, rescoring, working
from moderation.flow.models.promoting import Why

blueprint = Blueprint("models", __name__, url_prefix="/v1/models")

SMALL_BYTES = 64 << 10
IF_MATCH = "The `ETag` under which you saw which model is in use; left out or `*`: whichever it is."


class ModelOut(Struct, frozen=True):
    """A model: a snapshot that verdicts name. `labels` are those of the installation it learned."""

    name: str
    """Names the model; verdicts name it too."""
    state: State
    """Whether it judges comments, may come to, or did; `withdrawn`: it had learned labels of
    somebody who was erased, and is not put to use again."""
    origin: Origin
    """Where it comes from."""
    labels: int
    """How many labels of the installation it learned."""
    size_bytes: int
    """Bytes of its file."""
    sha256: str
    """Digest of its file, in hexadecimal."""
    made_at: Time
    """When it was made."""
    made_by: str
    """Who asked for it; empty where nobody did."""
    first_used_at: Time | None
    """When it first came to use; null where it never did."""


class PromotionOut(Struct, frozen=True):
    """A change of the model in use. `overridden`: rules of the gate that spoke against it."""

    revision: int
    """Counts the changes."""
    kind: Kind
    """What was done."""
    name: str
    """The model in use from then on."""
    previous: str
    """The model in use before; empty for the first."""
    at: Time
    """When."""
    by: str
    """Who did it."""
    reason: str
    """Why; may be empty."""
    overridden: tuple[str, ...]
    """Rules of the gate that spoke against it."""


class ModelsOut(Struct, frozen=True):
    """Every model, the newest first, and the newest changes of the one in use."""

    in_use: str
    """The model that judges comments."""
    data: list[ModelOut]
    """Every model, the newest first."""
    promotions: list[PromotionOut]
    """The newest changes of the model in use."""


class InUseOut(Struct, frozen=True):
    """The model in use from the next verdict on. `held`, absent where there are none: comments that
    wait by the word of models before, which `POST /v1/models/rescore` judges anew."""

    in_use: str
    """The model in use from the next verdict on."""
    revision: int
    """Counts the changes."""
    held: int | UnsetType = UNSET
    """Comments that wait by the word of models before, which `POST /v1/models/rescore` judges
    anew; absent where there are none."""


class Promote(Struct, frozen=True, forbid_unknown_fields=True):
    """Why; `override`: although the gate refuses it."""

    reason: Annotated[str, Meta(max_length=2000)] = ""
    """Why, for people."""
    override: bool = False
    """Whether it is put to use although the gate refuses it."""


class RollBack(Struct, frozen=True, forbid_unknown_fields=True):
    """Why the newest promotion is withdrawn."""

    reason: Annotated[str, Meta(max_length=2000)] = ""
    """Why, for people."""


class Rescore(Struct, frozen=True, forbid_unknown_fields=True):
    """Of which site ('': of all)."""

    site: Annotated[str, Meta(max_length=63)] = ""
    """Whose comments are judged anew; empty: those of all sites."""


_rescore = msgspec.json.Decoder(Rescore)
_promote = msgspec.json.Decoder(Promote)
_roll_back = msgspec.json.Decoder(RollBack)


@blueprint.get("")
@endpoint(
    Operation(
        id="listModels",
        tag="Models",
        summary="Models, the one in use and how it came to be",
        scopes=("admin",),
        answers={200: Answer("The models.", {body.JSON: ModelsOut}, ("ETag",))},
    )
)
def list_models(call: Call) -> Response:
    found = promoting.listed(call.runtime)
    shown = ModelsOut(
        found.in_use.name,
        [_model(one, found.in_use) for one in found.snapshots],
        [_promotion(one) for one in found.changes],
    )
    return answers.json(shown, 200, {"ETag": found.in_use.etag})


@blueprint.post("")
@endpoint(
    Operation(
        id="addModel",
        tag="Models",
        summary="Train a model; or with a model file, made elsewhere, hand that in",
        scopes=("admin",),
        body=Body({body.BYTES: bytes}, offering.FILE_BYTES, required=False),
        answers={
            201: Answer("The candidate that was handed in.", {body.JSON: ModelOut}),
            200: Answer("The model, which was there already.", {body.JSON: ModelOut}),
            202: Answer(
                "Without a body: the job that trains; the one that is under way, if any.",
                {body.JSON: Job},
                ("Location",),
            ),
        },
        problems=("conflict", "store-full"),
    )
)
def add_model(call: Call) -> Response:
    by = call.grant.actor
    blob = body.read(call.environ, offering.FILE_BYTES)
    if not blob and call.environ.get("CONTENT_TYPE") == body.BYTES:
        raise Refusal("validation", "The file is empty. Without a body and its type, it trains.")
    if not blob:
        job = working.ask_training(call.runtime, by)
        return answers.json(job_out(job), 202, {"Location": f"/v1/jobs/{job.id}"})
    body.media_type(call.environ, body.BYTES)
    made, is_new = offering.offer(call.runtime, blob, by)
    if made.state(promoting.in_use(call.runtime).name) == "candidate":
        working.ask_evaluation(call.runtime, by, made.name)
    shown = _model(made, promoting.in_use(call.runtime))
    return answers.json(shown, 201 if is_new else 200)


@blueprint.get("/<name>/report")
@endpoint(
    Operation(
        id="getModelReport",
        tag="Models",
        summary="What a candidate would change, beside the model in use",
        scopes=("admin",),
        answers={200: Answer("How it was judged.", {body.JSON: Report})},
        problems=("not-found",),
    )
)
def get_report(call: Call, name: str) -> Response:
    return answers.json(promoting.report(call.runtime, name))


def _choice(call_id: str, summary: str, taken: type[Struct], problem: str) -> Operation:
    return Operation(
        id=call_id,
        tag="Models",
        summary=summary,
        scopes=("admin",),
        headers={"If-Match": IF_MATCH},
        body=Body({body.JSON: taken}, SMALL_BYTES, required=False),
        answers={200: Answer("The model that is now in use.", {body.JSON: InUseOut}, ("ETag",))},
        problems=("not-found", "conflict", "stale", "store-full", problem),
    )


@blueprint.post("/<name>/promote")
@endpoint(
    _choice("promoteModel", "Put a model to use from the next verdict on", Promote, "gate-refused")
)
def promote_model(call: Call, name: str) -> Response:
    seen = if_match(call.environ, required=False)
    given = body.decode_optional(_promote, call.environ, SMALL_BYTES)
    why = Why(call.grant.actor, given.reason)
    chosen = promoting.promote(call.runtime, name, why, seen, override=given.override)
    return _chosen(call, chosen)


@blueprint.post("/rollback")
@endpoint(
    _choice(
        "rollBackModel",
        "Withdraw the newest promotion: the model before it is in use again",
        RollBack,
        "nothing-to-undo",
    )
)
def roll_back_model(call: Call) -> Response:
    seen = if_match(call.environ, required=False)
    given = body.decode_optional(_roll_back, call.environ, SMALL_BYTES)
    why = Why(call.grant.actor, given.reason)
    return _chosen(call, promoting.roll_back(call.runtime, why, seen))


def _chosen(call: Call, now: InUse) -> Response:
    held = rescoring.held(call.runtime) or UNSET
    return answers.json(InUseOut(now.name, now.revision, held), 200, {"ETag": now.etag})


@blueprint.post("/rescore")
@endpoint(
    Operation(
        id="rescoreHeld",
        tag="Models",
        summary="Judge anew what is held, by the model in use now",
        scopes=("admin",),
        body=Body({body.JSON: Rescore}, SMALL_BYTES, required=False),
        answers={
            202: Answer(
                "The job that does it; the one for the same site that is under way, if any. What "
                "somebody decided stays as it is; a comment keeps the verdicts before.",
                {body.JSON: Job},
                ("Location",),
            )
        },
        problems=("not-found", "store-full"),
    )
)
def rescore(call: Call) -> Response:
    given = body.decode_optional(_rescore, call.environ, SMALL_BYTES)
    job = rescoring.begin(call.runtime, call.grant.actor, given.site)
    return answers.json(job_out(job), 202, {"Location": f"/v1/jobs/{job.id}"})


def _model(one: Snapshot, in_use: InUse) -> ModelOut:
    return ModelOut(
        name=one.name,
        state=one.state(in_use.name),
        origin=one.origin,
        labels=one.labels,
        size_bytes=one.size,
        sha256=one.sha256,
        made_at=_time(one.made_ms),
        made_by=one.by,
        first_used_at=_time(one.first_used_ms) if one.first_used_ms else None,
    )


def _promotion(one: Promotion) -> PromotionOut:
    return PromotionOut(
        one.revision, one.kind, one.name, one.previous, _time(one.at_ms), one.by, one.reason,
        one.overridden,
    )  # fmt: skip


def _time(ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC)
