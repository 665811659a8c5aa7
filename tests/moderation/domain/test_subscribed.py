"""Lists of others are read as they come: hosts files, domains, networks, keys; and decide."""

from __future__ import annotations

import base64
import math

import pytest

from moderation.domain import copies, subscribed
from moderation.domain.copies import Copy, Slot, Subscribed
from moderation.domain.errors import BadEntry, InvalidInput
from moderation.domain.matching import domains_named
from moderation.domain.subscribed import (
    LIST_ENTRIES,
    NewSubscription,
    Subscriptions,
)
from tests.factories import submission

HOSTS = """# A hosts file
127.0.0.1 localhost
::1 ip6-localhost ip6-loopback
0.0.0.0 Shop.Example www.pills.example # two names
0.0.0.0 xn--bcher-kva.example
"""


def one(reads, text, action="hold"):
    entries, _ = subscribed.read(reads, text)
    lists = subscribed.rewritten(
        Subscriptions(), [NewSubscription("https://list.example/x", reads, action)], "ann", 1
    )
    return Subscribed(((lists.lists[0], Slot(Copy(reads, entries))),))


@pytest.mark.parametrize(
    "reads, text, entries, skipped",
    [
        ("domains", HOSTS, ["shop.example", "www.pills.example", "bücher.example"], 0),
        ("domains", "\ufeffa.example\r\n||b.example^\n*.c.example\n! no\n<html>\nlocal\nword",
         ["b.example", "c.example"], 3),
        ("networks", "192.0.2.7\n192.0.2.9/24 ; SBL1\n2001:db8::/32 # x\n::ffff:10.0.0.0/104\n"
         "x\n0.0.0.0/0\n::/0", ["192.0.2.7/32", "192.0.2.0/24", "2001:db8::/32", "10.0.0.0/8"], 3),
        ("keys", "# remark\nkiln\n#1 offer\nab\ntwo words\r\n!bang",
         ["kiln", "two words", "!bang"], 1),
    ],
)  # fmt: skip
def test_a_list_is_read_by_its_kind(reads, text, entries, skipped):
    assert subscribed.read(reads, text) == (entries, skipped)


def test_only_so_many_entries_are_read():
    text = "\n".join(f"h{n}.example" for n in range(LIST_ENTRIES + 5))
    assert len(subscribed.read("domains", text)[0]) == LIST_ENTRIES


@pytest.mark.parametrize(
    "reads, text, sent",
    [
        ("domains", HOSTS, submission("See https://www.SHOP.example/x today")),
        ("domains", HOSTS, submission(author={"url": "http://pills.example@www.pills.example"})),
        ("domains", HOSTS, submission("bücher.example")),
        ("networks", "192.0.2.0/24", submission(author={"ip": "192.0.2.200"})),
        ("networks", "2001:db8::/32", submission(author={"ip": "[2001:db8:1::9]:80"})),
        ("keys", "kiln", submission(author={"name": "KilnShop"})),
    ],
)
def test_a_comment_fits_by_what_it_names(reads, text, sent):
    assert one(reads, text).of(sent).first("hold") is not None
    assert one(reads, text).of(sent).first("spam") is None
    other = submission("A word.", author={"ip": "198.51.100.1"})
    assert one(reads, text).of(other).first("hold") is None


def test_the_domains_of_a_comment_are_looked_for_once_and_only_where_a_list_wants_them(monkeypatch):
    asked = []

    def counted(comment):
        asked.append(comment)
        return domains_named(comment)

    monkeypatch.setattr(copies, "domains_named", counted)
    sent = submission("See https://www.shop.example/x today")
    for reads, text, times in (("domains", "other.example", 1), ("networks", "192.0.2.0/24", 0)):
        asked.clear()
        lists = one(reads, text).of(sent)
        found = [lists.first(action) for action in ("spam", "hold", "hold")]
        assert (found, len(asked)) == ([None] * 3, times)


@pytest.mark.parametrize(
    "url", ["ftp://a.example", "a.example", "https://", "https://u@a.example", "http://a.example:x",
            "http://a.example/\u202e", "http://a b.example"],
)  # fmt: skip
def test_an_address_that_cannot_be_one_is_refused(url):
    with pytest.raises(BadEntry):
        subscribed.rewritten(Subscriptions(), [NewSubscription(url, "keys", "hold")], "ann", 1)


@pytest.mark.parametrize("weight", [math.nan, math.inf, -math.inf, 0.0, -1.0, 4.1])
def test_a_weight_that_cannot_be_kept_is_refused(weight: float):
    key = base64.b64encode(bytes(32)).decode()
    feed = NewSubscription("https://a.example/f", "feed", "weigh", "", key, weight)
    with pytest.raises(BadEntry):
        subscribed.rewritten(Subscriptions(), [feed], "ann", 1)


def test_what_was_subscribed_to_keeps_its_number_and_its_copy():
    a, b = (
        NewSubscription("https://a.example/l", "keys", "hold"),
        NewSubscription("https://b.example/", "keys", "spam"),
    )
    first = subscribed.rewritten(Subscriptions(), [a], "ann", 1)
    both = subscribed.rewritten(first, [b, a], "bob", 2)
    assert [(one.number, one.by) for one in both.lists] == [(2, "bob"), (1, "ann")]
    again = subscribed.rewritten(subscribed.rewritten(both, [b], "ann", 3), [b, a], "ann", 4)
    assert [one.number for one in again.lists] == [2, 3]
    with pytest.raises(BadEntry):
        subscribed.rewritten(first, [a, a], "ann", 1)
    many = [NewSubscription(f"https://a.example/{n}", "keys", "hold") for n in range(11)]
    with pytest.raises(InvalidInput):
        subscribed.rewritten(first, many, "ann", 1)
