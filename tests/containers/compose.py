"""What a compose file says, as `docker compose` reads it: values put in, services in order."""

from __future__ import annotations

import graphlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

_VALUE = re.compile(r"\$(?:\$|\{(\w+)(?::([-?])([^}]*))?\})")


class Missing(Exception):
    """A value that must be given was not."""


def read(path: Path, given: Mapping[str, str]) -> dict[str, Any]:
    """Return a compose file with the operator's values in it; Missing where it insists on one."""

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [filled(inner) for inner in value]
        return _VALUE.sub(one, value) if isinstance(value, str) else value

    def one(match: re.Match[str]) -> str:
        name, how, rest = match.groups()
        if name is None:
            return "$"
        if given.get(name):
            return given[name]
        if how == "?":
            raise Missing(f"{name}: {rest}")
        return rest or ""

    return dict(filled(yaml.safe_load(path.read_text())))


def in_order(services: Mapping[str, Any]) -> list[str]:
    """Return the services' names, each after those that it waits for."""
    waits = {name: set(service.get("depends_on", ())) for name, service in services.items()}
    return list(graphlib.TopologicalSorter(waits).static_order())
