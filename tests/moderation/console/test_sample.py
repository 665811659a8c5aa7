"""The random sample: drawn from what the filter decided alone, and looked at unswayed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from moderation.domain.comments import Comment
from moderation.flow.comments import draining
from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.flow.lookup import find
from moderation.flow.review import sampling
from moderation.flow.review.ahead import Ahead
from moderation.flow.runtime import Runtime
from moderation.flow.sites import administering
from moderation.store import Store, codec, keys, labels
from tests.factories import SITE, accept, submission, write
from tests.moderation.console.conftest import Browser

TEXT = "Cheap pills, order now without prescription: https://pills.example/buy"
OPINIONS = re.compile(
    r"band-[1-4]|towards-|<mark|class=\"chip|class=\"score|meter|Likely|Unsure|Sure spam|"
    r"tag spam|tag fine|Approved<|verdict",
)
JSON = {"headers": {"Accept": "application/json"}}


@pytest.fixture
def make(runtime: Runtime, store: Store) -> Callable[..., Comment]:
    """Make comments that the filter decides alone and that are all drawn."""

    def judged(
        content: str = TEXT, status: str = "approved", share: float = 1.0, **fields: object
    ) -> Comment:
        bands = {"approved": (0.9999980, 0.9999990), "spam": (0.000001, 0.000001)}[status]
        administering.change_settings(
            store,
            SITE,
            lambda s: replace(s, hold=bands[0], reject=bands[1], audit_share=share),
        )
        (written,) = accept(store, write(submission(content, **fields)), site=SITE)
        for lane in range(keys.LANES):
            draining.drain_lane(runtime, lane)
        comment = find(runtime, SITE, codec.id_text(written.id))
        assert comment.status == status
        return comment

    return judged


def focus(browser: Browser, query: str = "") -> tuple[str, str]:
    """Return the id of the comment in focus, '' for none, and all that the page says of it."""
    page = browser.get(f"/console/review/item{query}").text
    found = re.search(r'data-id="(\w{26})"', page)
    return found.group(1) if found else "", page


@pytest.mark.parametrize("status", ["approved", "spam"])
def test_a_drawn_comment_shows_nothing_of_what_the_filter_says(
    ann: Browser, make: Callable[..., Comment], status: str
) -> None:
    comment = make(status=status)
    found, page = focus(ann)
    assert found == comment.id
    assert "Random sample" in page and "pills.example" in page
    assert OPINIONS.findall(page) == []
    whole = ann.get("/console/review").text
    article = whole[whole.index("data-review") : whole.index("<template")]
    assert "die" in article and OPINIONS.findall(article) == []
    # Nor does it by its author's record, in which its own outcome would stand.
    assert "1 approved" not in article and "1 spam" not in article


@pytest.mark.parametrize(
    ("status", "label", "told"),
    [
        ("approved", "ham", "The filter agreed."),
        ("approved", "spam", "The filter had approved it."),
        ("spam", "ham", "The filter had taken it for spam."),
        ("spam", "spam", "The filter agreed."),
    ],
)
def test_once_decided_it_says_whether_the_filter_agreed_and_the_label_says_how_it_came(
    ann: Browser, make: Callable[..., Comment], runtime: Runtime, status: str, label: str, told: str
) -> None:
    comment = make(status=status, share=0.999999)
    path = f"/console/comments/{SITE}/{comment.id}/decision"
    sent = {"label": label, "etag": comment.etag, "sample": "1", "from": "review"}
    answer = ann.post(path, sent, **JSON)
    assert answer.json["told"] == told
    entry = labels.entry(runtime.store, SITE, 1)
    assert entry is not None and entry.example is not None
    assert (entry.how, entry.example.audit) == ("audit", 0.999999)
    assert entry.example.suggestion_shown is False
    assert focus(ann)[0] == ""
    page = ann.get(f"/console/review?done={SITE}/{comment.id}").text
    assert told in page


def test_one_in_ten_is_of_the_sample_while_comments_are_held_and_all_after(
    ann: Browser, make: Callable[..., Comment], hold: Callable[..., Comment]
) -> None:
    drawn = [make(f"{TEXT} {n}") for n in range(4)]
    held = [hold(f"Is this the place for number {n}?") for n in range(20)]
    seen = []
    for _ in range(24):
        found, _page = focus(ann)
        seen.append(found)
        comment = next(c for c in [*drawn, *held] if c.id == found)
        ann.decide(comment, "ham")
    places = [n for n, found in enumerate(seen, start=1) if found in {c.id for c in drawn}]
    assert places == [10, 20, 23, 24]
    assert focus(ann)[0] == ""


def test_the_list_of_what_comes_has_the_sample_between_those_held(
    ann: Browser, make: Callable[..., Comment], hold: Callable[..., Comment], runtime: Runtime
) -> None:
    drawn = [make(f"{TEXT} {n}") for n in range(3)]
    held = [hold(f"Is this the place for number {n}?") for n in range(12)]
    shown = [place.comment.id for place in Ahead(runtime, [SITE]).listed(30)]
    ids = [c.id for c in held]
    expected = [*ids[:9], drawn[0].id, *ids[9:], drawn[1].id, drawn[2].id]
    assert shown == expected
    assert [p.comment.id for p in Ahead(runtime, [SITE]).listed(10)] == expected[:11]
    later = Ahead(runtime, [SITE]).listed(30, ids[10])
    assert [p.comment.id for p in later] == [ids[11], *(c.id for c in drawn)]


def test_an_undo_puts_it_back_and_another_way_of_deciding_takes_it_out(
    ann: Browser, make: Callable[..., Comment], runtime: Runtime
) -> None:
    comment = make()
    path = f"/console/comments/{SITE}/{comment.id}"
    sent = {"label": "spam", "etag": comment.etag, "sample": "1", "from": "review"}
    now = ann.post(f"{path}/decision", sent, **JSON).json
    now = ann.post(f"{path}/undo", {"etag": now["etag"]}, **JSON).json
    assert focus(ann)[0] == comment.id
    # Who was told what the filter said has seen it, and the draw stays what it was.
    ann.post(f"{path}/decision", {**sent, "etag": now["etag"]})
    entry = labels.entry(runtime.store, SITE, 3)
    assert entry is not None and entry.example is not None
    assert (entry.example.audit, entry.example.suggestion_shown) == (1.0, True)
    other = make("Another text altogether, by somebody else.")
    deciding.decide(runtime, SITE, other.id, "ham", Word("site", "api"), None)
    assert focus(ann)[0] == ""
    last = make("Yet another text, decided where its verdict is shown.")
    ann.decide(last, "ham")
    entry = labels.entry(runtime.store, SITE, 5)
    assert entry is not None and entry.example is not None
    # It was drawn whoever decides it and however; that its verdict was seen is said.
    assert (entry.example.audit, entry.example.suggestion_shown) == (1.0, True)


def test_who_claims_a_sample_that_is_none_gets_an_ordinary_decision(
    ann: Browser, hold: Callable[..., Comment], runtime: Runtime
) -> None:
    comment = hold()
    path = f"/console/comments/{SITE}/{comment.id}/decision"
    ann.post(path, {"label": "spam", "etag": comment.etag, "sample": "1"})
    entry = labels.entry(runtime.store, SITE, 1)
    assert entry is not None and entry.example is not None
    assert (entry.how, entry.example.audit, entry.example.suggestion_shown) == ("held", None, True)


def test_what_is_gone_or_has_another_text_is_not_asked_about(
    ann: Browser, make: Callable[..., Comment], runtime: Runtime
) -> None:
    gone = make("One text")
    make("Another text", external_id="x")
    deciding.forget(runtime, SITE, gone.id)
    make("A new text of it, not drawn this time", share=0.0, external_id="x")
    assert focus(ann)[0] == ""
    assert sampling.waiting(runtime, [SITE], b"", 10) == ([], b"")


def test_no_more_than_128_wait(
    make: Callable[..., Comment], runtime: Runtime, store: Store
) -> None:
    first = make()
    with store.redis.pipeline() as pipe:
        for n in range(128):
            pipe.zadd(keys.of_site(SITE).sample, {bytes(8) + n.to_bytes(8, "big"): 0})
        pipe.execute()
    make("One more")
    assert store.redis.zcard(keys.of_site(SITE).sample) == 128
    assert next(c.id for c in sampling.waiting(runtime, [SITE], codec.id_at(1), 9)[0]) == first.id
