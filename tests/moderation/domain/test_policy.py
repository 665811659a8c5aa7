"""From score to status: rules first, then bands; the same everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Bands
from moderation.domain import policy
from moderation.domain.comments import CONTENT_BYTES
from moderation.domain.errors import InvalidInput
from moderation.domain.sites import SiteSettings, site_name
from tests.factories import submission

BANDS = Bands(hold=0.4, reject=0.8, discard=0.95)


def judged(score, sent=None, **chosen):
    return policy.judge(
        sent or submission(),
        score,
        [("links", 1.23)] * 7,
        bands=BANDS,
        settings=SiteSettings(**chosen),
        model="m+1",
        policy=3,
    )


@pytest.mark.parametrize(
    "score, status, label, discard",
    [
        (0.0, "approved", "ham", False),
        (0.399999, "approved", "ham", False),
        (0.4, "held", "ham", False),
        (0.5, "held", "spam", False),
        (0.8, "spam", "spam", False),
        (0.95, "spam", "spam", True),
    ],
)
def test_a_bound_belongs_to_the_band_above_it(score, status, label, discard):
    word = judged(score)
    assert (word.status, word.label, word.discard) == (status, label, discard)
    assert (word.model, word.policy, word.decided_by) == ("m+1", 3, "model")


@given(st.floats(0, 1), st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_whatever_bands_are_chosen_more_spam_is_never_judged_milder(score, hold, reject):
    order = ("approved", "held", "spam")
    lower = judged(score / 2, hold=hold, reject=reject).status
    higher = judged(score, hold=hold, reject=reject).status
    assert order.index(lower) <= order.index(higher)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -0.1, 1.1])
def test_what_is_no_probability_is_no_verdict(score):
    with pytest.raises(ValueError, match="probability"):
        judged(score)


def test_at_most_five_reasons_are_kept():
    assert judged(0.9).reasons == (("links", 1.23),) * 5


@pytest.mark.parametrize("role", ["administrator", " Editor ,subscriber", "MODERATOR"])
def test_a_trusted_role_is_approved_whatever_the_score(role):
    word = judged(0.99, submission(author={"role": role}))
    assert (word.status, word.score, word.decided_by) == ("approved", 0.99, "rule")


@pytest.mark.parametrize("role", ["", "subscriber", "administrators", "not administrator"])
def test_a_role_that_only_looks_trusted_is_not(role):
    assert judged(0.99, submission(author={"role": role})).status == "spam"


@pytest.mark.parametrize("sent", [{"honeypot": "me@bot.example"}, {"author": {"role": "editor"}}])
@pytest.mark.parametrize("score, label", [(0.1, "ham"), (0.5, "spam"), (0.99, "spam")])
def test_the_label_is_the_likelier_side_whatever_a_rule_decides(sent, score, label):
    word = judged(score, submission(**sent))
    assert (word.label, word.decided_by) == (label, "rule")
    assert word.status == ("spam" if "honeypot" in sent else "approved")


@pytest.mark.parametrize("reason", ["content_cut", "content_unread"])
@pytest.mark.parametrize(
    "score, sent, status, decided_by",
    [
        (0.1, {}, "held", "rule"),
        (0.5, {}, "held", "model"),
        (0.9, {}, "spam", "model"),
        (0.1, {"author": {"role": "editor"}}, "approved", "rule"),
        (0.1, {"honeypot": "on"}, "spam", "rule"),
    ],
    ids=["ham", "held", "spam", "trusted", "honeypot"],
)
def test_the_model_approves_nothing_unread(score, sent, status, decided_by, reason):
    word = judged(score, submission(**sent))
    unread = policy.of_partly_read(word, reason)
    assert (unread.status, unread.decided_by) == (status, decided_by)
    assert unread.reasons == ((reason, 0.0), *word.reasons[:4])
    assert (unread.label, unread.score) == (word.label, word.score)


@pytest.mark.parametrize(
    "score, status, decided_by",
    [(0.0, "held", "rule"), (0.5, "held", "model"), (0.9, "spam", "model")],
)
@pytest.mark.parametrize("own", ["Ada", "ADA@mail.example"])
def test_a_honeypot_with_what_is_the_author_s_own_is_held(score, status, decided_by, own):
    word = judged(score, submission(honeypot=own))
    assert (word.status, word.decided_by) == (status, decided_by)
    assert word.reasons == (("honeypot_autofill", 0.0), *judged(score).reasons[:4])


def test_a_honeypot_says_nothing_of_whom_the_site_trusts():
    for honeypot in ("on", "ada@mail.example"):
        sent = submission(honeypot=honeypot, author={"role": "editor", "email": "ada@mail.example"})
        assert judged(0.1, sent).status == "approved"


def test_a_text_that_just_fits_was_not_cut():
    assert judged(0.1, submission("é" * (CONTENT_BYTES // 2))).reasons[0][0] == "links"


@pytest.mark.parametrize("mode, status", [("enforce", "spam"), ("observe", "approved")])
def test_observe_approves_what_enforce_would_refuse(mode, status):
    assert policy.effective_status(judged(0.9), SiteSettings(mode=mode)) == status


@pytest.mark.parametrize("name", ["a", "blog.example", "ak-0123456789abcdef0123", "a" * 63])
def test_names_that_a_site_may_have(name):
    assert site_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "-a", "a-", "A", "a b", "a:b", "{a}", "a" * 64, "ä", "a\n", "a\0"]
)
def test_names_that_a_site_may_not_have(name):
    with pytest.raises(InvalidInput):
        site_name(name)


def test_a_bound_for_spam_chosen_below_the_model_s_for_holding_is_obeyed():
    assert judged(0.35, reject=0.3).status == "spam"
    assert judged(0.25, reject=0.3).status == "approved"


def test_a_trusted_role_is_known_however_the_site_spells_it():
    sent = submission(author={"role": "author"})
    assert judged(0.99, sent, trusted_roles=("Author",)).status == "approved"
