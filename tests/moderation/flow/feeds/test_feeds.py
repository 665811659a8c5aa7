"""What a feed tells, whom it tells it of, and what nobody can learn from it."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from classifier import marks_of
from moderation.domain import feeds
from moderation.domain.comments import Author, Submission
from moderation.domain.errors import InvalidInput
from moderation.domain.feeds import FORMAT, LANES, Domain, Feed, Index, Text, domain_hash, sketch_of
from moderation.domain.sites import SiteSettings
from moderation.flow import signing
from moderation.flow.authorise import authorise
from moderation.flow.comments import checking
from moderation.flow.feeds import publishing
from moderation.flow.labels.deciding import Word, decide, undo
from moderation.flow.labels.teaching import Lesson, teach_many
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sites import first_run
from moderation.store import sites
from tests.conftest import SECRET
from tests.factories import put_settings

HALVES = [a + b for a in ("bal", "cor", "dim", "fen", "gor", "hul", "jat", "kem", "lor", "mip")
          for b in ("an", "eb", "ic", "od", "ug", "arn", "est", "ill", "omp", "und")]  # fmt: skip
VOCABULARY = [a + b for a in HALVES for b in HALVES]
OTHERS = "zzaa zzbb zzcc zzdd zzee zzff"
PITCH = "our roofers mend every leak before winter comes ask for an estimate today at nordway"


@pytest.fixture
def secret() -> bytes:
    return SECRET.encode()


def say(runtime: Runtime, site: str, by: str, label: str, text: str, via: str = "console") -> str:
    """Have somebody of a site decide a comment, and return its id."""
    if site not in sites.names(runtime.store):
        first_run.add_site(runtime.store, site)
    token = first_run.add_token(runtime.store, site, ("submit", "moderate"), "t")
    grant = authorise(runtime, token, "submit")
    sent = Submission(content=text, author=Author(name="Otto Verne", email="otto@verne.example"))
    made = checking.check(runtime, grant, sent).comment
    decide(runtime, site, made.id, label, Word(by, via), None)
    return made.id


def feed_of(runtime: Runtime, **asked) -> Feed:
    words = {"days": 7, "least": 2, "now_ms": now_ms()} | asked
    return publishing.publish(runtime, "ours", **words)


def knows(feed: Feed, text: str) -> bool:
    return Index(feed).text(sketch_of(marks_of([text])[0])) is not None


def leads(feed: Feed, host: str) -> bool:
    return Index(feed).domain([host]) is not None


def test_what_two_sites_said_is_told_and_found_with_other_words(runtime: Runtime) -> None:
    say(runtime, "a", "ann", "spam", f"{PITCH} https://www.nordway.example/x")
    say(runtime, "b", "bob", "spam", f"{PITCH} now https://quotes.nordway.example")
    feed = feed_of(runtime)
    (text,) = feed.texts
    (domain,) = feed.domains
    assert (text.sites, text.people) == (domain.sites, domain.people) == (2, 2)
    assert knows(feed, PITCH.replace("winter", "summer") + " https://other.example")
    assert not knows(feed, "the soup was good and the second bread was better than the first one")
    assert leads(feed, "sub.nordway.example")
    assert not leads(feed, "example")
    assert not leads(feed, "way.example")


def test_two_people_of_one_site_are_enough_and_one_is_not(runtime: Runtime) -> None:
    say(runtime, "a", "ann", "spam", f"{PITCH} https://nordway.example 1")
    say(runtime, "a", "ann", "spam", f"{PITCH} https://nordway.example 2")
    assert (feed_of(runtime).texts, feed_of(runtime).domains) == ((), ())
    say(runtime, "a", "bob", "spam", f"{PITCH} https://nordway.example 3")
    assert len(feed_of(runtime).texts) == len(feed_of(runtime).domains) == 1
    assert (feed_of(runtime, least=3).texts, feed_of(runtime, least=3).domains) == ((), ())


def test_what_anybody_said_is_fine_is_not_told(runtime: Runtime) -> None:
    for site in ("a", "b"):
        say(runtime, site, "ann", "spam", f"{PITCH} https://nordway.example {site}")
    say(runtime, "c", "cleo", "ham", "I bought from https://nordway.example and it was fine")
    feed = feed_of(runtime)
    assert feed.domains == ()
    assert len(feed.texts) == 1
    say(runtime, "c", "cleo", "ham", f"{PITCH} says the notice at our school")
    assert feed_of(runtime).texts == ()


def test_only_what_people_decided_of_late_counts(runtime: Runtime) -> None:
    text = f"{PITCH} https://nordway.example"
    one = say(runtime, "a", "ann", "spam", text)
    say(runtime, "b", "bob", "spam", text)
    assert feed_of(runtime).texts
    undo(runtime, "a", one, Word("ann", "console"), None)
    assert not feed_of(runtime).texts
    token = first_run.add_token(runtime.store, "a", ("submit", "moderate"), "t")
    teach_many(
        runtime,
        authorise(runtime, token, "submit"),
        [Lesson(Submission(content=text), "spam", "", now_ms())],
        Word("import:1", "import"),
    )
    assert not feed_of(runtime).texts, "what an import brought was decided who knows by whom"
    say(runtime, "c", "cleo", "spam", text)
    assert feed_of(runtime).texts
    put_settings(runtime.store, "c", SiteSettings(shares_training=False))
    assert not feed_of(runtime).texts, "a site that keeps its labels at home takes no part"
    put_settings(runtime.store, "c", SiteSettings())
    assert not feed_of(runtime, now_ms=now_ms() + 8 * 86_400_000).texts


@pytest.mark.parametrize("wrong", [{"days": 0}, {"days": 15}, {"least": 1}, {"least": 0}])
def test_bounds_are_kept(runtime: Runtime, wrong) -> None:
    with pytest.raises(InvalidInput):
        feed_of(runtime, **wrong)


def test_a_file_is_believed_only_as_it_was_signed(secret: bytes) -> None:
    made = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)
    feed = Feed(FORMAT, "ours", made, made, (Text("00" * 12, 2, 2),), ())
    data, key = signing.sign(secret, feed), signing.public_key(secret)
    assert signing.read(data, f" {key}\n") == feed
    other = signing.public_key(b"y" * 32)
    for wrong in (
        b"",
        data[:-3],
        data[:-2] + b"x\n",
        data.replace(b"ours", b"hers"),
        data.partition(b"\n")[0],
        b"\n" + data,
    ):
        with pytest.raises(InvalidInput):
            signing.read(wrong, key)
    with pytest.raises(InvalidInput, match="not signed"):
        signing.read(data, other)
    for no_key in ("", "short", "é" * 44, key[:-4]):
        with pytest.raises(InvalidInput, match="no key"):
            signing.read(data, no_key)
    newer = signing.sign(secret, Feed(FORMAT + 1, "ours", made, made))
    with pytest.raises(InvalidInput, match="form"):
        signing.read(newer, key)
    with pytest.raises(InvalidInput, match="larger"):
        signing.read(b"x" * (signing.MOST_BYTES + 1), key)


MADE = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "feed",
    [
        Feed(FORMAT, "x", MADE, MADE, (Text("zz" * 12, 2, 2),)),
        Feed(FORMAT, "x", MADE, MADE, (Text("00", 2, 2),)),
        Feed(FORMAT, "x", MADE, MADE, (Text("00" * 12, -1, 2),)),
        Feed(FORMAT, "x", MADE, MADE, (), (Domain("2026-11-28", "xyz", 2, 2),)),
        Feed(FORMAT, "x", MADE, MADE, (), (Domain("x" * 65, "00" * 8, 2, 2),)),
        Feed(FORMAT, "x", MADE, MADE, (), tuple(
            Domain(f"2026-10-{day}", "00" * 8, 2, 2) for day in range(10, 26)
        )),
        Feed(FORMAT, "x" * 201, MADE, MADE),
        Feed(FORMAT, "x", MADE, MADE.replace(tzinfo=None)),
    ],
    ids=["no hex", "short", "below none", "hash", "day", "many days", "name", "no zone"],
)  # fmt: skip
def test_one_who_is_trusted_may_still_send_nonsense(secret: bytes, feed: Feed) -> None:
    """Nothing of it is kept: a copy that cannot be read would have every comment held."""
    with pytest.raises(InvalidInput):
        signing.read(signing.sign(secret, feed), signing.public_key(secret))


def test_no_word_name_or_address_of_anybody_stands_in_it(runtime: Runtime, secret: bytes) -> None:
    for site, by in (("garden-club", "ann-marie"), ("sailing-news", "bobby-lee")):
        say(runtime, site, by, "spam", f"{PITCH} https://nordway.example/{site}")
    file = signing.sign(secret, feed_of(runtime)).decode().lower()
    assert '"texts":[[' in file
    words = f"{PITCH} nordway example garden sailing ann-marie bobby otto verne".split()
    assert [word for word in words if len(word) > 3 and word in file] == []


def test_guessing_words_of_a_sketch_is_mostly_wrong(runtime: Runtime) -> None:
    """Whoever tries every word of a vocabulary learns which ones may be in a text: most are not."""
    draw, precise, recalled = random.Random(5), [], []
    # Words make a sketch from five on; those that are the same in all say which lane is the one's.
    marks = marks_of([f"{word} {OTHERS}" for word in VOCABULARY])
    lanes_of = {w: sketch_of(m).hex() for w, m in zip(VOCABULARY, marks, strict=True)}
    plain = sketch_of(marks_of([f"zzgg {OTHERS}"])[0]).hex()
    for _ in range(20):
        said = draw.sample(VOCABULARY, 18)
        sketch = sketch_of(marks_of([" ".join(said)])[0]).hex()
        may_be = {
            word
            for word, alone in lanes_of.items()
            if any(alone[i] == sketch[i] != "0" and alone[i] != plain[i] for i in range(LANES))
        }
        right = len(may_be & set(said))
        precise.append(right / len(may_be))
        recalled.append(right / len(said))
    assert sum(precise) / len(precise) < 0.05
    assert sum(recalled) / len(recalled) > 0.3, "the trial would have found what can be found"


def test_a_domain_is_another_one_each_day() -> None:
    days = [f"2026-11-{day}" for day in range(10, 30)]
    assert len({domain_hash(day, "nordway.example") for day in days}) == len(days)


def test_an_index_finds_its_own_and_no_strangers() -> None:
    draw = random.Random(3)
    texts = [" ".join(draw.choices(VOCABULARY, k=draw.randint(8, 60))) for _ in range(3000)]
    sketches = [sketch_of(mark) for mark in marks_of(texts)]
    now = dt.datetime.now(dt.UTC)
    feed = Feed(FORMAT, "x", now, now, tuple(Text(s.hex(), 2, 2) for s in sketches[:1500]))
    index = Index(feed)
    assert all(index.text(sketch) is not None for sketch in sketches[:1500])
    assert sum(index.text(sketch) is not None for sketch in sketches[1500:]) <= 15
    assert Index(Feed(FORMAT, "x", now, now)).text(sketches[0]) is None
    assert sketch_of(marks_of(["great post"])[0]) == b"", "few words are anybody's"
    assert index.text(b"") is None


def test_a_day_that_is_no_day_is_no_domain() -> None:
    now = dt.datetime.now(dt.UTC)
    entry = Domain("2026-11-28", domain_hash("2026-11-28", "a.example").hex(), 2, 2)
    index = Index(Feed(FORMAT, "x", now, now, (), (entry,)))
    assert index.domain(["x.y.a.example"]) == entry
    assert index.domain(["b.example", "a.example"]) == entry
    assert index.domain(["example", "b.example", ""]) is None


def test_a_comment_that_names_very_many_hosts_costs_no_more(monkeypatch) -> None:
    now = dt.datetime.now(dt.UTC)
    entry = Domain("2026-11-28", domain_hash("2026-11-28", "a.example").hex(), 2, 2)
    index = Index(Feed(FORMAT, "x", now, now, (), (entry,)))
    asked: list[str] = []
    monkeypatch.setattr(feeds, "domain_hash", lambda day, name: asked.append(name) or b"")
    assert index.domain(f"h{n}.shop.example" for n in range(5000)) is None
    assert len(asked) == len(set(asked)) == feeds.MOST_NAMES
