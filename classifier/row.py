"""One comment as the classifier sees it."""

from __future__ import annotations

import msgspec

OVERLAP_SIGNAL = "context_overlap"
"""Name of the signal that stands for `Row.context` in what is kept for training."""


class Row(msgspec.Struct, kw_only=True):
    """One comment with its metadata; every field is optional and `ip` is never a feature."""

    text: str = ""
    author: str = ""
    url: str = ""
    email: str = ""
    ip: str = ""
    permalink: str = ""
    date: str = ""
    lang: str = ""
    type: str = ""
    context: list[str] = []
    honeypot: str = ""
    form_ms: int | None = None
    signals: dict[str, float] = {}


class LabelledRow(Row, kw_only=True):
    """A row of training data: its label (`spam` or `ham`) and where it came from."""

    label: str = ""
    source: str = ""
    id: str = ""
    group: str = ""
    archetype: str = ""
    toxic: float | None = None
