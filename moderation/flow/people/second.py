"""The second factor: codes that change every 30 seconds (RFC 6238), and recovery codes."""

from __future__ import annotations

import hmac
import logging
import secrets
import unicodedata
from base64 import b32encode
from collections.abc import Callable
from urllib.parse import urlsplit

import pyotp
from cryptography.fernet import InvalidToken
from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.accounts import SecondFactor, User
from moderation.domain.errors import Conflict, NotAuthorised
from moderation.domain.people import Session
from moderation.flow.people import sessions
from moderation.flow.people.sessions import Entered, Where
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sealing import seal, unseal
from moderation.store import accounts

log = logging.getLogger(__name__)

STEP_SECONDS = 30
CLOCKS_APART = 1
"""Steps by which the clocks of the two sides may differ."""
DIGITS = 6
CODES = 10
_CODE_BYTES = 10
"""80 random bits: sixteen letters and digits."""
SETUP_MS = 15 * 60_000


class Draft(Struct, frozen=True):
    """A second factor that is being set up: its secret, and the address that a QR code carries."""

    secret: str
    address: str


def complete(runtime: Runtime, secret: str, code: str, where: Where) -> Entered:
    """Return the whole log-in of somebody who has given the password and gives a code now.

    A code is good once, and so is a recovery code.

    Raises:
        NotAuthorised: the code is wrong, or the password must be given again.
        RateLimited: there were too many attempts.
    """
    half = sessions.half(runtime, secret)
    sessions.count_attempt(runtime, sessions.code_attempts(half.user), where.address)
    what = "log_in"

    def used(found: dict[str, User]) -> User:
        nonlocal what
        user = found.get(half.user)
        if user is None or user.second is None or sessions.digest(user.password) != half.mark:
            raise NotAuthorised("the password must be given again")
        second, what = _used(runtime, user.name, user.second, code)
        return replace(user, second=second)

    try:
        user = accounts.change(runtime.store, half.user, used)
    except NotAuthorised:
        sessions.note(runtime, half.user, "code_refused", where.address)
        raise
    assert user is not None
    accounts.take_ticket(runtime.store, "code", sessions.digest(secret))
    return sessions.enter(runtime, user, where, what)


def begin(runtime: Runtime, user: User, session: Session, password: str, address: str) -> None:
    """Make the secret of a second factor, to be confirmed by a code within a quarter of an hour.

    Raises:
        NotAuthorised, RateLimited: as `sessions.confirm`.
    """
    sessions.confirm(runtime, user, password, address)
    sealed = seal(runtime.secret, pyotp.random_base32()).decode()
    accounts.keep_ticket(runtime.store, "setup", session.id, sealed, SETUP_MS)


def draft(runtime: Runtime, user: User, session: Session) -> Draft | None:
    """Return the second factor that a log-in is setting up, None where it is not."""
    sealed = accounts.ticket(runtime.store, "setup", session.id)
    if not sealed:
        return None
    secret = unseal(runtime.secret, sealed.encode())
    host = urlsplit(runtime.settings.public_url).hostname or "Winnow"
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    return Draft(secret, totp.provisioning_uri(name=user.name, issuer_name=f"Winnow {host}"))


def confirm(runtime: Runtime, user: User, session: Session, code: str, address: str) -> list[str]:
    """Put the second factor to use that was set up, and return new recovery codes.

    Raises:
        NotAuthorised: the code is wrong. RateLimited: there were too many attempts.
        Conflict: nothing is being set up, or was put to use a moment ago.
    """
    made = draft(runtime, user, session)
    if made is None:
        raise Conflict("no second factor is being set up")
    sessions.count_attempt(runtime, sessions.code_attempts(user.name), address)
    step = _step(made.secret, code, 0)
    sealed = accounts.take_ticket(runtime.store, "setup", session.id)
    if not sealed:
        raise Conflict("the second factor is in use")
    codes = _new_codes()
    second = SecondFactor(sealed, step, _kept(runtime, user.name, codes))
    _change(runtime, user.name, lambda mine: replace(mine, second=second))
    sessions.forget_attempts(runtime.store, user.name)
    sessions.note(runtime, user.name, "second_on", address)
    return codes


def give_up(runtime: Runtime, user: User, password: str, address: str) -> None:
    """Take a person's own second factor away; raises as `sessions.confirm`."""
    sessions.confirm(runtime, user, password, address)
    _change(runtime, user.name, lambda mine: replace(mine, second=None))
    sessions.note(runtime, user.name, "second_off", address)


def renew_codes(runtime: Runtime, user: User, password: str, address: str) -> list[str]:
    """Return new recovery codes in place of those before; raises as `sessions.confirm`."""
    sessions.confirm(runtime, user, password, address)
    codes = _new_codes()

    def renewed(mine: User) -> User:
        if mine.second is None:
            raise Conflict("there is no second factor")
        return replace(mine, second=replace(mine.second, codes=_kept(runtime, mine.name, codes)))

    _change(runtime, user.name, renewed)
    sessions.note(runtime, user.name, "codes_renewed", address)
    return codes


def _change(runtime: Runtime, name: str, made: Callable[[User], User]) -> None:
    def changed(found: dict[str, User]) -> User:
        if name not in found:
            raise NotAuthorised("the account is gone")
        return made(found[name])

    accounts.change(runtime.store, name, changed)


def _used(runtime: Runtime, name: str, second: SecondFactor, code: str) -> tuple[SecondFactor, str]:
    """Return a second factor after a code of it was used, and what that is called in the log."""
    plain = _plain(code)
    if len(plain) > DIGITS:
        kept = _hash(runtime, name, plain)
        left = tuple(one for one in second.codes if not hmac.compare_digest(one, kept))
        if len(left) == len(second.codes):
            raise NotAuthorised("the code is wrong")
        return replace(second, codes=left), "recovery_used"
    try:
        secret = unseal(runtime.secret, second.sealed.encode())
    except InvalidToken:
        log.error("a second factor is sealed under another secret: `user reset` takes it away")
        raise NotAuthorised("the code cannot be compared") from None
    return replace(second, step=_step(secret, code, second.step)), "log_in"


def _step(secret: str, code: str, last: int) -> int:
    """Return the time step that a code is of, later than the `last` one that was used.

    Raises:
        NotAuthorised: it is of none.
    """
    totp, plain = pyotp.TOTP(secret, interval=STEP_SECONDS), _plain(code)
    now = now_ms() // 1000 // STEP_SECONDS
    for step in range(now - CLOCKS_APART, now + CLOCKS_APART + 1):
        if step > last and hmac.compare_digest(totp.generate_otp(step), plain):
            return step
    raise NotAuthorised("the code is wrong")


def _plain(code: str) -> str:
    """Return a code without what people put between, its digits of any script as 0 to 9."""
    signs = (str(unicodedata.decimal(sign, sign)) for sign in code[:64] if sign.isalnum())
    return "".join(signs).lower().encode("ascii", "replace").decode()


def _new_codes() -> list[str]:
    made = [b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower() for _ in range(CODES)]
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in made]


def _kept(runtime: Runtime, name: str, codes: list[str]) -> tuple[str, ...]:
    return tuple(_hash(runtime, name, _plain(code)) for code in codes)


def _hash(runtime: Runtime, name: str, code: str) -> str:
    """Return what a recovery code is kept as, keyed so that a copy of the store opens nothing."""
    text = f"recovery code:{name}:{code}".encode()
    return hmac.digest(runtime.secret, text, "sha256").hex()
