"""Names of hosts that stand for half a character: the comment is judged, and can be let go."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.domain.addresses import host_name, mailbox, unicode_label
from moderation.domain.errors import NotFound
from moderation.domain.hosts import look_alike
from moderation.domain.matching import domains_named
from moderation.flow.comments.checking import check
from moderation.flow.comments.draining import drain_lane
from moderation.flow.comments.submitting import submit
from moderation.flow.labels.deciding import Word, decide, forget
from moderation.flow.lookup import find
from moderation.flow.marks import author_mark
from moderation.flow.people import records
from moderation.flow.rows import personal_hash
from moderation.store import keys
from tests.factories import SITE, submission
from tests.moderation.flow.privacy.lived import erase

WORD = Word("ann", "api")
HALVES = ("xn--ib9b", "xn--r-rl5g", "xn--aum-o08p")
WHERE = ("email", "url", "text")
HAM = "Thanks, the second example fixed my build."


def with_half(where: str, label: str, **fields):
    ada = {"name": "Ada", "email": "ada@mail.example", "ip": "192.0.2.7"}
    found = {"email": f"a@{label}.com", "url": f"https://{label.upper()}.com/"}
    author = {**ada, where: found[where]} if where in found else ada
    text = f"{HAM} See https://{label}.com/kiln" if where == "text" else HAM
    return submission(text, author=author, **fields)


def test_the_labels_of_these_tests_stand_for_half_characters():
    for label in HALVES:
        with pytest.raises(UnicodeEncodeError):
            label[4:].encode().decode("punycode").encode()
        assert unicode_label(label) == label
        assert host_name(f"{label}.com") == f"{label}.com"
        assert mailbox(f"A@{label.upper()}.com") == f"a@{label}.com"


@pytest.mark.parametrize("label", HALVES)
@pytest.mark.parametrize("where", WHERE)
def test_a_checked_comment_is_judged_decided_and_deleted(runtime, grant, where, label):
    done = check(runtime, grant, with_half(where, label))
    assert done.recorded and done.comment.verdict.decided_by != "fail_mode"
    for decision in ("spam", "ham"):
        decide(runtime, SITE, done.comment.id, decision, WORD, None)
    assert find(runtime, SITE, done.comment.id).status == "approved"
    forget(runtime, SITE, done.comment.id, None)
    with pytest.raises(NotFound):
        find(runtime, SITE, done.comment.id)


@pytest.mark.parametrize("where", WHERE)
def test_a_drained_comment_is_judged_decided_deleted_and_erased(runtime, grant, where):
    sent = [with_half(where, HALVES[0], external_id=name) for name in "abc"]
    ids = [one.id for one in submit(runtime, grant, sent)]
    drain_lane(runtime, keys.shard_of(SITE) % keys.LANES)
    for one in ids:
        comment = find(runtime, SITE, one)
        assert comment.verdict is not None and comment.verdict.decided_by != "fail_mode"
    decide(runtime, SITE, ids[0], "spam", WORD, None)
    forget(runtime, SITE, ids[1], None)
    erase(runtime, email=sent[0].author.email)
    for one in ids:
        with pytest.raises(NotFound):
            find(runtime, SITE, one)


PIECES = st.one_of(
    st.sampled_from(HALVES),
    st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12).map("xn--{}".format),
    st.sampled_from(("&#xD800;", "&#55296;", "%ED%A0%80", "\u3002", "\u0130", "\ufb03", "\u0344")),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
NAMES = st.lists(PIECES, min_size=1, max_size=4).map(".".join)


@settings(deadline=None)
@given(NAMES)
def test_whatever_a_comment_names_has_a_mark(name):
    sent = submission(
        f"https://{name}/ //{name} {name}",
        author={"name": name, "email": f"a@{name}", "url": f"http://{name}.com", "ip": name},
    )
    assert author_mark(b"secret", sent, 1, b"")
    for way in records.WAYS:
        assert personal_hash(b"secret", way, f"a@{name}")
    found = [*domains_named(sent), *look_alike(name), host_name(name), mailbox(name)]
    assert "".join(found).encode().decode() == "".join(found)
