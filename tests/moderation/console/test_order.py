"""Review: the oldest or the most uncertain comments first, read once for a page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from moderation.flow.runtime import Runtime
from tests.conftest import Server
from tests.factories import SITE
from tests.moderation.console.conftest import Browser
from tests.moderation.console.test_review import shown


def test_the_most_uncertain_come_first_where_that_is_asked_for(
    person: Callable[..., Browser], hold, runtime: Runtime
) -> None:
    texts = (
        "Buy cheap pills now, best price, visit https://pills.example today",
        "Thank you, the second step was what I had missed.",
        "Is this offer still good? My brother sells them, too.",
        "casino bonus casino bonus https://casino.example",
    )
    held = [hold(text) for text in texts]
    ids = [comment.id for comment in sorted(held, key=lambda c: (abs(c.verdict.score - 0.5), c.id))]
    assert ids != [comment.id for comment in held], "another order than the oldest first"
    ann, bob = person("ann"), person("bob")
    page = ann.get("/console/review?order=uncertain").text
    listed = re.findall(r'<li data-id="(\w{26})"', page)
    assert listed == ids and f'<article class="item" data-id="{ids[0]}"' in page
    assert shown(bob, "?order=uncertain") == ids[1], "the first one is hers"
    left = ann.post(f"/console/review/{SITE}/{ids[0]}/leave", {"order": "uncertain"})
    assert shown(ann, left.headers["Location"].removeprefix("/console/review")) == ids[2]
    done = next(comment for comment in held if comment.id == ids[2])
    answer = ann.post(
        f"/console/comments/{SITE}/{done.id}/decision",
        {"label": "spam", "etag": done.etag, "from": "review", "order": "uncertain"},
    )
    assert "order=uncertain" in answer.headers["Location"]
    after = f"?order=uncertain&after={ids[3]}"
    assert shown(ann, after) == ids[0], "behind the last one it begins anew"
    assert shown(ann, "?order=nonsense") == min(ids[0], ids[3])


@pytest.mark.one_server
@pytest.mark.parametrize("query", ["", "?order=uncertain"])
def test_what_waits_is_read_once_for_the_comment_in_focus_and_the_list(
    ann: Browser, hold, valkey: Server, query: str
) -> None:
    held = [hold(f"Is this the place for number {n}?") for n in range(3)]
    ann.get(f"/console/review{query}")  # The first page of a process reads more.

    def lists_read() -> int:
        with valkey.client() as client:
            return int(client.info("commandstats")["cmdstat_zrangebylex"]["calls"])

    before = lists_read()
    page = ann.get(f"/console/review{query}").text
    assert lists_read() - before == 2, "one list of what is held, one of the random sample"
    listed = re.findall(r'<li data-id="(\w{26})"( aria-current)?', page)
    assert {found for found, _ in listed} == {comment.id for comment in held}
    assert [found for found, is_current in listed if is_current] == [listed[0][0]]
