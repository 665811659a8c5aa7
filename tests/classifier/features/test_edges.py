"""How a comment begins and ends is a feature, as are its signs and the lengths of its numbers."""

from __future__ import annotations

import pytest

from classifier import Row
from classifier.features.extract import extract_features, extract_places
from classifier.features.groups import CHARS, EDGES, SIGNS
from classifier.reasons import INDEX


def codes(text: str, group: int) -> set[int]:
    return {c for c in extract_features([Row(text=text)]).codes.tolist() if c >> 28 == group}


def test_texts_that_open_and_close_alike_share_four_features_whatever_stands_between() -> None:
    one = codes("Hello friend, the boats came in late. Read more", EDGES)
    two = codes("hello friend! Something else entirely: read more", EDGES)
    assert len(one) == 4
    assert one == two


def test_the_same_words_in_another_place_share_none() -> None:
    assert not codes("boats came first", EDGES) & codes("first came boats", EDGES)


@pytest.mark.parametrize("link", ["https://a.example/x-1", "(http://other.example/y?z=2)"])
def test_a_link_at_the_end_is_a_link_whatever_its_address(link: str) -> None:
    plain = codes("look here http://shop.example/", EDGES)
    assert plain == codes(f"look here {link}", EDGES)


def test_signs_count_where_something_ends_and_not_inside_of_words_and_links() -> None:
    assert codes("don't e-mail a.b", SIGNS) == set()
    assert len(codes("really? yes! (no)", SIGNS)) == 3
    assert codes("really? yes!", SIGNS) == codes("yes! and no! or what?", SIGNS)


def test_numbers_of_one_length_are_one_word() -> None:
    assert codes("in 2019", SIGNS) == codes("of 2024", SIGNS) != set()
    assert codes("in 2019", SIGNS) != codes("in 201", SIGNS)
    assert codes("in 7", SIGNS) == codes("mp3 2nd", SIGNS) == set()


@pytest.mark.parametrize("text", ["", " ", "¨", "¨¨ ¨", "!", "a", ". .", "://", "a ://", "¨ a ¨"])
def test_places_stay_inside_of_odd_texts(text: str) -> None:
    _, places = extract_places(Row(text=text))
    assert all(0 <= start <= end <= len(text) for start, end in places[:, 2:].tolist())


def test_author_and_address_are_read_among_the_runs_of_the_text() -> None:
    text = codes("best pills.example", CHARS)
    row = Row(author="Best", url="pills.example")
    runs = [c for c in extract_features([row]).codes.tolist() if c >> 28 == CHARS]
    buckets = {c & 0xFFFFF for c in text}
    assert len([c for c in runs if c & 0xFFFFF in buckets]) > len(runs) / 2
    reasons = {c >> 20 & 0xFF for c in runs}
    assert reasons == {INDEX["author_name"], INDEX["link_address"]}
