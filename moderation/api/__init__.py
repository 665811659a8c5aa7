"""The JSON API, version 1, and the pages that describe it."""

from flask import Flask

from moderation.api import (
    bands,
    batch,
    check,
    comments,
    decisions,
    health,
    imports,
    jobs,
    labels,
    listing,
    models,
    pages,
    problems,
    shadow,
    stats,
    withdrawals,
)

PARTS = (
    check, comments, batch, listing, decisions, labels, imports, jobs, models, stats, health, pages,
    shadow, withdrawals, bands,
)  # fmt: skip


def register(app: Flask) -> None:
    """Put the API on an app."""
    problems.register(app, pages.for_people)
    for part in PARTS:
        app.register_blueprint(part.blueprint)
