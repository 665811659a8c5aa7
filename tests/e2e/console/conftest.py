"""The console in a real browser, against a running Winnow; each test has a site of its own."""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from moderation.domain.people import Role
from moderation.flow.comments import draining
from moderation.flow.lookup import find
from moderation.flow.opening import open_runtime
from moderation.flow.review import looking
from moderation.flow.runtime import Runtime
from moderation.flow.sites import administering, first_run
from moderation.settings import Settings
from moderation.store import codec, keys
from tests.e2e.running import Up
from tests.e2e.starting import running_up
from tests.factories import accept, submission, write
from tests.processes import until

PASSWORD = "a password of the tests"
_numbers = itertools.count(1000)  # Names of sites are longer than desk1.example.
# On a busy machine a page takes longer than the five seconds that are waited for by default.
expect.set_options(timeout=20_000)


_addresses = ipaddress.ip_network("198.18.0.0/15").hosts()


@pytest.fixture(scope="session")
def shared(kernels: None) -> Iterator[Callable[[], Up]]:
    """Return what gives a running Winnow, the same one as long as it runs."""
    # There is mail, as far as pages know; nobody listens at this port. Each browser sits at an
    # address of its own: log-ins from one are limited.
    more = {
        "WINNOW_SMTP_URL": "smtp://127.0.0.1:9",
        "WINNOW_TRUSTED_PROXIES": "127.0.0.1",
        "WINNOW_OUTBOUND_ALLOW": "127.0.0.1",  # Lists of others, of which tests are the server.
    }
    with ExitStack() as ended_after:
        started: list[Up] = []

        def running() -> Up:
            if not started or started[-1].process.poll() is not None:
                started.append(ended_after.enter_context(running_up(**more)))
            return started[-1]

        yield running


@pytest.fixture(scope="module")
def winnow(shared: Callable[[], Up]) -> Up:
    """Return a running Winnow, which the tests of several modules share.

    A module whose texts or models others would meet on their pages has one of its own.
    """
    return shared()


@pytest.fixture(scope="module")
def within(winnow: Up) -> Iterator[Runtime]:
    """Return a view of the same installation, to prepare it and to look into it."""
    running = msgspec.json.decode((winnow.data / "run.json").read_bytes())
    opened = open_runtime(
        Settings.from_env(
            {"WINNOW_DATA": str(winnow.data), "WINNOW_REDIS_URL": running["redis_url"]}
        )
    )
    yield opened
    opened.close()


@dataclass
class Desk:
    """A site with held comments, and browsers of the people who work on it."""

    url: str
    site: str
    runtime: Runtime
    open_context: Callable[..., BrowserContext]

    def hold(self, *contents: str, **fields: Any) -> list[str]:
        """Make held comments and return their ids, the oldest first."""
        sent = [write(submission(content, **fields)) for content in contents]
        written = accept(self.runtime.store, *sent, site=self.site)
        draining.drain_lane(self.runtime, keys.shard_of(self.site) % keys.LANES)
        ids = sorted(codec.id_text(one.id) for one in written)
        # A worker that sweeps may have taken them, and have the lane for as long as it judges them.
        until(lambda: "queued" not in self.statuses(ids), 60, lambda: str(self.statuses(ids)))
        return ids

    def comment(self, comment_id: str) -> Any:
        """Return a comment as it is stored."""
        return find(self.runtime, self.site, comment_id)

    def statuses(self, ids: list[str]) -> list[str]:
        """Return the status of each comment."""
        return [self.comment(name).status for name in ids]

    def become(self, ids: list[str], *statuses: str) -> None:
        """Wait until the comments have these statuses: a page saves after it shows the next."""
        until(lambda: self.statuses(ids) == list(statuses), 30, lambda: str(self.statuses(ids)))

    def looked_at(self, comment_id: str, who: str) -> None:
        """Wait until a comment is looked at by a person whose name begins so ('': by nobody)."""

        def looks() -> str:
            return looking.look_of(self.runtime, self.comment(comment_id)).looks

        until(lambda: looks().startswith(who) and bool(looks()) == bool(who), 30, looks)

    def person(self, name: str = "ruth", role: Role = "moderator", **options: Any) -> Page:
        """Return a page of a new person who works on the site and has logged in."""
        name = f"{name}{next(_numbers)}"
        administering.add_user(self.runtime.store, name, PASSWORD, role, (self.site,))
        context = self.open_context(**options)
        # The form is filled in where log-ins are tested; here it is sent as a browser does.
        form = context.request.get(f"{self.url}/console/login").text()
        token = re.search(r'name="csrf_token" value="([^"]+)"', form)
        assert token
        fields = {"name": name, "password": PASSWORD, "csrf_token": token[1]}
        sent = context.request.post(f"{self.url}/console/login", form=fields, max_redirects=0)
        assert sent.status == 303, sent.text()
        page = context.new_page()
        page.goto(f"{self.url}/console/review")
        return page


@pytest.fixture
def desk(winnow: Up, within: Runtime, chromium: Browser) -> Iterator[Desk]:
    """Return a new site that holds everything, and browsers that load nothing from elsewhere."""
    site = f"desk{next(_numbers)}.example"
    first_run.add_site(within.store, site)
    administering.change_settings(
        within.store,
        site,
        lambda settings: msgspec.structs.replace(settings, hold=0.000001, reject=0.999999),
    )
    contexts: list[BrowserContext] = []
    strangers: list[str] = []
    dialogs: list[str] = []
    faults: list[str] = []

    def open_context(**options: Any) -> BrowserContext:
        usual = {
            "viewport": {"width": 1280, "height": 900},
            "extra_http_headers": {"X-Forwarded-For": str(next(_addresses))},
        }
        context = chromium.new_context(**{**usual, **options})
        context.set_default_timeout(20_000)
        context.on(
            "request",
            lambda asked: (
                strangers.append(asked.url) if not asked.url.startswith(winnow.url) else None
            ),
        )
        context.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        context.on("weberror", lambda raised: faults.append(str(raised.error)))
        contexts.append(context)
        return context

    yield Desk(winnow.url, site, within, open_context)
    for context in contexts:
        # Ended while a page asks for something the browser sometimes never answers. A page that is
        # still on its way to another one goes there first.
        for page in context.pages:
            with suppress(Error):
                page.goto("about:blank")
        context.close()
    assert strangers == [], "a page asked somebody else for something"
    assert dialogs == [], "a comment ran a script"
    assert faults == [], "a script of ours failed"
