"""The digest: once a day, how many comments wait for each person who asked; never their text."""

from __future__ import annotations

import datetime as dt
import logging
from urllib.parse import urlencode

from moderation.domain.accounts import User
from moderation.flow.outbound import mail
from moderation.flow.outbound.mail import Letter, MailError, Send
from moderation.flow.people import sessions
from moderation.flow.people.access import sites_of
from moderation.flow.review import looking
from moderation.flow.runtime import Runtime
from moderation.settings import Settings
from moderation.store import accounts, sites
from moderation.wording import catalogue

log = logging.getLogger(__name__)

HOURS = 6
"""For so long after its hour a digest still goes out; later it would be that of tomorrow."""
WHOLE_SECONDS = 60.0
"""Bounds a connection; who is not reached gets the digest by the next one, minutes later."""
SITES_AT_MOST = 50
"""Sites that a digest counts one by one."""


def send(runtime: Runtime, now: dt.datetime | None = None) -> int:
    """Send the digests that are due, each person's of a day once, and return how many went out."""
    day = _due(runtime.settings, now or dt.datetime.now(dt.UTC))
    wanted = [user for user in sites.users(runtime.store) if _wants(user)] if day else []
    due = [user for user in wanted if accounts.claim_digest(runtime.store, day, _counted(user))]
    unsent = {user.name: user for user in due}
    try:
        letters = {user.name: letter for user in due if (letter := _letter(runtime, user))}
        for name in unsent.keys() - letters.keys():
            del unsent[name]  # Nothing waits for them: that was the digest.
        if letters:
            with mail.connected(runtime.settings, WHOLE_SECONDS) as sending:
                for name, letter in letters.items():
                    _send(sending, letter)
                    del unsent[name]
    except MailError as error:
        log.warning("%s digests were not sent (%s): they are tried again", len(unsent), error.why)
    finally:
        for user in unsent.values():
            accounts.release_digest(runtime.store, day, _counted(user))
    return len(letters) - len(unsent)


def _due(settings: Settings, now: dt.datetime) -> str:
    """Return the day whose digest is due now, '' where none is."""
    if not settings.smtp_url or settings.digest_at == "never":
        return ""
    start = dt.datetime.combine(now.date(), dt.time.fromisoformat(settings.digest_at), dt.UTC)
    if start > now:
        start -= dt.timedelta(days=1)
    return start.date().isoformat() if now - start < dt.timedelta(hours=HOURS) else ""


def _wants(user: User) -> bool:
    return user.preferences.digest == "daily" and bool(user.email and user.password)


def _counted(user: User) -> str:
    return sessions.account_digest(user.name)


def _send(sending: Send, letter: Letter) -> None:
    try:
        sending(letter)
    except MailError as error:
        if error.why != "address":
            raise
        log.warning("the mail server refuses the address of a person who asked for the digest")


def _letter(runtime: Runtime, user: User) -> Letter | None:
    """Return a person's digest, None where no comment waits for them."""
    mine = sites_of(runtime, user)
    held, escalated = looking.counts(runtime, mine)
    if not held:
        return None
    spoken = catalogue(user.preferences.language or "en")
    _, ngettext = spoken.gettext, spoken.ngettext
    server = runtime.settings.public_url
    lines = [
        ngettext("%(n)s comment needs a look.", "%(n)s comments need a look.", held) % {"n": held}
    ]
    if escalated:
        asked = ngettext("%(n)s of them was escalated.", "%(n)s of them were escalated.", escalated)
        lines.append(asked % {"n": escalated})
    lines += ["", f"{server}/console/review", ""]
    for site in mine[:SITES_AT_MOST] if len(mine) > 1 else ():
        number, _escalated = looking.counts(runtime, [site])
        if number:
            lines.append(f"{site}: {number}")
            lines.append(f"{server}/console/queue?{urlencode({'site': site})}")
    lines += ["", _("You asked for this letter. To end it, say so on your account:")]
    lines += [f"{server}/console/account", ""]
    subject = ngettext("%(n)s comment waits", "%(n)s comments wait", held) % {"n": held}
    return Letter(user.email, subject, "\n".join(lines))
