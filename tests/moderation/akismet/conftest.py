"""The web app on an empty server, with an Akismet account, and a client of the protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.app import create_app
from moderation.domain.akismet import Account, normalise_blog
from moderation.domain.comments import Comment
from moderation.domain.sites import SiteSettings
from moderation.flow.akismet import accounts, word_back
from moderation.flow.akismet.keys import site_of
from moderation.flow.akismet.word_back import tell_site
from moderation.flow.comments.reading import Filter, list_comments, stats
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import Store, akismet, migrations
from tests.factories import put_settings
from tests.webserver import Site

BLOG = "https://blog.example"
SPAM = "Buy cheap viagra without prescription http://best-pills-24h.example/buy-viagra online"
HAM = "Thanks, the second example fixed my build."
THANKS = "Thanks for making the web a better place."


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings of an operator whose sites are on this machine."""
    return msgspec.structs.replace(settings, outbound_allow=("127.0.0.0/8",))


@pytest.fixture
def app(settings: Settings, store: Store) -> Iterator[Flask]:
    """Return the app of an installation that has been set up."""
    migrations.migrate(store, print)
    first_run.use_shipped(store, settings)
    made = create_app(settings)
    yield made
    made.extensions["winnow"].close()


@pytest.fixture
def runtime(app: Flask) -> Runtime:
    """Return the app's own state."""
    return app.extensions["winnow"]


class Client:
    """Speaks the protocol with one key for one blog."""

    def __init__(self, http: FlaskClient, runtime: Runtime, account: Account, key: str) -> None:
        self._http = http
        self._runtime = runtime
        self.account = account
        self.key = key
        self.blog = BLOG

    def raw(self, path: str, body: bytes = b"", **options: Any) -> TestResponse:
        """Send a body as it is."""
        options.setdefault("content_type", "application/x-www-form-urlencoded")
        return self._http.open(path, method=options.pop("method", "POST"), data=body, **options)

    def __call__(
        self, path: str, options: dict[str, Any] | None = None, **form: Any
    ) -> TestResponse:
        """Call with key and blog and these fields; None leaves one out."""
        fields = {"api_key": self.key, "blog": self.blog, **form}
        sent = {name: value for name, value in fields.items() if value is not None}
        answer = self.raw(f"/{path}", urlencode(sent).encode(), **(options or {}))
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Length"] == str(len(answer.data))
        return answer

    def check(self, content: str = HAM, **form: Any) -> TestResponse:
        """Ask about a comment."""
        fields = {
            "user_ip": "203.0.113.7",
            "user_agent": "Mozilla/5.0",
            "comment_author": "Ada",
            "comment_author_email": "ada@mail.example",
            "comment_content": content,
            **form,
        }
        return self("1.1/comment-check", **fields)

    def report(self, word: str, content: str = HAM, **form: Any) -> str:
        """Report a comment and return what was answered."""
        fields = {
            "user_ip": "203.0.113.7",
            "comment_author": "Ada",
            "comment_author_email": "ada@mail.example",
            "comment_content": content,
            **form,
        }
        return self(f"1.1/submit-{word}", **fields).text

    @property
    def site(self) -> str:
        """The site that account and blog are."""
        return site_of(self._runtime.secret, self.account.id, normalise_blog(self.blog))

    def settings(self, **changes: Any) -> None:
        """Change the site's settings."""
        put_settings(self._runtime.store, self.site, SiteSettings(**changes))

    def comments(self) -> list[Comment]:
        """Return the site's comments, the newest first."""
        return list_comments(self._runtime, self.site, Filter(), "", 100).comments

    def today(self) -> Any:
        """Return what the site counted today."""
        import datetime as dt

        day = dt.datetime.now(dt.UTC).date()
        return stats(self._runtime, self.site, day, day)[0]

    def allow_only_listed(self) -> None:
        """No blog appears by itself any more."""
        accounts.change(self._runtime.store, self.account, listed_only=True)

    def blogs(self) -> list[str]:
        """Return the account's blogs."""
        return sorted(akismet.blogs(self._runtime.store, self.account.id))


@pytest.fixture
def make_client(app: Flask, runtime: Runtime) -> Callable[..., Client]:
    """Make a client with an account of its own."""

    def make(name: str = "test", **limits: Any) -> Client:
        account, key = accounts.create_account(runtime.store, runtime.secret, name)
        if limits:
            account = accounts.change(runtime.store, account, **limits)
        return Client(app.test_client(), runtime, account, key)

    return make


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    """Return a client with a key."""
    return make_client()


@pytest.fixture
def other_process(settings: Settings, app: Flask, client: Client) -> Iterator[Client]:
    """Return the same client before another process of the installation."""
    other = create_app(settings)
    yield Client(other.test_client(), other.extensions["winnow"], client.account, client.key)
    other.extensions["winnow"].close()


class Told:
    """A site that asked with a callback, and what it hears."""

    def __init__(self, client: Client, runtime: Runtime, blog: Site) -> None:
        self.client, self.runtime, self.blog = client, runtime, blog
        self.address = f"http://127.0.0.1:{blog.port}"
        client.blog = self.address

    def check(self, **form: str) -> str:
        """Ask about a comment and return the guid."""
        fields = {"callback": f"{self.address}/hook", **form}
        return self.client.check(HAM, **fields).headers["X-akismet-guid"]

    @property
    def comment(self) -> Any:
        return self.client.comments()[0]

    def work(self) -> None:
        """Do what the workers do with what is to be told."""
        tell_site(self.runtime, self.comment.site, self.comment.id)

    def heard(self) -> list[dict[str, str]]:
        """Return the forms that came."""
        return [
            {name: values[0] for name, values in parse_qs(body.decode()).items()}
            for _, _, body in self.blog.heard
        ]


@pytest.fixture
def told(client: Client, runtime: Runtime, blog: Site) -> Told:
    """Return a site that asks with a callback."""
    return Told(client, runtime, blog)


class Clock:
    """The time that word back goes by."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = word_back.now_ms()
        monkeypatch.setattr(word_back, "now_ms", lambda: self.now)

    def pass_(self, seconds: int) -> None:
        self.now += seconds * 1000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the time that word back goes by; it stands until it is told to pass."""
    return Clock(monkeypatch)
