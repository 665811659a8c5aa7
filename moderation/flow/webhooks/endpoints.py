"""The webhooks of a site: made, changed, rotated, removed; what was sent, and sent again."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace
from ulid import ULID

from moderation.domain.errors import Conflict, InvalidInput, NotFound
from moderation.domain.people import Act
from moderation.domain.webhooks import (
    AT_MOST,
    EVENTS,
    SECRET_BYTES,
    SECRET_PREFIX,
    Event,
    Health,
    Message,
    Secret,
    Webhook,
)
from moderation.flow.people.links import By
from moderation.flow.runtime import now_ms
from moderation.flow.sealing import seal
from moderation.flow.tasks import SEND_WEBHOOKS, Tasks
from moderation.flow.webhooks import rendering
from moderation.store import Store, codec, models, people, sites, webhooks

_HOUR_MS = 3_600_000
PAGE = 100


class Sent(Struct, frozen=True):
    """A message of the log under the `webhook-id` that it is sent with."""

    id: str
    message: Message

    @property
    def comment(self) -> str | None:
        """The id of the comment that it is about, None where it is about a model."""
        is_comment = self.message.event != "model.promoted"
        return codec.id_text(self.message.about) if is_comment else None


class Wanted(Struct, frozen=True):
    """What a webhook is to be; None leaves it as it is."""

    url: str | None = None
    events: Sequence[Event] | None = None
    personal: bool | None = None
    enabled: bool | None = None


def of_site(store: Store, site: str) -> list[tuple[Webhook, Health]]:
    """Return the webhooks of a site, the oldest first; raises `NotFound`."""
    if site not in sites.names(store):
        raise NotFound("there is no such site")
    return webhooks.of_site(store, site)


def one(store: Store, site: str, webhook_id: str) -> tuple[Webhook, Health]:
    """Return one webhook of a site; raises `NotFound`."""
    for found in of_site(store, site):
        if found[0].id == webhook_id:
            return found
    raise NotFound("the site has no such webhook")


def make(
    store: Store,
    secret: bytes,
    site: str,
    url: str,
    events: Sequence[Event],
    by: By,
    *,
    personal: bool = False,
    given: str = "",
) -> tuple[Webhook, str]:
    """Make a webhook; return it with its secret, which is not shown again.

    `given` is the secret where somebody knows it already.

    Raises:
        NotFound: there is no such site. InvalidInput: it has too many, or this cannot be one.
    """
    if len(of_site(store, site)) >= AT_MOST:
        raise InvalidInput(f"a site has at most {AT_MOST} webhooks; remove one first")
    text = given or new_secret()
    made = Webhook(
        id=str(ULID()),
        url=checked_url(url),
        events=_checked_events(events),
        secrets=(Secret(seal(secret, text)),),
        created_ms=now_ms(),
        personal=personal,
    )
    # Whoever was told of no model yet is told of those from now on.
    webhooks.promoted(store, models.in_use(store).revision)
    webhooks.put(store, site, made)
    _note(store, by, "webhook_made", site, made.id)
    return made, text


def new_secret() -> str:
    """Return a new secret as receivers write it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def change(store: Store, site: str, webhook_id: str, wanted: Wanted, by: By) -> None:
    """Change a webhook from the next message on; raises as `make`."""
    webhook, health = one(store, site, webhook_id)
    new = replace(
        webhook,
        url=webhook.url if wanted.url is None else checked_url(wanted.url),
        events=webhook.events if wanted.events is None else _checked_events(wanted.events),
        personal=webhook.personal if wanted.personal is None else wanted.personal,
    )
    if new != webhook:
        webhooks.put(store, site, new)
    if wanted.enabled is True:
        webhooks.enable(store, site, webhook_id)
    elif wanted.enabled is False and health.disabled is None:
        webhooks.disable(store, site, webhook_id, now_ms())
    _note(store, by, "webhook_changed", site, webhook_id)


def rotate(
    store: Store, secret: bytes, site: str, webhook_id: str, overlap_hours: int, by: By
) -> str:
    """Return a new secret of a webhook; the one before signs beside it for the overlap.

    Raises:
        NotFound: there is no such site or webhook.
    """
    webhook, _ = one(store, site, webhook_id)
    text, until = new_secret(), now_ms() + overlap_hours * _HOUR_MS
    before = replace(webhook.secrets[0], until_ms=until)
    kept = (before,) if overlap_hours else ()
    webhooks.put(store, site, replace(webhook, secrets=(Secret(seal(secret, text)), *kept)))
    _note(store, by, "webhook_rotated", site, webhook_id)
    return text


def remove(store: Store, site: str, webhook_id: str, by: By) -> None:
    """Remove a webhook with all that waits for it; raises `NotFound`."""
    one(store, site, webhook_id)
    webhooks.drop(store, site, webhook_id)
    _note(store, by, "webhook_removed", site, webhook_id)


def sent(
    store: Store, site: str, webhook_id: str, before: str = "", most: int = PAGE
) -> tuple[list[Sent], str]:
    """Return the newest messages of a webhook before one (''), and the last of them where more
    are there; raises `NotFound`."""
    one(store, site, webhook_id)
    found, last = webhooks.messages(
        store, site, webhook_id, rendering.number_of(site, before) if before else "", most
    )
    shown = [Sent(rendering.message_id(site, m.number), m) for m in found]
    return shown, rendering.message_id(site, last) if last else ""


def send_again(
    store: Store, tasks: Tasks | None, site: str, webhook_id: str, message_id: str, by: By
) -> Sent:
    """Have a message sent again, under the same id, behind what waits about its comment.

    Raises:
        NotFound: there is no such message any more. Conflict: nothing is sent to this webhook, or
        too much waits before it.
    """
    _, health = one(store, site, webhook_id)
    if health.disabled is not None:
        raise Conflict("the webhook is disabled: nothing is sent until it is enabled")
    number = rendering.number_of(site, message_id)
    answer = webhooks.send_again(store, site, webhook_id, number, now_ms()) if number else 0
    if answer < 0:
        raise Conflict("too much waits before it")
    found = webhooks.message(store, site, webhook_id, number) if answer else None
    if found is None:
        raise NotFound("there is no such message any more")
    _note(store, by, "webhook_resent", site, webhook_id)
    if tasks is not None:
        tasks.send(SEND_WEBHOOKS)
    return Sent(message_id, found)


def checked_url(url: str) -> str:
    """Return an address that messages can be sent to; raises `InvalidInput`."""
    problem = InvalidInput("a webhook has an address of http or https, without a password in it")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise problem from error
    is_plain = url.isprintable() and " " not in url and len(url) <= 2048
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise problem
    if not is_plain:
        raise problem
    return url


def _checked_events(events: Sequence[Event]) -> tuple[Event, ...]:
    found = tuple(event for event in EVENTS if event in events)
    if not found or len(found) < len(events):
        raise InvalidInput("a webhook is told of some events, each named once")
    return found


def _note(store: Store, by: By, what: str, site: str, about: str) -> None:
    people.note(store, Act(now_ms(), by.who, what, by.address, site, about))
