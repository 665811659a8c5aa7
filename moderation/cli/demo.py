"""The demo site, which `up` runs beside the embedded store: a program of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

import moderation
from moderation.cli import first_run
from moderation.cli.child import Child
from moderation.cli.embedded import Refused
from moderation.domain.errors import WinnowError
from moderation.flow.sites import demonstrating
from moderation.settings import Settings
from moderation.store.client import Store

PROGRAM = Path(moderation.__file__).parent.parent / "deploy" / "demo" / "blog.py"
STOP_SECONDS = 1.0


def without_demo(settings: Settings) -> Settings:
    """Return settings by which no demo site runs, and nothing leads to one."""
    return msgspec.structs.replace(settings, demo_bind=None)


def why_not(settings: Settings, check_port: Callable[[tuple[str, int]], None]) -> str:
    """Return why the demo site cannot run, '' where it can."""
    assert settings.demo_bind is not None
    if not PROGRAM.is_file():
        return "its program is not here"
    if settings.demo_bind[1] == settings.bind[1]:
        return "Winnow itself has its port"
    try:
        check_port(settings.demo_bind)
    except Refused:
        return "its port is taken"
    return ""


def child(store: Store, settings: Settings) -> Child | None:
    """Return the demo site as `up` runs it, None where its token or its site is gone."""
    made = first_run.kept(settings)
    if made is None:
        return None
    try:
        found = demonstrating.prepare(store, settings, made.api_token)
    except WinnowError:
        return None
    if found is None:
        return None
    site, secret = found
    return Child(
        "demo",
        [sys.executable, str(PROGRAM)],
        _environment(settings, site, made.api_token, secret),
        stop_seconds=STOP_SECONDS,
    )


def _environment(settings: Settings, site: str, token: str, secret: str) -> Mapping[str, str]:
    """Return what the demo site is told; of ours it gets nothing, and no secret but its own."""
    assert settings.demo_bind is not None
    host, port = settings.demo_bind
    own = {name: value for name, value in os.environ.items() if not name.startswith("WINNOW_")}
    return {
        **own,
        "DEMO_BIND": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "DEMO_DATA": str((settings.data / "demo").resolve()),
        "DEMO_SITE": site,
        "DEMO_TOKEN": token,
        "DEMO_SECRET": secret,
        "DEMO_WINNOW_URL": settings.own_url,
        "DEMO_PUBLIC_URL": settings.public_url,
    }
