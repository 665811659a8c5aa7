"""Every call is found under both versions of the protocol, with and without a slash at its end."""

from __future__ import annotations

import pytest
from flask import Flask

from moderation.akismet import PARTS
from tests.moderation.akismet.conftest import HAM, SPAM, THANKS, Client

CALLS = {
    "verify-key": "valid", "comment-check": "false", "submit-spam": THANKS, "submit-ham": THANKS,
    "deactivate": "deactivated", "get-subscription": "active", "get-stats": "breakdown",
    "get-key-stats": "breakdown", "usage-limit": "percentage", "key-sites": "offset", "token": "",
    "test": "connected", "compatible-plugins": "[]", "verify-wpcom-key": "invalid",
}  # fmt: skip


@pytest.mark.parametrize("path", ["/1.1/%s", "/1.2/%s", "/1.1/%s/", "/1.2/%s/"])
@pytest.mark.parametrize(("name", "word"), CALLS.items(), ids=CALLS)
def test_a_call_is_answered_at_each_of_its_paths(
    client: Client, name: str, word: str, path: str
) -> None:
    fields = {"user_ip": "1", "comment_content": HAM}
    answer = client((path % name).lstrip("/"), **fields)
    assert word in answer.text and (name == "verify-wpcom-key") == (answer.data == b"invalid")
    query = {"api_key": client.key, "blog": client.blog, **fields}
    by_get = client.raw(path % name, method="GET", query_string=query)
    assert (by_get.status_code, word in by_get.text) == (200, True)


def test_these_are_all_calls(app: Flask) -> None:
    found = {
        rule.rule.strip("/").rpartition("/")[2]
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in {part.blueprint.name for part in PARTS}
    }
    assert found == set(CALLS)


def test_a_form_by_any_path_is_the_same_comment(client: Client) -> None:
    for path in ("1.1/comment-check", "1.2/comment-check", "1.2/comment-check/"):
        assert client(path, user_ip="1", comment_content=SPAM).data in (b"true", b"false")
    assert len(client.comments()) == 1
