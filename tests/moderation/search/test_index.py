"""The index on disk: what is asked is found, in order, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.domain.comments import Author, Comment, Submission
from moderation.search.asking import TERMS_AT_MOST, Term, fits, read
from moderation.search.index import Bounds, Reader, Writer
from tests.factories import verdict

SITES = ("a.example", "b.example")


def comment(content: str, site: str = "a.example", status: Any = "held", **fields: Any) -> Comment:
    author = Author(**fields.pop("author", {}))
    return Comment(
        id="01ARZ3NDEKTSV4RRFFQ69G5FAV", site=site, revision=1, status=status,
        submission=Submission(content=content, author=author, **fields), verdict=verdict(),
    )  # fmt: skip


KNOWN = [
    comment("Cheap pills, order now https://shop.pills.example/buy",
            author={"name": "Pill Shop", "email": "Us <Sale@Pills.Example>", "ip": "203.0.113.7"}),
    comment("Thanks, that fixed my build.", author={"name": "Ada Lovelace", "ip": "2001:db8::1"}),
    comment("谢谢分享,河边小路", status="approved", language="zh"),
    comment("ขอบคุณครับ ลองทำตามสูตร", status="spam"),
    comment("Order of the pills matters", site="b.example"),
]  # fmt: skip


def raw(number: int, low: int = 0) -> bytes:
    return (1_790_000_000_000 + number).to_bytes(6, "big") + low.to_bytes(10, "big")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("index")
    writer = Writer(place)
    for number, one in enumerate(KNOWN):
        writer.add(raw(number), one, 0)
    writer.commit()
    writer.close()
    return place


@pytest.fixture(scope="module")
def reader(folder: Path) -> Reader:
    return Reader(folder)


def found(reader: Reader, text: str, sites: tuple[str, ...] = SITES) -> list[int] | None:
    places = reader.find(read(text), Bounds(sites), 50)
    if places is None:
        return None
    return [[raw(n) for n in range(len(KNOWN))].index(place.id) for place in places][::-1]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("pills", [0, 4]), ("PILLS order", [0, 4]), ('"cheap pills"', [0]), ('"pills cheap"', []),
        ("pil*", [0, 4]), ("pil", []), ("author:lovelace", [1]), ("lovelace", [1]),
        ("email:sale@pills.example", [0]), ("email:mailto:SALE@pills.example.", [0]),
        ("sale@pills.example", [0]), ("email:sale", []),
        ("domain:pills.example", [0]), ("domain:shop.pills.example", [0]),
        ("domain:ills.example", []),
        ("ip:203.0.113.7", [0]), ("ip:203.0.113.0/24", [0]), ("ip:2001:db8::/32", [1]),
        ("203.0.113.7", [0]), ("ip:nonsense", []), ("河边", [2]), ("边河", []), ("谢谢 小路", [2]),
        ("สูตร", [3]), ("status:spam", [3]), ("language:ZH", [2]), ("site:b.example", [4]),
        ("reason:words", [0, 1, 2, 3, 4]), ("reason:nothing", []),
        ("model:2026.11.22-1", [0, 1, 2, 3, 4]),
        ("status:held order", [0, 4]), ("pills nothing", []),
        ("https://shop.pills.example/buy", [0]),
    ],
)  # fmt: skip
def test_what_is_asked_is_found(reader: Reader, text: str, expected: list[int]) -> None:
    assert found(reader, text) == expected


def test_nothing_is_found_of_other_sites(reader: Reader) -> None:
    assert found(reader, "pills", ("a.example",)) == [0]
    assert found(reader, "pills site:b.example", ("a.example",)) == []
    assert found(reader, "pills", ("c.example",)) == []


def test_what_has_no_word_is_not_answered(reader: Reader) -> None:
    assert found(reader, "!!!") is None


HOSTILE = ['"', '"""', "*", "**", "a*b*", "AND OR NOT", "+-()[]{}^~/\\", "content:x", "key:1",
           "/.*/", "ip:", "email:*", "[a TO z]", "\0", "a" * 5000, "ip:1/2/3", "domain:" + "." * 99,
           "author:\"", "reason:" + "\U0010ffff", "ip:::ffff:1.2.3.4"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_question_is_a_program(reader: Reader, text: str) -> None:
    assert found(reader, text) in (None, [])


@given(st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_question_is_answered_or_not(text: str) -> None:
    terms = read(text)
    assert len(terms) <= TERMS_AT_MOST
    for one in KNOWN:
        fits(one, terms)


@given(st.sampled_from(KNOWN), st.data())
@settings(max_examples=100, deadline=None)
def test_what_the_index_finds_fits(reader: Reader, one: Comment, data: st.DataObject) -> None:
    text = one.submission.content
    start = data.draw(st.integers(0, len(text)))
    sought = text[start : start + data.draw(st.integers(1, 30))]
    places = reader.find(read(sought), Bounds(SITES), 50)
    for place in places or []:
        number = int.from_bytes(place.id[:6], "big") - 1_790_000_000_000
        assert fits(KNOWN[number], read(sought))


@pytest.mark.parametrize("newest", [True, False])
def test_pages_hold_every_comment_once_in_order(tmp_path: Path, newest: bool) -> None:
    """Comments of one instant are in order too: a batch has hundreds within a millisecond."""
    writer, one = Writer(tmp_path), comment("the same words")
    ids = [raw(n % 3, n) for n in range(120)]
    for raw_id in random.Random(5).sample(ids, len(ids)):
        writer.add(raw_id, one, 0)
        if raw_id[-1] % 40 == 0:
            writer.commit()
    writer.commit()
    reader, seen, last = Reader(tmp_path), [], b""
    while True:
        bounds = Bounds(SITES, b"" if newest else last, last if newest else b"", newest)
        some = reader.find(read("words"), bounds, 7)
        assert some is not None
        if not some:
            break
        seen += [place.id for place in some]
        last = seen[-1]
    writer.close()
    assert seen == sorted(ids, reverse=newest)


def test_bounds_of_time_are_kept(reader: Reader) -> None:
    within = reader.find((Term("status", "held"),), Bounds(SITES, raw(0), raw(4)), 50)
    assert [place.id for place in within or []] == [raw(1)]


def test_what_is_removed_or_expired_is_not_found(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    for number, expires in enumerate((0, 1000, 3000)):
        writer.add(raw(number), comment("the same words"), expires)
    writer.commit()
    reader = Reader(tmp_path)

    def numbers() -> list[bytes]:
        return [place.id for place in reader.find(read("words"), Bounds(SITES), 9) or []]

    assert numbers() == [raw(2), raw(1), raw(0)]
    assert writer.expire(2000)
    writer.remove("a.example", raw(0))
    writer.commit()
    assert numbers() == [raw(2)]
    assert not writer.expire(2000)
    writer.close()


def test_a_site_that_is_gone_leaves_the_index(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    for number, site in enumerate(SITES):
        writer.add(raw(number), comment("the same words", site), 0)
    writer.commit()
    assert writer.keep_sites(SITES[1:])
    writer.commit()
    assert not writer.keep_sites(SITES[1:])
    places = Reader(tmp_path).find(read("words"), Bounds(SITES), 9)
    writer.close()
    assert [place.site for place in places or []] == ["b.example"]


def test_only_one_writes(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    with pytest.raises(ValueError, match="LockBusy"):
        Writer(tmp_path)
    writer.close()
    Writer(tmp_path).close()
