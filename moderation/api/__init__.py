"""The JSON API, version 1, and the pages that describe it."""

from flask import Flask

from moderation.api import (
    attacks,
    bands,
    batch,
    check,
    comments,
    decisions,
    deliveries,
    entrance,
    health,
    imports,
    jobs,
    keywords,
    labels,
    listing,
    lists,
    models,
    pages,
    people,
    problems,
    removals,
    settings,
    shadow,
    sites,
    stats,
    subscriptions,
    webhooks,
    withdrawals,
)

PARTS = (
    check, comments, batch, listing, decisions, labels, imports, jobs, models, stats, health, pages,
    shadow, withdrawals, bands, sites, settings, attacks, entrance, lists, keywords,
    subscriptions, removals, people, webhooks, deliveries,
)  # fmt: skip


def register(app: Flask) -> None:
    """Put the API on an app."""
    problems.register(app, pages.for_people)
    for part in PARTS:
        app.register_blueprint(part.blueprint)
