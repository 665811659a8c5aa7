"""The console: web pages below /console/ on which moderators work."""

from flask import Flask

from moderation.console import (
    account,
    audit,
    comment,
    decisions,
    entering,
    entrance,
    factor,
    first,
    language,
    link,
    lists,
    login,
    people,
    queue,
    review,
    screens,
    shown,
    sites,
)

SCREENS = (
    login, link, first, account, factor, people, audit, review, queue, comment, decisions, sites,
    entrance, lists,
)  # fmt: skip
"""The modules of the screens; importing one puts its routes on the blueprint."""


def register(app: Flask) -> None:
    """Put the console on an app."""
    entering.register(app)
    language.register(app)
    shown.register(app)
    app.register_blueprint(screens.blueprint)
