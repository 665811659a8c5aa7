"""Fields that people do not see: filled in by bots, and by browsers."""

from __future__ import annotations

import pytest

from tests.moderation.akismet.conftest import HAM, SPAM, Client


def test_a_filled_honeypot_is_a_bot(client: Client) -> None:
    answer = client.check(HAM, honeypot_field_name="url2", url2="http://x.example")
    assert answer.data == b"true"
    assert client.comments()[0].verdict.reasons == (("honeypot", 0.0),)
    assert client.check("Another", honeypot_field_name="url2", url2="").data == b"false"
    assert client.check("A third", POST_ak_hp_textarea="x").data == b"true"


@pytest.mark.parametrize(
    "own", ["ada@mail.example", " ADA@mail.example", "Ada", "http://ada.example", "ada.example/"]
)
def test_a_honeypot_that_a_browser_filled_in_is_held(client: Client, own: str) -> None:
    filled = {"honeypot_field_name": "hp", "hp": own, "comment_author_url": "https://ada.example/"}
    assert client.check(HAM, **filled).data == b"false"
    (comment,) = client.comments()
    assert (comment.status, comment.verdict.reasons[0][0]) == ("held", "honeypot_autofill")
    client.settings(held_as="spam")
    assert client.check("Another", **filled).data == b"true"
    asked = client.check("A third", **filled, callback="https://blog.example/hook")
    assert (asked.data, asked.headers["X-akismet-recheck-after"]) == (b"false", "120")
    assert client.check("A fourth", POST_ak_hp_textarea="ada").data == b"true"
    assert client.comments()[0].status == "held"
    assert client.check(HAM, **filled, user_role="administrator").data == b"false"


def test_the_name_of_a_hidden_field_may_be_that_of_an_array(client: Client) -> None:
    for name, value in (("hp", "hp[]"), ("hp[0]", "hp[0]"), ("form[hp]", "form[hp]")):
        sent = {"honeypot_field_name": name, value: "http://x.example"}
        assert client.check(f"{HAM} {name}", **sent).data == b"true", name
    sent = {"honeypot_field_name": "form[hp]", "form[hp]": "", "form[name]": "Ada", "form[b]": "c"}
    assert client.check(HAM, **sent).data == b"false"
    assert client.comments()[0].status == "approved"


def test_the_filter_does_not_hear_of_what_a_browser_filled_in(client: Client) -> None:
    client.check("warm up")
    client.check(HAM)
    plain = client.comments()[0].verdict
    client.check(HAM, honeypot_field_name="hp", hp="ada@mail.example", permalink="https://b/2")
    filled = client.comments()[0].verdict
    assert filled.score == plain.score
    for n in range(8):
        client.report("ham", f"{HAM} {n}", honeypot_field_name="hp", hp="Ada")
    assert client.check(HAM, permalink="https://b/3").data == b"false"
    assert client.comments()[0].verdict.score <= plain.score


def test_spam_stays_spam_whoever_filled_the_hidden_field_in(client: Client) -> None:
    client.check("warm up")
    client.settings(hold=0.3, reject=0.4)
    filled = {"honeypot_field_name": "hp", "hp": "ada@mail.example"}
    assert client.check(SPAM, **filled).data == b"true"
    assert client.comments()[0].verdict.decided_by == "model"


def test_magic_values_and_pre_checks_go_before_hidden_fields(client: Client) -> None:
    for hp in ("ada@mail.example", "x"):
        filled = {"honeypot_field_name": "hp", "hp": hp}
        assert client.check(HAM, **filled, comment_author="viagra-test-123").data == b"true"
    ping = {"comment_type": "pingback", "akismet_pre_check": "1", "honeypot_field_name": "hp"}
    assert client.check("", **ping, hp="x").data == b"true"
    assert client.comments() == []
