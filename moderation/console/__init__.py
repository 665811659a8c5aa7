"""The console: web pages below /console/ on which moderators work."""

from flask import Flask

from moderation.console import (
    account,
    audit,
    choosing,
    comment,
    decisions,
    entering,
    factor,
    first,
    health,
    language,
    link,
    login,
    measures,
    models,
    people,
    queue,
    review,
    screens,
    shown,
    signs,
    training,
)

SCREENS = (
    login,
    link,
    first,
    account,
    factor,
    people,
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
)
"""The modules of the screens; importing one puts its routes on the blueprint."""


def register(app: Flask) -> None:
    """Put the console on an app."""
    entering.register(app)
    language.register(app)
    shown.register(app)
    measures.register(app)
    app.register_blueprint(screens.blueprint)
