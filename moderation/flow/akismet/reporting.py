"""submit-spam and submit-ham: what a site's own people say becomes a decision."""

from __future__ import annotations

import msgspec

from moderation.domain.akismet import Check, Trace
from moderation.domain.errors import NotFound
from moderation.domain.verdicts import Label
from moderation.flow.akismet.keys import BlogGrant
from moderation.flow.akismet.matching import Names, known_comment, names_of, raw_id
from moderation.flow.authorise import confirm
from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.flow.labels.teaching import teach
from moderation.flow.runtime import Runtime
from moderation.store import akismet, sites


def report(runtime: Runtime, grant: BlogGrant, asked: Check, label: Label) -> None:
    """Label the comment that a site means; the last word wins, the same word changes
    nothing.

    What was never asked about becomes a label of its own. Tests and magic values teach nothing.

    Raises:
        KeyRefused: the key may not speak for this blog any more. StoreDown, StoreFull.
    """
    if sites.read(runtime.store, grant.site).tokens != grant.revision:
        confirm(runtime, grant)
    if asked.is_test or asked.is_magic:
        return
    names = names_of(runtime.secret, asked)
    word = Word(by=_who(asked.reporter), via="akismet")
    known = known_comment(runtime, grant.site, asked, names)
    if known is not None:
        try:
            if known.decision is None or known.decision.label != label:
                deciding.decide(runtime, grant.site, known.id, label, word, None)
            _note_told(runtime, grant.site, raw_id(known), asked, names, label)
            return
        except NotFound:
            pass  # It was deleted meanwhile: what is said of it still teaches.
    submission = msgspec.structs.replace(asked.submission, external_id=names.external)
    taught = teach(runtime, grant, submission, label, word, missed=asked.missed)
    references = [names.reference] if names.reference else []
    trace = Trace([], "", grant.digest, label, [names.same], references)
    akismet.change_trace(runtime.store, grant.site, raw_id(taught), lambda before: before or trace)


def _note_told(
    runtime: Runtime, site: str, raw: bytes, asked: Check, names: Names, label: Label
) -> None:
    """Note that the site knows the label, and by which id of its own it calls the comment."""
    said = Trace([], "", "", label, [], [names.reference] if names.reference else [])

    def change(before: Trace | None) -> Trace | None:
        if before is None or (
            before.told == label and names.reference in (b"", *before.references)
        ):
            return before
        return msgspec.structs.replace(said.after(before), key=before.key)

    akismet.change_trace(runtime.store, site, raw, change)


def _who(reporter: str) -> str:
    return f"akismet:{reporter}" if reporter else "akismet"
