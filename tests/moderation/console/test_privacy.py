"""What a site's authors are told: in their language, and as the store has it, figure by figure."""

from __future__ import annotations

import html
import re
from typing import Any

import msgspec
import pytest

from moderation.domain.comments import Author, Submission
from moderation.domain.listed import Draft
from moderation.domain.sites import RECORDS_DAYS, Retention, SiteSettings
from moderation.domain.webhooks import EVENTS
from moderation.flow.akismet import accounts
from moderation.flow.comments import trimming
from moderation.flow.comments.checking import check
from moderation.flow.comments.submitting import submit
from moderation.flow.feeds import publishing
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.people.links import By
from moderation.flow.privacy import promise
from moderation.flow.rows import personal_hash
from moderation.flow.runtime import Runtime
from moderation.flow.sites import choosing, founding, removing
from moderation.flow.webhooks import endpoints
from moderation.store import akismet, authors, codec, keys
from tests.factories import SITE, contents, put_settings, submission
from tests.moderation.console.conftest import OTHER, Browser
from tests.moderation.flow.models.taught import grant_of
from tests.moderation.flow.privacy.lived import PERSON, TRACES, erase, others

DAY_MS = 86_400_000
PAGE = f"/privacy/{SITE}"
KEPT = Retention(queued=11, approved=22, held=33, spam=44)
BY = By("root")


def told(anyone: Browser, path: str = PAGE, language: str = "en") -> str:
    """Return what the page says."""
    answer = anyone.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def days(page: str, what: str) -> int:
    """Return for how many days the page says that something is kept."""
    said = re.search(rf'id="kept-{what}">([^<]*)<', page)
    assert said
    number = re.match(r"(\d+) days?", said.group(1))
    return int(number.group(1)) if number else 0


def test_comments_are_kept_as_long_as_it_says(anyone: Browser, runtime: Runtime) -> None:
    put_settings(runtime.store, SITE, SiteSettings(retention=KEPT, hold=0.3, reject=0.4))
    page, grant, redis = told(anyone), grant_of(runtime, SITE), runtime.store.redis
    fine = check(runtime, grant, others(0)).comment.id
    decide(runtime, SITE, fine, "ham", Word("ann", "api"), None)
    bad = check(runtime, grant, others(1)).comment.id
    decide(runtime, SITE, bad, "spam", Word("ann", "api"), None)
    queued = submit(runtime, grant, [others(2)])[0].id
    put_settings(runtime.store, SITE, SiteSettings(retention=KEPT, hold=1e-6, reject=0.999999))
    held = check(runtime, grant, others(3)).comment
    assert held.status == "held"
    for status, one in (("approved", fine), ("spam", bad), ("queued", queued), ("held", held.id)):
        ttl = redis.pttl(keys.of_site(SITE).comment.encode() + codec.id_bytes(one))
        promised = days(page, status) * DAY_MS
        assert promised - DAY_MS < ttl <= promised, status
        assert promised == getattr(KEPT, status) * DAY_MS


@pytest.mark.parametrize(
    ("kept", "longest"), [(KEPT, 44), (Retention(approved=0), RECORDS_DAYS), (Retention(), 365)]
)
def test_records_of_authors_go_when_it_says(
    anyone: Browser,
    runtime: Runtime,
    monkeypatch: pytest.MonkeyPatch,
    kept: Retention,
    longest: int,
) -> None:
    put_settings(runtime.store, SITE, SiteSettings(retention=kept))
    promised = days(told(anyone), "records")
    assert promised == longest
    sent = msgspec.structs.replace(others(0), author=PERSON)
    check(runtime, grant_of(runtime, SITE), sent)
    known = [(SITE, authors.who(personal_hash(runtime.secret, "email", PERSON.email)), b"")]
    monkeypatch.setattr(trimming, "SLICES", 1)
    now = trimming.now_ms()
    for after, is_there in ((promised, True), (promised + 1, False)):
        monkeypatch.setattr(trimming, "now_ms", lambda at=after: now + at * DAY_MS)
        trimming.trim(runtime)
        assert (authors.read(runtime.store, known) != [None]) == is_there, after


IN_WORDS = {
    "comment": "An approved comment",
    "label": "What the filter learns from",
    "authors": "under keyed hashes",
}
"""By which line of the page each kind of key is told that holds something of an author."""


def test_no_key_holds_of_an_author_what_the_page_is_silent_of(
    anyone: Browser, runtime: Runtime
) -> None:
    grant = grant_of(runtime, SITE)
    sent = msgspec.structs.replace(others(0), author=PERSON, external_id="7")
    submit(runtime, grant, [sent], idempotency_key="k", body=b"x")
    judged = check(runtime, grant, msgspec.structs.replace(others(1), author=PERSON)).comment
    decide(runtime, SITE, judged.id, "spam", Word("ann", "api"), None)
    check(runtime, grant, msgspec.structs.replace(others(2), author=PERSON, external_id="7"))
    hashes = [
        personal_hash(runtime.secret, way, value)[: 2 * authors.WHO_BYTES]
        for way, value in (("email", PERSON.email), ("ip", PERSON.ip), ("author", PERSON.id))
    ]
    # Of a person's six bytes the field has the last four.
    sought = [trace.encode() for trace in TRACES] + [bytes.fromhex(one)[2:] for one in hashes]
    prefix, kinds = keys.of_site(SITE).meta.encode() + b":", set()
    for key, value in contents(runtime.store):
        parts = value.items() if isinstance(value, dict) else [(b"", value)]
        data = b" ".join(p if isinstance(p, bytes) else repr(p).encode() for q in parts for p in q)
        if any(one in data.lower() or one in data for one in sought):
            assert key.startswith(prefix), key
            kinds.add(key[len(prefix) :].split(b":")[0].decode())
    assert kinds == set(IN_WORDS)
    page = told(anyone)
    assert all(words in page for words in IN_WORDS.values())


def test_all_that_a_site_may_send_is_told(anyone: Browser) -> None:
    fields = {name for name in Submission.__struct_fields__ if name != "author"}
    fields |= {f"author.{name}" for name in Author.__struct_fields__}
    assert set(promise.RECEIVED) == fields
    page = told(anyone)
    assert all(words in page for words in promise.RECEIVED.values())


def test_what_learns_and_what_leaves_is_as_it_is_set(
    anyone: Browser, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = runtime.store
    page = told(anyone)
    assert "So does the model that all sites" in page
    assert re.search(r'id="leaves">.*?<p>Nothing\.</p>', page, re.S)
    assert "at random" in page
    put_settings(store, SITE, SiteSettings(shares_training=False, audit_share=0))
    page = told(anyone)
    assert "does not learn from this site" in page and "at random" not in page
    account, _ = accounts.create_account(store, runtime.secret, "blogs")
    blog = accounts.allow_blog(store, runtime.secret, account, "https://a.example")
    own = akismet.blogs(store, account.id)[blog].site
    assert "own server is told so" in told(anyone, f"/privacy/{own}")
    assert "own server is told so" not in told(anyone)
    monkeypatch.setattr(
        runtime, "settings", msgspec.structs.replace(runtime.settings, smtp_url="smtp://m.example")
    )
    assert "letters by mail" in told(anyone)
    assert "published for other installations" not in told(anyone)
    publishing.publish(runtime, "blogs", 7, 2, trimming.now_ms())
    assert "published for other installations" not in told(anyone), "this one shares nothing"
    assert "published for other installations" in told(anyone, f"/privacy/{OTHER}")


def test_webhooks_are_told_with_what_they_are_told(anyone: Browser, runtime: Runtime) -> None:
    for personal, said in (
        (False, "and without the author's e-mail"),
        (True, "and with the author's"),
    ):
        assert said not in told(anyone)
        endpoints.make(
            runtime.store, runtime.secret, SITE, "https://hooks.example/x", EVENTS, BY,
            personal=personal,
        )  # fmt: skip
        assert said in told(anyone)
    assert "hooks.example" not in told(anyone)


def test_the_pace_is_kept_as_long_as_it_says(anyone: Browser, runtime: Runtime) -> None:
    assert "kept-pace" not in told(anyone)
    put_settings(runtime.store, SITE, SiteSettings(pace_author=5))
    check(runtime, grant_of(runtime, SITE), msgspec.structs.replace(others(0), author=PERSON))
    prefix = keys.of_site(SITE).pace.encode()
    counted = [key for key, _ in contents(runtime.store) if key.startswith(prefix)]
    assert len(counted) == 3
    hours = re.search(r'id="kept-pace">(\d+) hours', told(anyone))
    assert hours
    for key in counted:
        assert 0 <= int(hours.group(1)) * 3600 - runtime.store.redis.ttl(key) < 60
    erase(runtime, email=PERSON.email, ip=PERSON.ip)
    left = [key for key, _ in contents(runtime.store) if key.startswith(prefix)]
    assert len(left) == 1, "that of the site's own id, which nobody named"


def test_a_change_of_settings_is_told_at_once(anyone: Browser, runtime: Runtime) -> None:
    assert days(told(anyone), "spam") == 90
    choosing.put_settings(
        runtime.store, SITE, lambda known: msgspec.structs.replace(known, retention=KEPT), BY
    )  # fmt: skip
    assert days(told(anyone), "spam") == 44
    choosing.put_settings(
        runtime.store,
        SITE,
        lambda known: msgspec.structs.replace(known, retention=Retention(spam=0)),
        BY,
    )
    assert 'id="kept-spam">until somebody deletes it<' in told(anyone)


def test_the_operators_contact(anyone: Browser, runtime: Runtime) -> None:
    for contact, shown in (
        ("", f"Ask whoever runs {SITE}."),
        ("privacy@blog.example", 'href="mailto:privacy'),
        ("https://blog.example/privacy?a=1&b=2", 'href="https://blog.example/privacy?a=1&b=2"'),
        ("Ann Example, Main Street 1", "Turn to: <bdi>Ann Example"),
        ("javascript:alert(1)", "Turn to: <bdi>javascript:alert(1)</bdi>"),
    ):
        put_settings(runtime.store, SITE, SiteSettings(contact=contact))
        assert shown in told(anyone), contact
    put_settings(runtime.store, SITE, SiteSettings(contact='"><script>alert(1)</script>'))
    assert "<script" not in anyone.get(PAGE).text


def test_it_speaks_the_readers_language(anyone: Browser) -> None:
    for language, tag, said in (
        ("de", 'lang="de" dir="ltr"', "Was gespeichert wird"),
        ("ar", 'lang="ar" dir="rtl"', "ما الذي"),
        ("fr", 'lang="en" dir="ltr"', "What is stored"),
    ):
        page = told(anyone, language=language)
        assert tag in page and said in page
        if language != "fr":
            assert [words for words in promise.words() if f">{words}<" in page] == []


def test_of_a_site_that_is_not_there_it_says_what_any_address_is_answered(
    anyone: Browser, runtime: Runtime
) -> None:
    founding.make(runtime.store, "gone.example", BY)
    job = removing.begin(runtime, "gone.example", BY, send=False)
    removing.work_on(runtime, job.id)

    def plain(path: str) -> Any:
        answer = anyone.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 404
        return re.sub(r"<code>[0-9a-f]+-[0-9a-f]+</code>", "", answer.text)

    expected = plain("/nothing-here")
    for name in ("gone.example", "never.example", "UPPER", "a%20b", "x" * 70, "..", "%00"):
        assert plain(f"/privacy/{name}") == expected, name


def test_it_tells_an_attacker_nothing_of_how_it_is_defended(
    anyone: Browser, runtime: Runtime
) -> None:
    """Neither scores nor lists, neither people nor numbers, and nothing of who wrote."""
    before = told(anyone)
    put_settings(
        runtime.store,
        SITE,
        SiteSettings(hold=0.123, reject=0.456, mode="observe", trusted_roles=("gardener",),
                     warm_up=77, fail_mode="approve"),
    )  # fmt: skip
    choosing.put_list(runtime.store, SITE, [Draft("words", "cheap kilns", "hold")], BY, None)
    choosing.hold_everything(runtime.store, SITE, trimming.now_ms() + 60_000, BY)
    check(runtime, grant_of(runtime, SITE), msgspec.structs.replace(submission(), author=PERSON))
    assert told(anyone) == before
    founding.retire(runtime.store, SITE, BY)
    assert told(anyone) == before
    assert told(anyone, f"/privacy/{OTHER}") == before.replace(SITE, OTHER)
    answer = anyone.get(PAGE)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == (
        "no-cache", "Accept-Language",
    )  # fmt: skip
    assert "Set-Cookie" not in answer.headers
