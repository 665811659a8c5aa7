"""The console: web pages below /console/ on which moderators work."""

from flask import Flask

from moderation.console import (
    account,
    audit,
    comment,
    decisions,
    entering,
    language,
    login,
    queue,
    review,
    screens,
    search,
    shown,
)

SCREENS = (login, account, audit, review, queue, comment, decisions, search)
"""The modules of the screens; importing one puts its routes on the blueprint."""


def register(app: Flask) -> None:
    """Put the console on an app."""
    entering.register(app)
    language.register(app)
    shown.register(app)
    app.register_blueprint(screens.blueprint)
