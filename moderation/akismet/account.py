"""Whether a key is good, and what its account may do."""

from __future__ import annotations

import hashlib
import hmac

from flask import Blueprint

from moderation.akismet import answers
from moderation.akismet.answers import Reply
from moderation.akismet.call import Call, Malformed, call
from moderation.domain.akismet import UNKNOWN_KEY, Account
from moderation.domain.errors import KeyRefused
from moderation.flow.akismet.keys import account_of, verify_key
from moderation.flow.akismet.statistics import used_this_month

blueprint = Blueprint("akismet_account", __name__)


@blueprint.route("/1.1/verify-key", methods=["GET", "POST"])
@call()
def verify(asking: Call) -> Reply:
    if not asking.key:
        raise Malformed("key")
    try:
        verify_key(asking.runtime, asking.key, asking.blog, asking.address)
    except KeyRefused as error:
        if error.refused != UNKNOWN_KEY:
            raise
        # Some clients throw on debug-help, where a person only wants to know: valid or not.
        return answers.text(answers.INVALID)
    return answers.text(answers.VALID)


@blueprint.route("/1.1/deactivate", methods=["GET", "POST"])
@call()
def deactivate(asking: Call) -> Reply:
    _account(asking)
    return answers.text(b"deactivated")


@blueprint.route("/1.1/get-subscription", methods=["GET", "POST"])
@call()
def subscription(asking: Call) -> Reply:
    account = _account(asking)
    used = used_this_month(asking.runtime, account) if account.monthly else 0
    return answers.json(
        {
            "account_id": int(hashlib.sha256(account.id.encode()).hexdigest()[:8], 16),
            "account_type": "self-hosted",
            "account_name": account.name,
            "status": "active",
            "next_billing_date": False,
            "limit_reached": bool(account.monthly) and used >= account.monthly,
        }
    )


@blueprint.route("/1.1/token", methods=["GET", "POST"])
@call()
def token(asking: Call) -> Reply:
    account = _account(asking)
    opaque = hmac.digest(asking.runtime.secret, f"akismet token:{account.id}".encode(), "sha256")
    return answers.text(opaque.hex()[:32].encode())


@blueprint.route("/1.1/test", methods=["GET", "POST"])
@call()
def test(asking: Call) -> Reply:
    return answers.text(b"connected")


@blueprint.route("/1.2/compatible-plugins", methods=["GET", "POST"])
@call()
def compatible_plugins(asking: Call) -> Reply:
    return answers.json([])


@blueprint.route("/1.1/verify-wpcom-key", methods=["GET", "POST"])
@call()
def verify_wpcom_key(asking: Call) -> Reply:
    return answers.text(answers.INVALID)


def _account(asking: Call) -> Account:
    if not asking.key:
        raise Malformed("api_key")
    return account_of(asking.runtime, asking.key, asking.address)
