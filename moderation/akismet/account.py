"""Whether a key is good, and what its account may do."""

from __future__ import annotations

import hashlib
import hmac

from flask import Blueprint

from moderation.akismet import answers
from moderation.akismet.calls import Call, Malformed, call
from moderation.akismet.paths import answers_at
from moderation.domain.akismet import SITE_REVOKED, UNKNOWN_KEY, Account
from moderation.domain.errors import KeyRefused
from moderation.flow.akismet.keys import account_of
from moderation.flow.akismet.notices import notice_of
from moderation.flow.akismet.statistics import is_used_up
from moderation.server.service import Reply

blueprint = Blueprint("akismet_account", __name__)


@answers_at(blueprint, "verify-key")
@call()
def verify(asking: Call) -> Reply:
    if not asking.key:
        raise Malformed("key")
    try:
        account = account_of(asking.runtime, asking.key, asking.address)
    except KeyRefused as error:
        if error.refused != UNKNOWN_KEY:
            raise
        # Some clients throw on debug-help, where a person only wants to know: valid or not.
        return answers.text(answers.INVALID)
    notice = notice_of(asking.runtime, account, asking.blog)
    if notice is SITE_REVOKED:
        return answers.refused(notice)
    return answers.text(answers.VALID, answers.alert(notice))


@answers_at(blueprint, "deactivate")
@call()
def deactivate(asking: Call) -> Reply:
    _account(asking)
    return answers.text(b"deactivated")


@answers_at(blueprint, "get-subscription")
@call()
def subscription(asking: Call) -> Reply:
    account = _account(asking)
    return answers.json(
        {
            "account_id": int(hashlib.sha256(account.id.encode()).hexdigest()[:8], 16),
            "account_type": "self-hosted",
            "account_name": account.name,
            "status": "active",
            "next_billing_date": False,
            "limit_reached": is_used_up(asking.runtime, account),
        }
    )


@answers_at(blueprint, "token")
@call()
def token(asking: Call) -> Reply:
    account = _account(asking)
    opaque = hmac.digest(asking.runtime.secret, f"akismet token:{account.id}".encode(), "sha256")
    return answers.text(opaque.hex()[:32].encode())


@answers_at(blueprint, "test")
@call()
def test(asking: Call) -> Reply:
    return answers.text(b"connected")


@answers_at(blueprint, "compatible-plugins")
@call()
def compatible_plugins(asking: Call) -> Reply:
    return answers.json([])


@answers_at(blueprint, "verify-wpcom-key")
@call()
def verify_wpcom_key(asking: Call) -> Reply:
    return answers.text(answers.INVALID)


def _account(asking: Call) -> Account:
    if not asking.key:
        raise Malformed("api_key")
    return account_of(asking.runtime, asking.key, asking.address)
