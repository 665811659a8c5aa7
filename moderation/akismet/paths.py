"""Where a call of the protocol is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint

VERSIONS = ("1.1", "1.2")
View = TypeVar("View", bound=Callable[..., object])


def answers_at(blueprint: Blueprint, name: str) -> Callable[[View], View]:
    """Register a view for a call of any version, with or without a slash at its end.

    Akismet's own calls are split over the versions, and clients do not agree which is where.
    """

    def register(view: View) -> View:
        for version in VERSIONS:
            for end in ("", "/"):
                blueprint.add_url_rule(
                    f"/{version}/{name}{end}",
                    view.__name__,
                    view,  # type: ignore[arg-type]
                    methods=["GET", "POST"],
                )
        return view

    return register
