"""The app that beat runs: the same schedule without the tasks, so that no model is loaded."""

from moderation.settings import Settings
from workers.app import make_app

app = make_app(Settings.from_env(), include=())
