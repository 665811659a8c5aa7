"""The console: web pages below /console/ on which moderators work."""

from flask import Flask

from moderation.console import (
    account,
    audit,
    comment,
    decisions,
    entering,
    entrance,
    language,
    lists,
    login,
    queue,
    review,
    screens,
    shown,
    sites,
)

SCREENS = (login, account, audit, review, queue, comment, decisions, sites, entrance, lists)
"""The modules of the screens; importing one puts its routes on the blueprint."""


def register(app: Flask) -> None:
    """Put the console on an app."""
    entering.register(app)
    language.register(app)
    shown.register(app)
    app.register_blueprint(screens.blueprint)
