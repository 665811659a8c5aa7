"""The JSON API, version 1, and the pages that describe it."""

from flask import Flask

from moderation.api import (
    batch,
    check,
    comments,
    decisions,
    health,
    labels,
    listing,
    pages,
    problems,
    stats,
)

PARTS = (check, comments, batch, listing, decisions, labels, stats, health, pages)


def register(app: Flask) -> None:
    """Put the API on an app."""
    problems.register(app, pages.for_people)
    for part in PARTS:
        app.register_blueprint(part.blueprint)
