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

    def for_training(self) -> Row:
        """Return what may be kept of the row: its features are those of the row itself.

        The IP address goes, the e-mail address is cut to its domain, and the page's text is
        replaced by the overlap that was computed from it.
        """
        signals = dict(self.signals)
        if self.context and OVERLAP_SIGNAL not in signals:
            from classifier.features.extract import context_overlap

            signals[OVERLAP_SIGNAL] = context_overlap(self)
        return Row(
            text=self.text,
            author=self.author,
            url=self.url,
            email=self.email.rpartition("@")[2],
            permalink=self.permalink,
            date=self.date,
            lang=self.lang,
            type=self.type,
            honeypot=self.honeypot,
            form_ms=self.form_ms,
            signals=signals,
        )


class LabelledRow(Row, kw_only=True):
    """A row of training data: its label (`spam` or `ham`) and where it came from."""

    label: str = ""
    source: str = ""
    id: str = ""
    group: str = ""
    archetype: str = ""
    toxic: float | None = None
