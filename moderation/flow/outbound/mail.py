"""Letters by the operator's mail server (RFC 5321): one connection, bounded in time."""

from __future__ import annotations

import contextlib
import queue
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct

from moderation import faults
from moderation.domain.addresses import parsed
from moderation.settings import Settings

STEP_SECONDS = 10.0
WHOLE_SECONDS = 25.0
"""Time-outs of one word with the server, and of a connection from its opening to its end."""
WAITING_AT_MOST = 100
"""Letters that wait in one process; more are refused."""

Why = Literal["unreachable", "tls", "login", "address", "refused", "busy"]


class MailError(Exception):
    """A letter was not sent; `why` is a word for the reason, and quotes nothing."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Why = why


class Letter(Struct, frozen=True):
    """What is sent to one person, as plain text."""

    to: str
    subject: str
    text: str


Send = Callable[[Letter], None]


@contextlib.contextmanager
def connected(settings: Settings, seconds: float = WHOLE_SECONDS) -> Iterator[Send]:
    """Return what sends letters over one connection, which is ended after so many seconds.

    Where a password is in the address, it is told to nobody but over TLS or on this machine.

    Raises:
        MailError: here and at each letter; after `address` the next letter may go.
    """
    parts = urlsplit(settings.smtp_url)
    with _errors():
        server = _open(parts)
    # A server that answers a byte at a time keeps within each time-out: this ends it.
    guard = threading.Timer(seconds, _cut, [server])
    guard.daemon = True
    guard.start()
    try:
        with _errors():
            _greet(server, parts)

        def send(letter: Letter) -> None:
            with _errors():
                server.send_message(_message(settings, letter))

        yield send
    finally:
        guard.cancel()
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()
        server.close()


def _open(parts: SplitResult) -> smtplib.SMTP:
    host = parts.hostname or ""
    if parts.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, parts.port or 465, timeout=STEP_SECONDS, context=context)
    return smtplib.SMTP(host, parts.port or 587, timeout=STEP_SECONDS)


def _greet(server: smtplib.SMTP, parts: SplitResult) -> None:
    server.ehlo_or_helo_if_needed()
    is_safe = parts.scheme == "smtps" or _is_here(parts.hostname or "")
    if parts.scheme == "smtp" and server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
        is_safe = True
    if parts.username:
        if not is_safe:
            raise MailError("tls")
        server.login(unquote(parts.username), unquote(parts.password or ""))


def _is_here(host: str) -> bool:
    address = parsed(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _cut(server: smtplib.SMTP) -> None:
    with contextlib.suppress(OSError):
        if server.sock is not None:
            server.sock.shutdown(socket.SHUT_RDWR)


def _message(settings: Settings, letter: Letter) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"Winnow <{settings.mail_from}>"
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=settings.mail_from.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no robot answers it.
    message.set_content(letter.text)
    return message


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise MailError("login") from error
    except smtplib.SMTPRecipientsRefused as error:
        raise MailError("address") from error
    except ssl.SSLError as error:
        raise MailError("tls") from error
    except (smtplib.SMTPConnectError, smtplib.SMTPServerDisconnected, OSError) as error:
        # smtplib's own errors are OSErrors too: those that are none of the above are refusals.
        is_answer = isinstance(error, smtplib.SMTPResponseException)
        is_gone = isinstance(error, smtplib.SMTPServerDisconnected)
        is_said = isinstance(error, smtplib.SMTPException) and not is_gone
        raise MailError("refused" if is_answer or is_said else "unreachable") from error


class Mailer:
    """Sends letters one after the other from a thread of its own, after the answer is given."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Callable[[], None]] = queue.Queue(WAITING_AT_MOST)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def post(self, work: Callable[[], None]) -> bool:
        """Have a letter written and sent; False where too many wait."""
        try:
            self._waiting.put_nowait(work)
        except queue.Full:
            return False
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="mail", daemon=True)
                self._thread.start()
        return True

    def _work(self) -> None:
        while True:
            work = self._waiting.get()
            try:
                work()
            except Exception as error:
                faults.say("a letter", error)
