"""Webhooks by command."""

from tests.moderation.cli.conftest import Winnow


def test_a_webhook_by_command(winnow: Winnow, prepared: dict[str, str]) -> None:
    made = winnow(
        "webhook", "add", "demo", "https://blog.example/hook", "--event", "comment.changed"
    )
    webhook_id, secret = made.split()
    assert secret.startswith("whsec_")
    row = winnow("webhook", "list", "demo").strip().split("\t")
    assert row == [webhook_id, "https://blog.example/hook", "comment.changed", "not told yet"]
    assert winnow("webhook", "rotate", "demo", webhook_id).strip() != secret
    assert winnow("webhook", "deliveries", "demo", webhook_id) == ""
    winnow("webhook", "disable", "demo", webhook_id)
    assert "disabled (by hand)" in winnow("webhook", "list", "demo")
    winnow("webhook", "enable", "demo", webhook_id)
    winnow("webhook", "remove", "demo", webhook_id)
    assert winnow("webhook", "list", "demo") == ""


def test_what_cannot_be_is_said_in_one_line(winnow: Winnow, prepared: dict[str, str]) -> None:
    assert "address of http" in winnow("webhook", "add", "demo", "ftp://blog.example", status=1)
    assert "no such site" in winnow("webhook", "list", "nobody", status=1)
    assert "no such webhook" in winnow("webhook", "remove", "demo", "x", status=1)
    assert "no such webhook" in winnow("webhook", "resend", "demo", "x", "msg_1", status=1)
