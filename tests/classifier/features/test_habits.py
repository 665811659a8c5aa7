"""How names and addresses look is known to a site's learner, and to no base."""

from __future__ import annotations

import pytest

from classifier import Model, Row
from classifier.features.groups import ADDRESSES, BASE_WEIGHTS, NAME_RUNS, NAMES, SITE_WEIGHTS

MODEL = Model.load()


def habits(group: int, **fields: str) -> set[int]:
    row = Row(text="Thanks, that helped.", **fields)
    return {c for c in MODEL.features([row]).codes.tolist() if c >> 28 == group}


def test_the_base_is_not_told_and_the_site_is() -> None:
    for group in (NAMES, ADDRESSES, NAME_RUNS):
        assert BASE_WEIGHTS[group] == 0
        assert SITE_WEIGHTS[group] > 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann Miller", "Best Cheap Roofing Dallas"),
        ("Ann Miller", "ann miller"),
        ("Ann Miller", "ANN MILLER"),
        ("annmil", "annmil77"),
        ("Annmil", "annMil"),
        ("Ann Miller", "xkrtwq miller"),
        ("Anna", "Анна"),
        ("shoemaker", "shoemakers"),
        ("Ann", "Ann Miller"),
        ("ann pills", "pills.example"),
    ],
)
def test_names_of_another_shape_differ(one: str, other: str) -> None:
    assert habits(NAMES, author=one) != habits(NAMES, author=other)


def test_names_of_one_shape_are_alike() -> None:
    assert habits(NAMES, author="Ann Miller") == habits(NAMES, author="Tom Walker")


def test_a_part_of_a_name_is_known_again() -> None:
    assert len(habits(NAME_RUNS, author="Roofing") & habits(NAME_RUNS, author="Roofer")) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://shop.example/", "https://shop.example/a/b"),
        ("https://shop.example/a", "https://shop.example/a/b/c/d"),
        ("https://shop.example", "https://best-shop.example"),
        ("https://best-shop.example", "https://the-best-shop.example"),
        ("https://annmiller.example", "https://shop.example"),
        ("", "https://shop.example"),
    ],
)
def test_addresses_of_another_shape_differ(one: str, other: str) -> None:
    found = (habits(ADDRESSES, author="Ann Miller", url=url) for url in (one, other))
    assert next(found) != next(found)


def test_a_name_is_found_in_its_host_whatever_signs_stand_there() -> None:
    spellings = ("https://ann.miller.example", "http://www.annmil.example", "ANNM.example")
    found = [habits(ADDRESSES, author="Ann Miller", url=url) for url in spellings]
    assert found[0] == found[1] == found[2]


def test_a_site_without_names_has_nothing_in_common_by_that() -> None:
    assert habits(NAMES) == habits(ADDRESSES) == habits(NAME_RUNS) == set()
