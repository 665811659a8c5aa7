"""A comment as it is handed to the store."""

from __future__ import annotations

import msgspec
import pytest

from moderation.flow.authorise import authorise
from moderation.flow.comments.checking import check
from moderation.flow.comments.submitting import submit
from moderation.flow.opening import open_runtime
from tests.factories import submission


@pytest.mark.parametrize("sent_by", ["check", "submit"])
def test_two_texts_are_the_same_by_a_digest_that_only_the_secret_makes(
    runtime, settings, bearer, sent_by
):
    """Else an author could find two texts alike, and change what was approved without a revision.

    Under another secret the same text is another, once.
    """

    def send(process):
        grant, sent = authorise(process, bearer, "submit"), submission(external_id="7")
        if sent_by == "check":
            return check(process, grant, sent).comment.revision
        return submit(process, grant, [sent])[0].revision

    assert [send(runtime), send(runtime)] == [1, 1]
    other = open_runtime(msgspec.structs.replace(settings, secret="another secret " * 4))
    try:
        assert [send(other), send(other)] == [2, 2]
    finally:
        other.close()
