"""What a site's software does, by the client that openapi-python-client makes of the document.

Arguments: address, token. Writes as JSON what came of it.
"""

import json
import sys
from typing import TypeVar

from winnow_client import AuthenticatedClient
from winnow_client.api.comments import check_comment, get_comment, list_comments, submit_comment
from winnow_client.api.decisions import decide_comment
from winnow_client.models import (
    Author,
    CheckedComment,
    Comment,
    CommentPage,
    CommentStatus,
    NewDecision,
    NewDecisionLabel,
    Problem,
    Submission,
    Verdict,
)
from winnow_client.types import UNSET

T = TypeVar("T")


def there(value: object, kind: type[T]) -> T:
    """Return a value that must be of a kind."""
    assert isinstance(value, kind), value
    return value


url, token = sys.argv[1:]
# One that a document does not describe is an error.
with AuthenticatedClient(
    base_url=url, token=token, raise_on_unexpected_status=True, timeout=60
) as winnow:
    author = Author(name="Ada")
    sent = Submission(content="Written in Python: thank you for the example.", author=author)
    submitted = there(submit_comment.sync(client=winnow, body=sent), Comment)
    answer = get_comment.sync_detailed(submitted.id, client=winnow, wait=30)
    comment = there(answer.parsed, Comment)
    page = there(list_comments.sync(client=winnow, limit=10), CommentPage)
    word = NewDecision(label=NewDecisionLabel.SPAM)
    etag = answer.headers["ETag"]
    decided = there(
        decide_comment.sync(submitted.id, client=winnow, body=word, if_match=etag), Comment
    )
    refused = there(check_comment.sync(client=winnow, body=Submission(content="")), Problem)
    checked = there(
        check_comment.sync(client=winnow, body=Submission(content="Thanks!"), record=False),
        CheckedComment,
    )

assert checked.id is None and not checked.recorded
assert comment.created_at.tzinfo and decided.decision and refused.errors
print(
    json.dumps(
        {
            "author": there(comment.author, Author).name,
            "language": "absent" if comment.language is UNSET else comment.language,
            "arrived": comment.created_at <= comment.updated_at,
            "judged": bool(there(comment.verdict, Verdict).model)
            and comment.status is not CommentStatus.QUEUED,
            "found": submitted.id in {one.id for one in page.data},
            "label": decided.decision.label,
            "note": decided.decision.note,
            "status": decided.status,
            "pointer": refused.errors[0].pointer,
        }
    )
)
