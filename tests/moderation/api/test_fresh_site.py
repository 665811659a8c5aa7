"""What is said of a site on which nobody has decided anything yet."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.moderation.api.conftest import Caller

TEXTS = [
    "Cheap meds without prescription, order now: https://pills.example/buy",
    "Thanks, the second example fixed my build.",
    "Casino bonus!!! Win 500 EUR today at http://spin-win.example",
    "Hello",
    "Great post, very informative, keep it up!",
]
OF_DECISIONS = ("decided", "decision", "seen before")
"""What reasons may say only where somebody has decided."""


@pytest.mark.parametrize("text", TEXTS)
def test_no_reason_speaks_of_decisions_where_there_are_none(
    caller: Callable[..., Caller], text: str
) -> None:
    api = caller("submit", "moderate")
    checked = api.post("/v1/check", {"content": text}).json
    explained = api.get(f"/v1/comments/{checked['id']}?explain=true").json["explanation"]
    said = [reason["text"] for reason in (*checked["verdict"]["reasons"], *explained["signals"])]
    assert said
    for one in said:
        assert not any(words in one.lower() for words in OF_DECISIONS), one
