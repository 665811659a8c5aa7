"""The OpenAPI 3.1 document, made from what the endpoints declare and enforce."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

import moderation
from moderation.api import schemas
from moderation.api.body import JSON
from moderation.api.endpoint import Answer, Body, Operation
from moderation.api.kinds import KINDS
from moderation.api.problems import MEDIA_TYPE, Problem

_TAGS = {
    "Comments": "Submitted, checked, read and deleted.",
    "Decisions": "People's words, which the site's filter learns from at once.",
    "Models": "Which model judges comments; with a token of the installation (`admin`).",
    "Sites": "Sites: keys, settings, lists, webhooks; with a token of the installation (`admin`).",
    "People": "What is held of somebody who writes; with a token of the installation (`admin`).",
    "Jobs": "What takes long.",
    "Statistics": "Counts by day.",
    "Operation": "For machines that watch.",
}
_HEADERS = {
    "Location": "Where the comment, or the job, is.",
    "ETag": "Names this state: send it as `If-Match` with what changes it.",
    "Retry-After": "Seconds after which to ask again.",
    "Preference-Applied": "`wait`",
}
_ULID = "01M81Q1142C3EYPAKXTQDKFX9P"
_IN_PATH = {
    "comment_id": ("The id that Winnow gave the comment (a ULID).", _ULID),
    "job_id": ("The id of the job (a ULID).", _ULID),
    "site": ("The name of a site.", "blog.example"),
    "token_id": ("The id of a token (a ULID).", _ULID),
    "key_id": ("The id of an Akismet key.", "5ac1f00d"),
    "webhook": ("The id of a webhook (a ULID).", _ULID),
    "message": ("The `webhook-id` of a message.", "msg_3f9a1c07de_1795898214592-0"),
    "name": ("The name of a model.", "2026.11.22-1"),
}
"""What each part of a path is, and an example."""


def document(app: Flask) -> dict[str, Any]:
    """Return the document of every endpoint of an app that declares itself."""
    found = [(rule, op) for rule in app.url_map.iter_rules() if (op := _operation(app, rule))]
    found.sort(key=lambda pair: (list(_TAGS).index(pair[1].tag), pair[0].rule))
    taken = [kind for _, op in found if op.body for kind in op.body.media.values()]
    answers = [answer for _, op in found for answer in op.answers.values()]
    answered = [kind for answer in answers for kind in answer.media.values()]
    schema_of, named = schemas.components(taken, [*answered, Problem])
    paths: dict[str, dict[str, Any]] = {}
    for rule, op in found:
        path = paths.setdefault(re.sub(r"<(\w+)>", r"{\1}", rule.rule), {})
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}:
            path[method.lower()] = _described(rule, op, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Winnow",
            "version": moderation.__version__,
            "summary": "Comment moderation with a spam filter that each site teaches",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": named,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of a site, or for `admin` of the installation, with "
                    "the scope that the call names.",
                }
            },
        },
    }


def problems_of(op: Operation, rule: Rule) -> list[str]:
    """Return the names of every problem that a call may answer with."""
    names = {"invalid-parameter", "internal-error", "bad-request", *op.problems}
    if op.scopes:
        names |= {"unauthorised", "forbidden", "store-down"}
    if op.body:
        names |= {"malformed-json", "too-large", "unsupported-media-type", "validation"}
        names |= {"request-timeout", "too-busy"}
    return [name for name in KINDS if name in names]


def _operation(app: Flask, rule: Rule) -> Operation | None:
    return getattr(app.view_functions[rule.endpoint], "operation", None)


def _described(rule: Rule, op: Operation, schema_of: dict[int, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": op.id,
        "tags": [op.tag],
        "summary": op.summary,
        "parameters": _parameters(rule, op),
        "responses": _responses(rule, op, schema_of),
    }
    if op.scopes:
        described["security"] = [{"token": []}]
        scopes = " or ".join(f"`{scope}`" for scope in op.scopes)
        described["description"] = f"Needs a token with the scope {scopes}."
    if op.body:
        described["requestBody"] = _request(op.body, schema_of)
    return described


def _parameters(rule: Rule, op: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _IN_PATH[name][0],
            "schema": {"type": "string", "examples": [_IN_PATH[name][1]]},
        }
        for name in sorted(rule.arguments)
    ]
    for name, schema in schemas.parameters(op.query).items():
        text = schema.pop("description")
        found.append({"name": name, "in": "query", "description": text, "schema": schema})
    for name, text in op.headers.items():
        found.append(
            {
                "name": name,
                "in": "header",
                "required": name == "If-Match" and "precondition-required" in op.problems,
                "description": text,
                "schema": {"type": "string"},
            }
        )
    return found


def _request(body: Body, schema_of: dict[int, Any]) -> dict[str, Any]:
    return {
        "required": body.required,
        "description": f"At most {_in_words(body.most)}.",
        "content": _content(body.media, schema_of),
    }


def _in_words(size: int) -> str:
    """Return a number of bytes in KiB or MiB, with the bytes themselves."""
    unit, name = (1 << 20, "MiB") if size >= 1 << 20 else (1 << 10, "KiB")
    return f"{size / unit:g} {name} ({size:,} bytes)"


def _content(media: dict[str, Any], schema_of: dict[int, Any]) -> dict[str, Any]:
    """Return the content of a body; of lines of JSON the schema is that of one line."""
    return {
        name: {"schema": schema_of[id(kind)] if name == JSON else _lines(schema_of[id(kind)])}
        for name, kind in media.items()
    }


def _lines(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of text, naming what each line holds."""
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    return {"type": "string", "description": f"Lines of JSON, each of them one {name}."}


def _responses(rule: Rule, op: Operation, schema_of: dict[int, Any]) -> dict[str, Any]:
    responses = {str(s): _response(a, schema_of) for s, a in sorted(op.answers.items())}
    by_status: dict[int, list[str]] = {}
    for name in problems_of(op, rule):
        by_status.setdefault(KINDS[name].status, []).append(name)
    for status, names in sorted(by_status.items()):
        responses[str(status)] = _problem(status, names)
    return responses


def _response(answer: Answer, schema_of: dict[int, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.meaning}
    if answer.media:
        described["content"] = _content(answer.media, schema_of)
    headers = {"X-Request-Id": "Names this request, also in the log."}
    headers |= {name: _HEADERS[name] for name in answer.headers}
    described["headers"] = {
        name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()
    }
    return described


def _problem(status: int, names: list[str]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": "; ".join(f"{KINDS[n].title} (`/problems/{n}`)" for n in names),
        "content": {MEDIA_TYPE: {"schema": {"$ref": schemas.REF.format(name="Problem")}}},
    }
    if status in (429, 503):
        described["headers"] = {
            "Retry-After": {
                "description": _HEADERS["Retry-After"],
                "schema": {"type": "string"},
            }
        }
    return described
