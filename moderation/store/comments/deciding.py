"""What people decide of comments."""

from __future__ import annotations

from moderation.domain.comments import Status
from moderation.store import codec, keys
from moderation.store.client import Store
from moderation.store.comments.published import PLAIN, Teaching


def decide(
    store: Store,
    site: str,
    raw_id: bytes,
    *,
    expected: tuple[int, int],
    label: str | None,
    decision: bytes,
    example: bytes,
    retention: list[int],
    now_ms: int,
    call: str,
    replayable: int,
    undecided: Status | None = None,
    teaching: Teaching = PLAIN,
    marks: tuple[bytes, bytes] = (b"", b""),
    drawn: int = 0,
) -> tuple[str, int]:
    """Decide a comment, or undo its decision (`label` None), if it is as `expected`.

    `expected` is (revision, number of decisions); `call` names this call, so that running it
    twice has one effect; the withdrawal of a label more than `replayable` back asks for a job
    that makes the learner anew; `undecided` is the status that the last undo gives back (None: that
    by the verdict); `teaching` belongs to a label; `marks` are those of the authors and of what is
    alike, `drawn` how many are kept of those drawn at random (0: it was not drawn). Return
    ("ok", sequence), or ("stale" | "missing" | "nothing", 0).
    """
    k = keys.of_site(site)
    answer = store.run(
        "decide",
        [
            k.meta, k.comment, k.queued, k.approved, k.held, k.spam, k.day + keys.day_of(now_ms),
            k.label, k.labels, k.once + call, k.waiting, k.labelled, k.authors, k.alike, k.sample,
            k.changes, k.outbox,
        ],
        [
            site, now_ms, *retention, raw_id, *expected, codec.LABEL_CODE[label], decision, example,
            replayable, "" if undecided is None else codec.STATUS_CODE[undecided],
            codec.HOW_CODE[teaching.how], teaching.evidence, *marks, drawn,
        ],
    )  # fmt: skip
    return answer[0].decode(), int(answer[1]) if len(answer) > 1 else 0
