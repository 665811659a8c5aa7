"""The receivers of docs/webhooks.md, each in its language: they take what is signed, no more."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import sys
from pathlib import Path

import httpx
import pytest
from standardwebhooks.webhooks import Webhook as Signer

from moderation.flow.webhooks.endpoints import new_secret
from tests.e2e.running import free_port
from tests.processes import Running, until
from tests.structure.tree import ROOT

PAGE = (ROOT / "docs" / "webhooks.md").read_text()
EXAMPLES = dict(re.findall(r"^### ([^\n]+)\n\n```\w+\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL))
BODY = '{"type":"comment.changed","by":"ruth","data":{"status":"approved","content":"Brötchen €"}}'


def command(language: str, folder: Path, port: int) -> list[str]:
    """Return what runs an example; skips where its language is not here."""
    ending, program = {
        "Python": ("py", sys.executable), "PHP": ("php", "php"), "JavaScript": ("mjs", "node"),
    }[language]  # fmt: skip
    found = shutil.which(program) or pytest.skip(f"NOT TRIED: the example in {language}")
    file = folder / f"receiver.{ending}"
    file.write_text(EXAMPLES[language])
    return (
        [found, "-S", f"127.0.0.1:{port}", str(file)] if language == "PHP" else [found, str(file)]
    )


def headers(secrets: list[str], at: dt.datetime) -> dict[str, str]:
    """Return the headers of a message that these secrets sign."""
    signed = [Signer(secret).sign("msg_1", at, BODY) for secret in secrets]
    return {
        "webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signed), "Content-Type": "application/json",
    }  # fmt: skip


@pytest.mark.parametrize("language", ["Python", "PHP", "JavaScript"])
def test_a_receiver_takes_what_is_signed_and_nothing_else(language: str, tmp_path: Path) -> None:
    secret, other, port = new_secret(), new_secret(), free_port()
    argv = command(language, tmp_path, port)
    env = {**os.environ, "WINNOW_WEBHOOK_SECRET": secret, "PORT": str(port)}
    receiver = Running(argv, env)

    def sent(given: dict[str, str], body: str = BODY) -> int:
        return httpx.post(
            f"http://127.0.0.1:{port}/", content=body.encode(), headers=given, timeout=30
        ).status_code

    def answers() -> bool:
        try:
            return sent({}) == 401
        except httpx.TransportError:
            return False

    try:
        until(answers, 60, lambda: receiver.output)
        now = dt.datetime.now(dt.UTC)
        assert sent(headers([secret], now)) == 204
        assert sent(headers([other, secret], now)) == 204, "while a rotation overlaps"
        assert sent(headers([other], now)) == 401
        assert sent(headers([secret], now), BODY.replace("approved", "spam")) == 401
        assert sent(headers([secret], now - dt.timedelta(minutes=10))) == 401
        assert sent({**headers([secret], now), "webhook-signature": "v1,"}) == 401
        until(lambda: "comment.changed approved" in receiver.output, 30, lambda: receiver.output)
    finally:
        receiver.end()


def test_every_language_has_its_example() -> None:
    assert list(EXAMPLES) == ["Python", "PHP", "JavaScript"]
