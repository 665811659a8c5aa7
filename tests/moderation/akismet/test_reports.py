"""Reports find the comment they mean, and the last word wins."""

from __future__ import annotations

import pytest

from moderation.domain.errors import NotFound
from moderation.flow.decide import Word, decide, find, forget
from moderation.flow.runtime import Runtime
from tests.conftest import Server
from tests.moderation.akismet.conftest import HAM, THANKS, Client

LINK = 'See <a href="http://woodwork.example/gallery">my "gallery"</a>   it\'s new & free'
CLEANED = (
    'see <a href="http://woodwork.example/gallery" rel="nofollow ugc">my &quot;gallery&quot;</a> '
    "it\\'s new &amp; free"
)


def decided(client: Client) -> list[tuple[str | None, str]]:
    return [
        (comment.decision and comment.decision.label, comment.submission.content)
        for comment in client.comments()
    ]


def test_a_report_finds_what_the_site_has_cleaned_since(client: Client) -> None:
    client.check(LINK)
    assert client.report("spam", CLEANED, user_ip="", permalink="https://blog.example/x") == THANKS
    assert decided(client) == [("spam", LINK)]


def test_a_report_by_guid_finds_what_was_edited_since(client: Client) -> None:
    guid = client.check(HAM).headers["X-akismet-guid"]
    client.check("another")
    client.report("spam", "quite another text", comment_author="Bea", guid=guid)
    assert sorted(decided(client), key=str) == [("spam", HAM), (None, "another")]


def test_a_report_by_the_clients_own_id_needs_the_same_author(client: Client) -> None:
    client.check(HAM)
    client.check(HAM, recheck_reason="recheck_queue", comment_ID="9")
    client.report("spam", "a contact form", comment_ID="9", comment_author_email="b@mail.example")
    assert len(client.comments()) == 2
    client.report("spam", "edited by its author", comment_ID="9")
    assert len(client.comments()) == 2
    assert {label for label, _ in decided(client)} == {"spam"}


def test_another_author_with_the_same_text_is_another_comment(client: Client) -> None:
    client.check(HAM)
    client.check(HAM, comment_author="Bea", comment_author_email="bea@mail.example")
    client.report("spam", HAM, comment_author="Bea", comment_author_email="bea@mail.example")
    assert [label for label, _ in decided(client)] == ["spam", None]


@pytest.mark.parametrize("word", ["spam", "ham"])
def test_what_was_never_seen_becomes_a_label_of_its_own(client: Client, word: str) -> None:
    assert client.report(word, "never seen before") == THANKS
    assert client.report(word, "never seen before") == THANKS
    assert decided(client) == [(word, "never seen before")]
    assert client.today().decisions == {"spam": 0, "ham": 0, "undone": 0, word: 1}


def test_the_last_word_wins_and_a_repeated_one_changes_nothing(client: Client) -> None:
    client.check(HAM)
    assert client.comments()[0].verdict.status == "approved"
    for word, decisions, missed in (
        ("spam", 1, 1), ("spam", 1, 1), ("ham", 2, 0), ("ham", 2, 0), ("spam", 3, 1),
    ):  # fmt: skip
        assert client.report(word, HAM) == THANKS
        (comment,) = client.comments()
        assert (comment.decision.label, comment.decisions) == (word, decisions)
        assert (client.today().missed_spam, client.today().false_positives) == (missed, 0)


def test_a_report_corrects_a_decision_of_the_console(client: Client, runtime: Runtime) -> None:
    client.check(HAM)
    (comment,) = client.comments()
    decide(runtime, client.site, comment.id, "spam", Word("ann", "console"), None)
    client.report("ham", HAM)
    assert decided(client) == [("ham", HAM)]


def test_a_report_teaches_the_next_verdict(client: Client) -> None:
    text = "Our gallery of oak tables is open, have a look at woodwork.example/gallery"
    client.check(text)
    before = client.comments()[0].verdict.score
    client.report("spam", text)
    client.check(text.replace("oak", "pine"))
    assert client.comments()[0].verdict.score > before + 0.1


def test_magic_values_and_tests_teach_nothing(client: Client) -> None:
    assert client.report("ham", HAM, comment_author="viagra-test-123") == THANKS
    assert client.report("ham", HAM, is_test="1") == THANKS
    assert client.comments() == []


def test_nothing_is_left_of_a_forgotten_comment(
    client: Client, runtime: Runtime, valkey: Server
) -> None:
    client.check(HAM)
    client.check(HAM, recheck_reason="recheck_queue", comment_ID="5")
    (comment,) = client.comments()
    with valkey.client() as raw:
        assert len(raw.keys(f"*{client.site}:akismet:*")) == 5
        forget(runtime, client.site, comment.id)
        assert raw.keys(f"*{client.site}:akismet:*") == []
    with pytest.raises(NotFound):
        find(runtime, client.site, comment.id)
    assert client.report("spam", HAM, comment_ID="5") == THANKS


def test_what_is_kept_of_a_check_goes_when_its_comment_goes(client: Client, valkey: Server) -> None:
    client.check(HAM, comment_ID="5")
    client.check(HAM, comment_ID="5", recheck_reason="retry")
    with valkey.client() as raw:
        kept = raw.keys(f"*{client.site}:akismet:*")
        (comment,) = raw.keys(f"*{client.site}:comment:*")
        assert len(kept) == 5
        for name in kept:
            assert 0 <= raw.pttl(comment) - raw.pttl(name) + 2000 < 10_000
