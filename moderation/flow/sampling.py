"""Drawing: which of the comments that no person must look at are looked at all the same."""

from __future__ import annotations

from hashlib import blake2b

from msgspec.structs import replace

from moderation.domain.comments import Status
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import Verdict

_RANGE = 1 << 64


def drawn(
    secret: bytes, raw_id: bytes, verdict: Verdict, status: Status, settings: SiteSettings
) -> Verdict:
    """Return a verdict with the probability with which it was drawn to be looked at, if it was.

    Drawn is by the comment's id alone, so that a comment is drawn or not however often and in
    whatever company it is judged. What is held is looked at anyway; what nobody judged says nothing
    of the filter. In `observe` nothing is held, so everything may be drawn.
    """
    share = settings.audit_share
    if not share or status == "held" or verdict.decided_by == "fail_mode":
        return verdict
    lot = blake2b(raw_id, digest_size=8, key=secret[:64], person=b"audit").digest()
    if int.from_bytes(lot, "big") >= share * _RANGE:
        return verdict
    return replace(verdict, audit=share)
