"""The demo site as Winnow sees it: a client with a token and a webhook, as any other."""

from __future__ import annotations

import base64
import hmac
from urllib.parse import urlsplit

from moderation.domain.accounts import token_digest
from moderation.domain.webhooks import EVENTS, SECRET_PREFIX
from moderation.flow.people.links import OPERATOR
from moderation.flow.runtime import now_ms
from moderation.flow.webhooks import endpoints
from moderation.flow.webhooks.endpoints import Wanted
from moderation.settings import Settings
from moderation.store import Store, sites

HOOK_PATH = "/winnow-webhook"
"""Where the demo site hears of its comments."""


def prepare(store: Store, settings: Settings, token: str) -> tuple[str, str] | None:
    """Have the demo site told at its address; return its name and the secret that signs.

    `token` is what it submits with; None where that is good no longer.
    """
    found = sites.token(store, token_digest(token))
    if found is None or found.is_over(now_ms()) or "submit" not in found.scopes:
        return None
    if sites.standing(store, found.site)[1]:
        return None
    secret, url = _secret(settings), settings.demo_url + HOOK_PATH
    for webhook, _ in endpoints.of_site(store, found.site):
        if urlsplit(webhook.url).path == HOOK_PATH:
            if webhook.url != url:
                endpoints.change(store, found.site, webhook.id, Wanted(url=url), OPERATOR)
            return found.site, secret
    endpoints.make(store, settings.secret_key, found.site, url, EVENTS[:2], OPERATOR, given=secret)
    return found.site, secret


def _secret(settings: Settings) -> str:
    """Return the secret of the demo site's webhook: kept nowhere, it is the same at each start."""
    derived = hmac.digest(settings.secret_key, b"winnow demo webhook", "sha256")
    return SECRET_PREFIX + base64.b64encode(derived).decode()
