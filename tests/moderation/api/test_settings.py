"""Rules that a site turns on by its settings hold for the next verdict, however it comes."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import SITE
from tests.moderation.api.conftest import Caller, is_problem

PATH = f"/v1/sites/{SITE}"
HAM = "Thanks, the second example fixed my build on the new kiln."
SPAM = "Buy cheap viagra online, best casino bonus at http://pills.example/buy now!!!"
ADA = {"name": "Ada", "email": "ada@mail.example", "ip": "192.0.2.7"}


def choose(admin: Caller, **changes: object) -> None:
    answer = admin("PATCH", f"{PATH}/settings", json=changes, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text


def checked(api: Caller, content: str = HAM, author=ADA, **fields):
    answer = api.post("/v1/check", {"content": content, "author": author, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json


def reason(comment) -> str:
    return comment["verdict"]["reasons"][0]["code"]


def decide(api: Caller, comment, label: str) -> None:
    answer = api(
        "POST", f"/v1/comments/{comment['id']}/decision", json={"label": label},
        headers={"If-Match": "*"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text


def test_the_first_comment_of_an_author_is_held_until_one_was_approved(admin, api):
    choose(admin, hold_first_time=True)
    first = checked(api)
    assert (first["status"], reason(first)) == ("held", "first_time_author")
    assert first["verdict"]["decided_by"] == "rule"
    assert checked(api, HAM + " Again.")["status"] == "held"
    decide(api, first, "ham")
    assert checked(api, HAM + " And again.")["status"] == "approved"
    other = {**ADA, "email": "bob@mail.example"}
    assert checked(api, HAM + " From another.", other)["status"] == "held"


def test_what_is_submitted_is_judged_by_what_is_known_of_its_author_too(admin, api, work):
    choose(admin, hold_first_time=True)
    decide(api, checked(api), "ham")
    sent = [
        {"content": f"{HAM} {n}", "author": {**ADA, "email": email}}
        for n, email in enumerate(("ada@mail.example", "bob@mail.example", "ADA@mail.example"))
    ]
    made = api.post("/v1/comments/batch", sent).json
    work()
    found = [api.get(f"/v1/comments/{one['id']}").json["status"] for one in made]
    assert found == ["approved", "held", "approved"]


def test_a_rule_that_holds_makes_nothing_milder(admin, api):
    choose(admin, hold_first_time=True, hold_links_over=0, close_after_days=1)
    long_ago = "2020-01-01T00:00:00Z"
    word = checked(api, SPAM, article_published_at=long_ago)
    assert (word["status"], word["verdict"]["decided_by"]) == ("spam", "model")


@pytest.mark.parametrize(
    "content, is_held",
    [
        ("See http://a.example and www.b.example for the glaze that I used.", False),
        ("See http://a.example, https://c.example/x and www.b.example for the glaze.", True),
        ('I wrote <a href="http://a.example">http://a.example</a> about glazes.', False),
        ("[url=http://a.example]one[/url] [url]http://b.example[/url] http://c.example ok", True),
        ("&#104;ttp://a.example http://b.example http&#58;//c.example", True),
        ("<A HREF=//a.example>a</A><a  title=x href='b'>b</a><a href=c>c", True),
    ],
)
def test_more_links_than_a_site_lets_pass_are_held(admin, api, content, is_held):
    choose(admin, hold_links_over=2, hold=0.99, reject=0.999)
    word = checked(api, content)
    assert (word["status"] == "held" and reason(word) == "too_many_links") is is_held


def test_a_page_is_closed_after_so_many_days(admin, api):
    choose(admin, close_after_days=14)
    now = dt.datetime.now(dt.UTC)
    for days, status in ((13, "approved"), (15, "held")):
        published = (now - dt.timedelta(days=days)).isoformat()
        word = checked(api, f"{HAM} {days}", article_published_at=published)
        assert word["status"] == status
    assert reason(word) == "article_closed"
    assert checked(api, HAM + " No date.")["status"] == "approved"


@pytest.mark.parametrize(
    "setting, author",
    [
        ("pace_address", {"ip": "192.0.2.7"}),
        ("pace_author", {"email": "ada@mail.example"}),
        ("pace_author", {"id": "u7"}),
    ],
)
def test_more_comments_an_hour_than_a_site_lets_pass_are_held(admin, api, setting, author):
    choose(admin, **{setting: 3})
    words = [checked(api, f"{HAM} Number {n}.", author) for n in range(5)]
    assert [word["status"] for word in words] == ["approved"] * 3 + ["held"] * 2
    assert reason(words[-1]) == setting
    elsewhere = {"ip": "192.0.2.8", "email": "bob@mail.example"}
    assert checked(api, HAM + " Elsewhere.", elsewhere)["status"] == "approved"


def test_the_pace_holds_within_a_batch_too_and_what_is_only_tried_is_not_counted(admin, api, work):
    choose(admin, pace_address=3)
    for n in range(9):
        tried = api.post("/v1/check?record=false", {"content": f"{HAM} {n}", "author": ADA})
        assert tried.json["status"] == "approved"
    sent = [{"content": f"{HAM} Number {n}.", "author": ADA} for n in range(6)]
    made = api.post("/v1/comments/batch", sent).json
    work()
    found = [api.get(f"/v1/comments/{one['id']}").json["status"] for one in made]
    assert sorted(found) == ["approved"] * 3 + ["held"] * 3


def test_an_author_is_trusted_once_enough_was_approved(admin, api):
    choose(admin, trust_after=2, hold_links_over=0)
    for n in range(2):
        decide(api, checked(api, f"{HAM} {n}"), "ham")
    word = checked(api, SPAM)
    assert (word["status"], reason(word)) == ("approved", "trusted_author")
    decide(api, word, "spam")
    assert reason(checked(api, SPAM + " Again.")) != "trusted_author"


@pytest.mark.parametrize(
    "other", [{"ip": "198.51.100.9"}, {"email": "eve@mail.example"}, {"ip": ""}]
)
def test_who_only_writes_a_trusted_e_mail_or_shares_an_address_is_not_trusted(admin, api, other):
    choose(admin, trust_after=2)
    for n in range(3):
        decide(api, checked(api, f"{HAM} {n}"), "ham")
    assert checked(api, SPAM)["status"] == "approved"
    assert checked(api, SPAM + " Else.", {**ADA, **other})["status"] != "approved"


def test_trust_stops_neither_a_closed_page_nor_the_pace(admin, api):
    choose(admin, trust_after=1, close_after_days=1, pace_author=3)
    decide(api, checked(api), "ham")
    closed = checked(api, HAM + " Late.", article_published_at="2020-01-01T00:00:00Z")
    assert (closed["status"], reason(closed)) == ("held", "article_closed")
    checked(api, HAM + " Three.")
    fast = checked(api, HAM + " Four.")
    assert (fast["status"], reason(fast)) == ("held", "pace_author")


def test_settings_are_tried_and_nothing_is_changed(admin, api):
    first = checked(api)
    decide(api, first, "ham")
    checked(api, HAM + " Two.")
    decide(api, checked(api, HAM + " From Bob.", {**ADA, "email": "bob@mail.example"}), "ham")
    trial = admin.post(f"{PATH}/settings/test", {"hold_first_time": True}).json
    # What was approved since is left out of what was known when each of them came.
    assert (trial["comments"], trial["fits"], trial["newly"], trial["overruled"]) == (3, 2, 2, 2)
    assert {one["would_be"] for one in trial["examples"]} == {"held"}
    paced = admin.post(f"{PATH}/settings/test", {"pace_address": 1}).json
    assert (paced["fits"], paced["newly"]) == (2, 2)
    linked = admin.post(f"{PATH}/settings/test", {"hold_links_over": 0}).json
    assert (linked["comments"], linked["fits"]) == (3, 0)
    assert admin.get(f"{PATH}/settings").json["hold_first_time"] is False
    assert checked(api, HAM + " Four.")["status"] == "approved"


@pytest.mark.parametrize(
    "given, pointer",
    [
        ({"hold_links_over": -1}, "/hold_links_over"),
        ({"pace_address": 0}, "/pace_address"),
        ({"trust_after": 0}, "/trust_after"),
        ({"close_after_days": "x"}, "/close_after_days"),
        ({"hold": 0.9, "reject": 0.1}, "/hold"),
    ],
)
def test_settings_that_cannot_be_are_not_tried_either(admin, given, pointer):
    found = is_problem(admin.post(f"{PATH}/settings/test", given), 422, "validation")
    assert [error["pointer"] for error in found["errors"]] == [pointer]
