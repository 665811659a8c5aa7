"""What Review shows around a comment: its author's record, what is like it, what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable

from moderation.domain.comments import Comment
from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.flow.lookup import find
from moderation.flow.people import records
from moderation.flow.review import deciding as reviewing
from moderation.flow.review import likeness
from moderation.flow.runtime import Runtime
from tests.factories import SITE
from tests.moderation.console.conftest import OTHER, Browser

ANN = {"name": "Ann Lee", "email": "Ann@Mail.example", "ip": "203.0.113.7"}
PITCH = "If anyone needs a used {}, my {} has great prices, just message on WhatsApp today"


def review(browser: Browser, comment: Comment) -> str:
    """Return the text of Review with a comment in focus, without markup."""
    page = browser.get(f"/console/review/item?site={comment.site}&id={comment.id}")
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_the_record_of_an_author_stands_beside_every_comment_of_theirs(
    ann: Browser, hold: Callable[..., Comment], runtime: Runtime
) -> None:
    held = [hold(f"Comment {n}", author=ANN) for n in range(4)]
    for comment, label in zip(held, ("ham", "ham", "spam"), strict=False):
        ann.decide(comment, label)
    page = review(ann, held[3])
    assert "2 approved, 1 spam" in page
    assert "First seen" in page
    assert "4, by 1 name" in page
    strip = ann.get(f"/console/review/item?site={SITE}&id={held[3].id}").text
    assert "approved, approved, spam, held" in strip
    assert "2 approved, 1 spam" in ann.get("/console/queue").text
    assert "2 approved, 1 spam" in ann.get(f"/console/comments/{SITE}/{held[3].id}").text


def test_an_undo_puts_the_record_right_and_so_does_a_deletion(
    ann: Browser, hold: Callable[..., Comment], runtime: Runtime
) -> None:
    first, second = (hold(f"Comment {n}", author=ANN) for n in range(2))
    done = reviewing.decide(runtime, SITE, first.id, "spam", "ann", "", first.etag)
    assert "0 approved, 1 spam" in review(ann, second)
    reviewing.undo(runtime, SITE, first.id, "ann", "", done.etag)
    assert "Nothing decided yet" in review(ann, second)
    reviewing.decide(runtime, SITE, second.id, "spam", "ann", "", second.etag)
    deciding.forget(runtime, SITE, second.id)
    (known,) = records.known_of(runtime, [find(runtime, SITE, first.id)])
    assert known is not None
    assert (known.strip, known.spam) == (("held",), 0)


def test_who_is_known_by_id_e_mail_or_address_is_one_person_in_any_spelling(
    hold: Callable[..., Comment], runtime: Runtime
) -> None:
    hold("One", author={"email": "a@b.example"})
    (known,) = records.known_of(runtime, [hold("Two", author={"email": " A@B.example "})])
    assert known is not None and len(known.strip) == 2 and known.way == "email"
    hold("Three", author={"ip": "2001:db8::1", "name": "x"})
    (known,) = records.known_of(
        runtime, [hold("Four", author={"ip": "2001:0DB8:0:0::1", "name": "y"})]
    )
    assert known is not None and (known.from_address, known.names) == (2, 2)
    (nobody,) = records.known_of(runtime, [hold("Five", author={"name": "No One"})])
    assert nobody is None


def test_another_site_knows_nothing_of_an_author(
    hold: Callable[..., Comment], runtime: Runtime
) -> None:
    hold("One", author=ANN)
    (known,) = records.known_of(runtime, [hold("Two", site=OTHER, author=ANN)])
    assert known is not None and len(known.strip) == 1


def test_a_person_is_dropped_from_the_records_by_whatever_is_known(
    hold: Callable[..., Comment], runtime: Runtime
) -> None:
    comment = hold("One", author=ANN | {"id": "u7"})
    assert records.forget(runtime, SITE, email="ann@mail.example", ip=ANN["ip"]) == 2
    (known,) = records.known_of(runtime, [comment])
    assert known is not None and known.way == "author" and known.from_address == 0
    assert records.forget(runtime, SITE, author_id="u7") == 1
    assert records.known_of(runtime, [comment]) == [None]
    # A decision on what was there before begins a record anew.
    deciding.decide(runtime, SITE, comment.id, "spam", Word("ann", "console"), None)
    (known,) = records.known_of(runtime, [comment])
    assert known is not None and known.strip == ("spam",)


def test_comments_that_are_alike_are_told_shown_and_listed_exactly(
    ann: Browser, hold: Callable[..., Comment], runtime: Runtime
) -> None:
    alike = [
        hold(PITCH.format(thing, who))
        for thing in ("kiln", "wheel", "camera")
        for who in ("cousin", "brother")
    ]
    other = hold("Twenty minutes of soaking the bisque fixed exactly this for me.")
    page = ann.get(f"/console/review/item?site={SITE}&id={alike[0].id}").text
    assert "6 like this" in page and "See all 6 and decide together" in page
    examples = re.findall(r'<span class="differs">([^<]+)</span>', page)
    assert set(examples) <= {"wheel,", "camera,", "brother", "kiln,", "cousin"}
    assert examples
    assert page.count('class="words"') == 3
    assert "like this" not in ann.get(f"/console/review/item?site={SITE}&id={other.id}").text
    queue = ann.get(f"/console/queue?site={SITE}&like={alike[0].id}").text
    listed = re.findall(r'<tr data-id="(\w{26})"', queue)
    assert listed == [comment.id for comment in alike]
    assert queue.count("checked name=") == 6
    assert "6 like this" in ann.get("/console/queue").text


def test_what_was_decided_or_changed_meanwhile_is_not_listed(
    ann: Browser, hold: Callable[..., Comment], runtime: Runtime
) -> None:
    alike = [hold(PITCH.format("kiln", who), external_id=who) for who in ("a", "b", "c", "d")]
    ann.decide(alike[0], "spam")
    hold("A wholly other text stands there now, and it is nobody's advertisement.", external_id="b")
    listed = likeness.listed(runtime, find(runtime, SITE, alike[3].id))
    assert [comment.id for comment in listed] == [alike[2].id, alike[3].id]
    decided = find(runtime, SITE, alike[0].id)
    assert likeness.listed(runtime, decided) == []
    assert likeness.sizes(runtime, [decided]) == [0]
    page = ann.get(f"/console/queue?site={SITE}&like={alike[0].id}")
    assert page.status_code == 200 and "<tr data-id" not in page.text


def test_what_is_like_a_comment_of_another_site_is_not_shown(
    ann: Browser, hold: Callable[..., Comment]
) -> None:
    theirs = [hold(PITCH.format("kiln", who), site=OTHER) for who in ("a", "b")]
    page = ann.get(f"/console/queue?site={OTHER}&like={theirs[0].id}")
    assert theirs[0].id not in page.text.replace(f"like={theirs[0].id}", "")
    for like in ("", "x", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "\0'\"<"):
        assert ann.get("/console/queue", query_string={"like": like}).status_code == 200


def test_what_a_comment_answers_is_shown_as_far_as_it_is_kept(
    ann: Browser, hold: Callable[..., Comment]
) -> None:
    hold("My celadon crawls at the foot.", external_id="1", author={"name": "Maren Holt"})
    hold("Soak it longer.", external_id="2", parent_id="1", author={"name": "Jo Bell"})
    third = hold(
        "That fixed it!", external_id="3", parent_id="2", permalink="https://kiln.example/cone-6",
        article_published_at="2026-03-03T10:00:00Z",
    )  # fmt: skip
    page = review(ann, third)
    assert page.index("Jo Bell") < page.index("Maren Holt")
    assert "Soak it longer." in page and "https://kiln.example/cone-6" in page
    assert "Article published 3 March 2026" in page
    lost = hold("Answering nobody.", external_id="4", parent_id="gone")
    assert "Answers a comment that is not kept here." in review(ann, lost)
    # Comments that name each other lead to an end.
    hold("Round", external_id="5", parent_id="6")
    assert "Round" in review(ann, hold("and round", external_id="6", parent_id="5"))


def test_a_campaign_says_how_many_came_wherever_its_comment_is_shown(
    person: Callable[..., Browser], hold
) -> None:
    text = "Our garden wall fell down last night and my {} neighbour helped me all day to build it."
    for n, word in enumerate(("old", "new", "kind", "tall", "good", "late")):
        author = {"email": f"w{n}@mail.example", "ip": f"198.51.{n}.7"}
        last = hold(text.format(word), author=author)
    ann = person("ann")
    said = "6 near-identical comments from 6 addresses in an hour."
    for path in (
        f"/console/review?site={SITE}&id={last.id}",
        f"/console/comments/{SITE}/{last.id}",
    ):
        assert f'<p class="figures">{said}</p>' in ann.get(path).text
    row = ann.get(f"/console/queue?site={SITE}&reason=campaign").text
    assert f'title="{said}"' in row
    arabic = ann.get(f"/console/review?site={SITE}&id={last.id}", headers={"Accept-Language": "ar"})
    assert "6 تعليقات شبه متطابقة من 6 عناوين خلال ساعة." in arabic.text
