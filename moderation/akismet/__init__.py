"""The Akismet protocol: lenient in what it takes, exact to the byte in what it answers."""

from flask import Flask

from moderation.akismet import account, check, usage

PARTS = (check, account, usage)


def register(app: Flask) -> None:
    """Put the protocol on an app."""
    for part in PARTS:
        app.register_blueprint(part.blueprint)
