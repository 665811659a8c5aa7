"""The digest by mail: counts and links for whoever asked, once a day, and again where it fails."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from moderation.domain.accounts import Preferences, User
from moderation.flow.comments import draining
from moderation.flow.runtime import Runtime
from moderation.flow.sites import administering, digest, first_run
from moderation.store import keys, sites
from tests.e2e.running import free_port
from tests.factories import SITE, accept, submission, write
from tests.mailserver import Box, serving

OTHER = "other.example"
WORDS = "Words of a comment that stay here"
DAY = dt.datetime(2026, 11, 28, 7, 1, tzinfo=dt.UTC)


@pytest.fixture
def box() -> Iterator[Box]:
    with serving(free_port()) as opened:
        yield opened


@pytest.fixture
def runtime(runtime: Runtime, box: Box) -> Runtime:
    """Return an installation with two sites, held comments, and people who asked for a digest."""
    runtime.settings = replace(
        runtime.settings, smtp_url=box.url, mail_from="winnow@kiln.example",
        public_url="https://winnow.kiln.example",
    )  # fmt: skip
    for site, number in ((SITE, 3), (OTHER, 1)):
        if site not in sites.names(runtime.store):
            first_run.add_site(runtime.store, site)
        administering.change_settings(
            runtime.store, site, lambda s: replace(s, hold=0.000001, reject=0.999999)
        )
        accept(
            runtime.store, *(write(submission(f"{WORDS} {n}")) for n in range(number)), site=site
        )
    for lane in range(keys.LANES):
        draining.drain_lane(runtime, lane)
    daily = Preferences(digest="daily")
    for user in (
        User("boss", "x", "administrator", (), "boss@kiln.example", preferences=daily),
        User("ruth", "x", "moderator", (SITE,), "ruth@kiln.example", preferences=daily),
        User("idle", "x", "moderator", (), "idle@kiln.example", preferences=daily),
        User("mute", "x", "moderator", (SITE,), "mute@kiln.example"),
        User("bare", "x", "moderator", (SITE,), preferences=daily),
        User("new", "", "moderator", (SITE,), "new@kiln.example", preferences=daily),
    ):
        sites.put_user(runtime.store, user)
    return runtime


def test_a_digest_counts_and_links_and_quotes_nothing(runtime: Runtime, box: Box) -> None:
    assert digest.send(runtime, DAY) == 2
    texts = {letter["To"]: letter.get_content() for letter in box.letters}
    assert set(texts) == {"boss@kiln.example", "ruth@kiln.example"}
    assert "4 comments need a look" in texts["boss@kiln.example"]
    assert (
        f"{SITE}: 3" in texts["boss@kiln.example"] and f"{OTHER}: 1" in texts["boss@kiln.example"]
    )
    assert "3 comments need a look" in texts["ruth@kiln.example"]
    assert OTHER not in texts["ruth@kiln.example"]
    for letter in box.letters:
        assert WORDS not in letter.as_string()
        assert "https://winnow.kiln.example/console/review" in letter.get_content()


def test_a_days_digest_goes_out_once(runtime: Runtime, box: Box) -> None:
    sent = [digest.send(runtime, DAY + dt.timedelta(minutes=5 * n)) for n in range(4)]
    assert sent == [2, 0, 0, 0]
    assert digest.send(runtime, DAY + dt.timedelta(days=1)) == 2
    assert len(box.letters) == 4


@pytest.mark.parametrize(
    "at, hours, due",
    [("07:00", 0, True), ("07:30", 0, False), ("never", 0, False), ("07:00", 5.9, True),
     ("07:00", 6, False), ("22:00", -5, True)],
)  # fmt: skip
def test_it_goes_out_at_its_hour_and_for_a_while_after(
    runtime: Runtime, box: Box, at: str, hours: float, due: bool
) -> None:
    runtime.settings = replace(runtime.settings, digest_at=at)
    assert (digest.send(runtime, DAY + dt.timedelta(hours=hours)) > 0) == due
    assert bool(box.letters) == due


def test_what_fails_is_tried_again_and_nobody_gets_it_twice(
    runtime: Runtime, box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    up = runtime.settings
    runtime.settings = replace(up, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    assert digest.send(runtime, DAY) == 0
    assert "2 digests were not sent (unreachable)" in caplog.text
    runtime.settings = up
    box.refused.add("boss@kiln.example")
    digest.send(runtime, DAY)
    digest.send(runtime, DAY)
    assert [letter["To"] for letter in box.letters] == ["ruth@kiln.example"]
