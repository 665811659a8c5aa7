"""`winnow key`: what an operator does holds for the next call."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from flask import Flask

from moderation.cli import cli
from moderation.settings import Settings
from tests.conftest import SECRET
from tests.moderation.akismet.conftest import HAM, Client

Command = Callable[..., str]


@pytest.fixture
def winnow(settings: Settings) -> Command:
    """Run a command and return what it prints."""

    def run(*argv: str, fails: str = "") -> str:
        env = {
            "WINNOW_DATA": str(settings.data),
            "WINNOW_REDIS_URL": settings.redis_url,
            "WINNOW_BROKER_URL": settings.broker_url,
            "WINNOW_SECRET_KEY": SECRET,
        }
        done = CliRunner().invoke(cli, ["key", *argv], env=env)
        if fails:
            assert re.search(fails, str(done.exception)), done.output
            return ""
        assert done.exit_code == 0, done.output + repr(done.exception)
        return done.output.strip()

    return run


def said(client: Client, key: str, **more: str) -> str:
    return client.check(HAM, api_key=key, **more).text


def test_a_key_is_made_used_rotated_and_revoked(
    winnow: Command, app: Flask, client: Client
) -> None:
    key = winnow("create", "shop")
    assert re.fullmatch(r"[0-9a-f]{12}", key)
    assert said(client, key) == "false"
    new = winnow("rotate", "shop")
    assert (said(client, key), said(client, new)) == ("false", "false")
    rows = [line.split("\t") for line in winnow("list").splitlines()]
    shop = [row for row in rows if row[0] == "shop"]
    assert [row[3] == "-" for row in shop] == [False, True]
    assert key not in str(rows) and new not in str(rows)
    winnow("revoke", shop[0][1])
    assert (said(client, key), said(client, new)) == ("invalid", "false")
    winnow("rotate", "shop", "--overlap-hours", "0")
    assert said(client, new) == "invalid"


def test_blogs_are_listed_denied_and_allowed(winnow: Command, client: Client) -> None:
    key = winnow("create", "shop", "--listed-only")
    assert said(client, key) == "invalid"
    winnow("allow", "shop", "https://Blog.example/")
    assert said(client, key) == "false"
    winnow("deny", "shop", "blog.example")
    assert said(client, key) == "invalid"
    assert winnow("blogs", "shop").split("\t")[::2] == ["blog.example", "revoked"]
    winnow("allow", "shop", "blog.example")
    assert said(client, key) == "false"


def test_limits_are_set_and_changed(winnow: Command, client: Client) -> None:
    key = winnow("create", "shop", "--monthly", "1", "--blogs", "1")
    assert [said(client, key), said(client, key)] == ["false", "invalid"]
    told = winnow("limit", "shop", "--monthly", "0")
    assert told == "shop: 1 blogs by themselves, any number of checks a month"
    assert said(client, key) == "false"
    assert said(client, key, blog="https://two.example") == "invalid"
    winnow("limit", "shop", "--blogs", "2")
    assert said(client, key, blog="https://two.example") == "false"


def test_what_cannot_be_is_refused(winnow: Command, client: Client) -> None:
    winnow("create", "shop")
    winnow("create", "shop", fails="already")
    winnow("create", "", fails="1 to 64")
    winnow("rotate", "nobody", fails="no account")
    winnow("revoke", "00000000", fails="no such key")
    winnow("revoke", "", fails="no such key")
    winnow("allow", "shop", "http://", fails="address")
