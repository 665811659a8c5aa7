"""Letters to people: links by mail, written and sent after the answer, and what became of them."""

from __future__ import annotations

from typing import Literal

from moderation.domain.accounts import LinkKind, User
from moderation.flow.outbound import mail
from moderation.flow.outbound.mail import Letter, Mailer, MailError
from moderation.flow.people import links, sessions
from moderation.flow.people.links import By
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import Store, accounts, sites
from moderation.wording import speaker

State = Literal["", "waiting", "sent", "lost", "unreachable", "tls", "login", "address", "refused",
    "busy"]  # fmt: skip
"""What became of a letter; '' where there was none, `lost` where nobody will send it any more."""
LOST_MS = 120_000
"""A letter that was not sent by then was lost with the process that should have sent it."""


def link_address(public_url: str, secret: str) -> str:
    """Return the address of a link."""
    return f"{public_url}/console/link/{secret}"


def has_mail(runtime: Runtime) -> bool:
    """Say whether letters can be sent."""
    return bool(runtime.settings.smtp_url)


def send_link(runtime: Runtime, user: User, kind: LinkKind, secret: str, language: str) -> None:
    """Send a link to the person it is for, after the answer; `state_of` says what became of it."""
    account = sessions.account_digest(user.name)
    text = _with_link(runtime, user, kind, secret, language)
    _note(runtime.store, account, "waiting")
    if not runtime.own(Mailer).post(lambda: _send(runtime, account, text)):
        _note(runtime.store, account, "busy")


def ask_link(runtime: Runtime, name: str, language: str, address: str) -> None:
    """Send somebody who forgot the password a link, if there is such a person with an address.

    Nothing that whoever asks could notice depends on that: they are looked for after the answer.

    Raises:
        RateLimited: there were too many attempts for this name or from this address.
    """
    name = name.strip()[:256]
    sessions.count_attempt(runtime, f"{sessions.account_digest(name)}:forgotten", address)
    runtime.own(Mailer).post(lambda: _look_and_send(runtime, name, language, address))


def states_of(store: Store, names: list[str]) -> list[State]:
    """Return what became of the last letter to each person."""
    found = accounts.mailed(store, [sessions.account_digest(name) for name in names])
    return [_state(text) for text in found]


def _state(text: str) -> State:
    at, _, state = text.partition(" ")
    if state == "waiting" and now_ms() - int(at) > LOST_MS:
        return "lost"
    return state  # type: ignore[return-value]


def _look_and_send(runtime: Runtime, name: str, language: str, address: str) -> None:
    user = sites.user(runtime.store, name)
    # Who was invited and has not joined has nothing to forget: the invitation stands.
    if user is None or not user.email or not user.password:
        return
    secret = links.make(runtime.store, user.name, "forgotten", By(user.name, address))
    account = sessions.account_digest(user.name)
    wanted = user.preferences.language or language
    _send(runtime, account, _with_link(runtime, user, "forgotten", secret, wanted))


def _send(runtime: Runtime, account: str, letter: Letter) -> None:
    try:
        with mail.connected(runtime.settings) as send:
            send(letter)
    except MailError as error:
        _note(runtime.store, account, error.why)
    else:
        _note(runtime.store, account, "sent")


def _note(store: Store, account: str, state: State) -> None:
    accounts.put_mailed(store, account, f"{now_ms()} {state}")


def _with_link(runtime: Runtime, user: User, kind: LinkKind, secret: str, language: str) -> Letter:
    _ = speaker(language)
    words = {
        "name": user.name,
        "server": runtime.settings.public_url,
        "link": link_address(runtime.settings.public_url, secret),
    }
    if kind == "invite":
        subject = _("You are invited to moderate comments")
        text = _(
            "You are invited to moderate comments on %(server)s.\n\n"
            "Your user name is %(name)s. Choose a password here, within seven days:\n\n"
            "%(link)s\n\n"
            "The link works once. If you know nothing of this, do nothing.\n"
        )
    else:
        subject = _("A new password for Winnow")
        text = _(
            "Somebody asked for a new password for %(name)s on %(server)s. Choose one here:\n\n"
            "%(link)s\n\n"
            "The link works once, and for a short time. If you did not ask for it, do nothing: "
            "your password stays as it is.\n"
        )
    return Letter(user.email, subject, text % words)
