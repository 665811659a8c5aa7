"""The web process: a Flask app over one runtime."""

from __future__ import annotations

import gc

from flask import Flask

from moderation import akismet, api, console
from moderation.api.edge import Edge, admission, checks, hot_calls
from moderation.api.metrics import Meter
from moderation.flow import heartbeat
from moderation.flow.labels import importing
from moderation.flow.opening import open_runtime
from moderation.flow.sites import health
from moderation.flow.vitals import Vitals
from moderation.server.service import Service
from moderation.settings import Settings

WATCHED = frozenset(("/healthz", "/readyz", "/metrics"))
"""What machines ask that watch: answered while all that answers others is busy."""


def create_app(settings: Settings | None = None) -> Flask:
    """Return the app; its settings come from the environment unless they are given.

    Raises:
        SettingsError: a variable cannot be used. ModelError: the model file cannot.
    """
    settings = settings or Settings.from_env()
    runtime = open_runtime(settings)
    # Assets lie below /assets; a static route of the app itself would be one more public route.
    app = Flask("moderation", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    # Of forms and files; the JSON API bounds its own bodies.
    app.config["MAX_CONTENT_LENGTH"] = 1 << 20
    app.extensions["winnow"] = runtime
    meter = app.extensions["winnow.meter"] = Meter.open(settings.data)
    runtime.store.on_round_trip = meter.count_round_trip
    runtime.own(Vitals).on_fail_mode = meter.count_fail_mode
    api.register(app)
    akismet.register(app)
    console.register(app)
    app.wsgi_app = Edge(app.wsgi_app, meter, runtime, hot_calls(app))  # type: ignore[method-assign]
    return app


def serve() -> Service:
    """Return the app of a process that does nothing else, as the server loads it.

    What was made while loading is taken out of garbage collection and what comes is looked
    through more rarely: a request makes no cycles, and looking took 8 % of its time.
    """
    app = create_app()
    runtime = app.extensions["winnow"]

    def every_minute() -> dict[str, int]:
        importing.take_up(runtime)
        return health.gauges(runtime)

    heart = heartbeat.begin(runtime, "web", every_minute)
    meter: Meter = app.extensions["winnow.meter"]

    def end() -> None:
        heart.end()
        meter.close()

    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    return Service(
        application=app.wsgi_app,
        admit=admission(app, runtime),
        report=meter.report,
        end=end,
        apart=WATCHED,
        quick=checks(app),
        together=runtime.together,
    )
