"""The console: web pages below /console/ on which moderators work."""

from flask import Flask

from moderation.console import (
    account,
    audit,
    choosing,
    comment,
    decisions,
    entering,
    entrance,
    factor,
    first,
    health,
    keywords,
    language,
    link,
    lists,
    login,
    measures,
    models,
    people,
    personal,
    privacy,
    queue,
    review,
    screens,
    search,
    shown,
    signs,
    sites,
    subscriptions,
    training,
    webhooks,
)

SCREENS = (
    login,
    link,
    first,
    account,
    factor,
    people,
    personal,
    audit,
    review,
    queue,
    comment,
    decisions,
    models,
    choosing,
    training,
    health,
    signs,
    search,
    sites,
    entrance,
    lists,
    keywords,
    subscriptions,
    webhooks,
)
"""The modules of the screens; importing one puts its routes on the blueprint."""


def register(app: Flask) -> None:
    """Put the console on an app."""
    entering.register(app)
    language.register(app)
    shown.register(app)
    measures.register(app)
    app.register_blueprint(screens.blueprint)
    app.register_blueprint(privacy.blueprint)
