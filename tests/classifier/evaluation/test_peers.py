import pytest

from classifier.evaluation.generated import generated_rows
from classifier.evaluation.peers import Bogofilter, SpamBayes, TfidfLogistic, message
from classifier.row import LabelledRow

bogofilter = pytest.mark.skipif(not Bogofilter.available(), reason=Bogofilter.install)
PEERS = [
    pytest.param(SpamBayes, id="sbclassifier"),
    pytest.param(Bogofilter, id="bogofilter", marks=bogofilter),
    pytest.param(TfidfLogistic, id="tfidf"),
]
KNOWN = generated_rows(300, seed=1)
UNSEEN = generated_rows(40, seed=2)


@pytest.mark.parametrize("peer", PEERS)
def test_a_taught_peer_scores_spam_above_ham(peer):
    filter_ = peer()
    filter_.learn_all(KNOWN)
    scores = filter_.score_all(UNSEEN)
    mean = {
        label: sum(s for s, row in zip(scores, UNSEEN, strict=True) if row.label == label)
        / sum(row.label == label for row in UNSEEN)
        for label in ("spam", "ham")
    }
    assert mean["spam"] > mean["ham"] + 0.3


@pytest.mark.parametrize("peer", PEERS[:2])
def test_one_row_at_a_time_scores_like_all_at_once(peer):
    whole, single = peer(), peer()
    whole.learn_all(KNOWN[:30])
    for row in KNOWN[:30]:
        single.learn(row)
    assert whole.score_all(UNSEEN[:10]) == pytest.approx([single.score(r) for r in UNSEEN[:10]])


@pytest.mark.parametrize("peer", PEERS[:2])
def test_an_untaught_peer_is_undecided(peer):
    assert peer().score(UNSEEN[0]) == 0.5
    assert peer().score_all(UNSEEN[:2]) == [0.5, 0.5]


@bogofilter
def test_a_body_line_like_a_mailbox_separator_starts_no_new_mail():
    text = "hello\nFrom me to you Thu Jan  1 00:00:00 1970\nviagra"
    row = LabelledRow(text=text, label="spam")
    whole, single = Bogofilter(), Bogofilter()
    whole.learn_all([row, *KNOWN[:20]])
    for one in [row, *KNOWN[:20]]:
        single.learn(one)
    assert whole.score(row) == pytest.approx(single.score(row))


def test_an_author_cannot_write_headers():
    mail = message(LabelledRow(text="body", author="a\nX-Spam: yes\r\n\r\nb"))
    assert mail.splitlines()[0] == b"From: a X-Spam: yes b"
