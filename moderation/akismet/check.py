"""comment-check, submit-spam, submit-ham."""

from __future__ import annotations

from flask import Blueprint

from moderation import faults
from moderation.akismet import answers
from moderation.akismet.asked import check_of, unread_check_of
from moderation.akismet.calls import Call, Malformed, call
from moderation.akismet.paths import answers_at
from moderation.domain.akismet import Check
from moderation.domain.verdicts import Label
from moderation.flow.akismet.checking import Answer, check_asked, empty_answer, new_guid
from moderation.flow.akismet.reporting import report
from moderation.server.service import Reply

blueprint = Blueprint("akismet_check", __name__)
_GUID = "X-akismet-guid"


def _named(reply: Reply) -> Reply:
    """Return the answer to a check with a guid, whatever it says.

    WordPress' plugin from 5.5 on finds the comment by it (`comments_match` in class.akismet.php):
    of an answer without one it drops everything, and what should wait is published.
    """
    if any(name == _GUID for name, _ in reply.headers):
        return reply
    return reply._replace(headers=[*reply.headers, (_GUID, new_guid())])


def _said(answer: Answer) -> Reply:
    headers = [(_GUID, answer.guid)]
    if answer.discard:
        headers.append(("X-akismet-pro-tip", "discard"))
    if answer.recheck_after:
        headers.append(("X-akismet-recheck-after", str(answer.recheck_after)))
    if answer.reasons:
        headers.append(("X-akismet-classification", ",".join(answer.reasons)))
    return answers.text(answers.TRUE if answer.spam else answers.FALSE, headers)


@answers_at(blueprint, "comment-check")
@call(when_down=lambda: _said(empty_answer()), marked=_named)
def comment_check(asking: Call) -> Reply:
    def asked() -> Check:
        if "user_ip" not in asking.form:
            raise Malformed("user_ip")
        try:
            return check_of(asking.form, asking.blog)
        except Exception as error:
            faults.say("the reading of a comment-check", error)
            return unread_check_of(asking.form)

    return _said(check_asked(asking.runtime, asking.grant, asked))


@answers_at(blueprint, "submit-spam")
@call()
def submit_spam(asking: Call) -> Reply:
    return _reported(asking, "spam")


@answers_at(blueprint, "submit-ham")
@call()
def submit_ham(asking: Call) -> Reply:
    return _reported(asking, "ham")


def _reported(asking: Call, label: Label) -> Reply:
    report(asking.runtime, asking.grant(), check_of(asking.form, asking.blog), label)
    return answers.text(answers.THANKS)
