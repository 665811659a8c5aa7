"""Reports find the comment they mean, and the last word wins."""

from __future__ import annotations

import pytest

from moderation.domain.errors import NotFound
from moderation.flow.akismet import matching
from moderation.flow.labels.deciding import Word, decide, forget
from moderation.flow.lookup import find
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
    client.check(HAM, comment_ID="4")
    client.check(HAM, recheck_reason="recheck_queue", comment_ID="5")
    client.check("edited by its author", recheck_reason="edit", comment_ID="5")
    for n in range(6, 20):
        client.check(f"edited {n} times", recheck_reason="edit", comment_ID=str(n - 1))
        client.check(f"edited {n} times", recheck_reason="recheck_queue", comment_ID=str(n))
    client.report("spam", "edited 19 times", comment_ID="20")
    (comment,) = client.comments()
    assert comment.revision == 16
    with valkey.client() as raw:
        kept = raw.keys(f"*{client.site}:akismet:*")
        # The first guid is the comment's id.
        assert len(kept) == 1 + 3 * 8 - 1, "the comment's trace, and eight ways of each kind to it"
        forget(runtime, client.site, comment.id)
        assert raw.keys(f"*{client.site}:akismet:*") == []
    with pytest.raises(NotFound):
        find(runtime, client.site, comment.id)
    assert client.report("spam", HAM, comment_ID="5") == THANKS


def test_what_leads_to_another_comment_outlives_a_forgotten_one(
    client: Client, runtime: Runtime
) -> None:
    client.check(HAM, permalink="https://blog.example/1")
    client.check(HAM, permalink="https://blog.example/2")
    newest, oldest = client.comments()
    forget(runtime, client.site, oldest.id)
    client.report("spam", HAM)
    (left,) = client.comments()
    assert (left.id, left.decision.label) == (newest.id, "spam")


def test_a_check_finds_its_comment_by_every_guid_it_was_given(client: Client) -> None:
    guids = [client.check(HAM).headers["X-akismet-guid"] for _ in range(3)]
    edit = client.check(f"{HAM} edited", recheck_reason="edit", guid=guids[0])
    for n, guid in enumerate([*guids, edit.headers["X-akismet-guid"]]):
        word = ("spam", "ham")[n % 2]
        client.report(word, f"text {n}", comment_author="somebody else", guid=guid)
        (comment,) = client.comments()
        assert comment.decision.label == word


def test_what_is_kept_of_a_check_goes_when_its_comment_goes(client: Client, valkey: Server) -> None:
    client.check(HAM, comment_ID="5")
    client.check(HAM, comment_ID="5", recheck_reason="retry")
    with valkey.client() as raw:
        kept = raw.keys(f"*{client.site}:akismet:*")
        (comment,) = raw.keys(f"*{client.site}:comment:*")
        assert len(kept) == 4
        for name in kept:
            assert 0 <= raw.pttl(comment) - raw.pttl(name) + 2000 < 10_000


@pytest.mark.parametrize(
    "spelt", ["Ada <ADA@mail.example>", "mailto:ada@mail.example", "ada@mail.example."]
)
def test_a_report_finds_its_comment_in_any_spelling_of_the_e_mail(
    client: Client, spelt: str
) -> None:
    client.check(HAM, comment_author_email=spelt)
    assert client.report("spam", HAM, comment_author_email="ada@mail.example") == THANKS
    assert decided(client) == [("spam", HAM)]


def test_a_report_finds_what_was_kept_while_spellings_were_told_apart(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = "Ada <ada@mail.example>"
    with monkeypatch.context() as before:
        before.setattr(matching, "mailbox", lambda text: text.strip().lower())
        client.check(HAM, comment_author_email=odd, comment_ID="9")
    client.report("spam", HAM, comment_author_email=odd, user_ip="")
    assert decided(client) == [("spam", HAM)]
