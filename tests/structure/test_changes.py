"""Every script that writes or deletes a comment tells the index of searches of it."""

from __future__ import annotations

import re

from tests.structure.tree import ROOT

SCRIPTS = ROOT / "moderation" / "store" / "scripts"
WRITES = re.compile(
    r"\bcomment_(?:save|move)\(|\blog\(\)\.decide\(|comment_put\((?:prefix|key)\b"
    r"|ZREM', KEYS\[set\]"
)
LAID_OUT = frozenset(("comment.lua", "log.lua"))
NOT_SOUGHT = {"akismet_trace.lua"}
"""It changes only what a site was told of a comment, which nobody searches for."""


def test_who_changes_a_comment_says_so() -> None:
    texts = {p.name: p.read_text() for p in SCRIPTS.glob("*.lua") if p.name not in LAID_OUT}
    writing = {name for name, text in texts.items() if WRITES.search(text)}
    assert writing >= {"accept.lua", "record.lua", "decide.lua", "forget.lua", "rejudge.lua"}
    silent = {name for name in writing if "comment_changed(" not in texts[name]}
    assert silent == NOT_SOUGHT
