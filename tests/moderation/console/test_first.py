"""The first minute, step by step and without a browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from moderation.flow.lookup import find
from moderation.flow.runtime import Runtime
from moderation.flow.sites import administering, first_run
from moderation.store import Store
from tests.factories import SITE
from tests.moderation.console.conftest import Browser

TEXT = "Great prices on used kilns, message me on WhatsApp"


@pytest.fixture
def boss(person: Callable[..., Browser]) -> Browser:
    return person("boss", "administrator", ())


def sent(boss: Browser, content: str = TEXT) -> tuple[str, str]:
    """Send a comment, and return the page's address and the comment's id."""
    answer = boss.post("/console/first/send", {"site": SITE, "content": content})
    found = re.fullmatch(r"/console/first\?site=[\w.]+&id=(\w{26})", answer.headers["Location"])
    assert found
    return answer.headers["Location"], found.group(1)


def test_a_comment_is_stored_judged_overruled_and_judged_anew(
    boss: Browser, runtime: Runtime
) -> None:
    path, comment_id = sent(boss)
    comment = find(runtime, SITE, comment_id)
    assert comment.verdict and comment.submission.content == TEXT
    page = boss.get(path).text
    assert "One key is enough" in page and "This site holds from" in page
    form = {"site": SITE, "id": comment_id, "etag": comment.etag, "label": "ham"}
    assert boss.post("/console/first/decide", form).headers["Location"] == path
    page = boss.get(f"{path}&like=Good+prices+on+used+kilns").text
    assert "The same text:" in page and page.count('class="moved"') == 2
    decided = find(runtime, SITE, comment_id)
    assert decided.decision and decided.decision.label == "ham"
    assert boss.post("/console/first/decide", form).headers["Location"] == path, "sent twice"
    assert find(runtime, SITE, comment_id).decisions == 1


def test_what_came_last_is_found(boss: Browser) -> None:
    assert boss.get(f"/console/first?site={SITE}&newest=1").status_code == 200
    path, _ = sent(boss)
    assert boss.get(f"/console/first?site={SITE}&newest=1").headers["Location"] == path


def test_new_keys_take_the_place_of_those_made_here_before(boss: Browser, store: Store) -> None:
    pages = [boss.post("/console/first/keys", {"site": SITE}).text for _ in range(3)]
    shown = [re.findall(r"wnw_[\w-]{43}", page) for page in pages]
    assert all(len(set(tokens)) == 1 for tokens in shown)
    assert len({tokens[0] for tokens in shown}) == 3
    assert [t.scopes for t in administering.tokens(store) if t.site == SITE] == [("submit",)]
    akismet = {re.findall(r'id="akismet-key"[^>]* value="(\w+)"', page)[0] for page in pages}
    assert len(akismet) == 1
    assert "wnw_" not in boss.get("/console/first").text


def test_it_is_for_administrators_and_their_sites(boss: Browser, ann: Browser) -> None:
    assert ann.get("/console/first").status_code == 403
    assert ann.post("/console/first/keys", {"site": SITE}).status_code == 403
    assert boss.get("/console/first?site=nowhere.example").status_code == 404
    assert boss.get(f"/console/first?site={SITE}&id=01ARZ3NDEKTSV4RRFFQ69G5FAV").status_code == 404
    assert boss.get(f"/console/first?site={SITE}&id=x").status_code in (404, 422)


def test_what_is_sent_stays_text(boss: Browser) -> None:
    path, _ = sent(boss, "<script>alert(1)</script> \0 {{ 7000*7 }}")
    page = boss.get(path).text
    assert "&lt;" in page and "<script>alert" not in page and "49000" not in page
    assert boss.post("/console/first/send", {"site": SITE, "content": " "}).status_code == 303


def test_an_installation_that_was_used_is_not_begun_anew(runtime: Runtime, store: Store) -> None:
    assert not first_run.is_untouched(runtime), "it has other sites than the first run's"
