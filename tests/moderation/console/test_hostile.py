"""Comments, names, notes and lists that attack whoever reads them, through every screen."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from msgspec.structs import replace

from moderation.console.screens import blueprint
from moderation.domain.comments import Comment
from moderation.domain.listed import Draft
from moderation.domain.reports import Flip
from moderation.domain.sites import SiteSettings
from moderation.flow.comments import draining
from moderation.flow.lookup import find
from moderation.flow.models import promoting, training
from moderation.flow.review import bulk, deciding, looking
from moderation.flow.runtime import Runtime
from moderation.flow.sites import administering, choosing
from moderation.store import Store, codec, keys, models
from moderation.store.comments import accepting
from tests.factories import SITE, accept, submission, write
from tests.hostile import HOSTILE, NAME, acts
from tests.moderation.console.conftest import PASSWORD, Browser
from tests.moderation.flow.models.taught import teach_site


@pytest.fixture
def boss(person: Callable[..., Browser]) -> Browser:
    """Return the browser of an administrator with a name that no page expects."""
    return person(NAME, "administrator")


def attack(text: str, **fields: Any) -> accepting.Write:
    """Return a comment that has the same in every field that takes it."""
    author = {"name": text[:256], "email": text[:300], "url": text[:2000], "ip": text[:60]}
    more = {"permalink": text[:2000], "context": [text[:9000]], **fields}
    return write(submission(text, author=author, **more))


def judged(runtime: Runtime, *writes: accepting.Write) -> list[Comment]:
    """Return comments with their verdicts."""
    written = accept(runtime.store, *writes)
    for lane in range(keys.LANES):
        draining.drain_lane(runtime, lane)
    return [find(runtime, SITE, codec.id_text(one.id)) for one in written]


def hold_all(settings: SiteSettings) -> SiteSettings:
    """Return settings by which every comment is held."""
    return replace(settings, hold=0.000001, reject=0.999999)


def looks(browser: Browser, paths: list[str]) -> dict[str, object]:
    """Return what is wrong with the answers at these paths."""
    faults: dict[str, object] = {}
    for path in paths:
        answer = browser.get(path)
        if answer.status_code != 200:
            faults[path] = answer.status_code
        elif found := acts(answer.text):
            faults[path] = found[:4]
    return faults


def test_what_a_page_must_not_have_is_seen() -> None:
    assert all(acts(text) for text in HOSTILE[:2] + HOSTILE[3:5] + HOSTILE[6:8] + HOSTILE[9:10])
    assert acts('<a href="/console/queue">One &lt;script&gt;</a>') == []


def test_comments_stay_text_wherever_they_are_listed_and_shown(
    boss: Browser, runtime: Runtime, store: Store
) -> None:
    administering.change_settings(store, SITE, hold_all)
    comments = judged(runtime, *(attack(t, external_id=f"n{n}") for n, t in enumerate(HOSTILE)))
    alike = judged(runtime, *(attack(f"{text} one") for text in HOSTILE[:7]))
    (first, second), third = comments[:2], comments[2]
    deciding.decide(runtime, SITE, first.id, "spam", NAME, "192.0.2.1", first.etag, HOSTILE[1])
    looking.escalate(runtime, SITE, second.id, NAME, HOSTILE[0] + HOSTILE[7])
    judged(runtime, attack(HOSTILE[1] + HOSTILE[7], external_id="n2"))
    assert find(runtime, SITE, third.id).revision == 2
    each = [f"/console/comments/{SITE}/{c.id}" for c in comments + alike]
    shown = [f"/console/review?site={SITE}&id={c.id}" for c in comments[1:]]
    listed = [f"/console/queue?site={SITE}&like={c.id}" for c in alike]
    words = ("alert", "evil.example", "Pay", HOSTILE[0][:99], HOSTILE[7], HOSTILE[9], "W" * 256)
    found = [f"/console/{way}?q={quote(word)}" for word in words for way in ("search", "queue")]
    others = [
        "/console/queue", "/console/spam", "/console/queue?escalated=1", "/console/decisions",
        "/console/review", "/console/review/coming", "/console/audit", "/console/people",
    ]  # fmt: skip
    assert looks(boss, each + shown + listed + found + others) == {}
    ticked = [f"{c.site}/{c.id}/{c.etag}" for c in comments[3:]]
    answer = boss.post("/console/queue/bulk", {"ticked": ticked, "label": "spam"})
    job = answer.headers["Location"].rpartition("/")[2]
    bulk.work_on(runtime, job)
    assert "11 of 11 are spam now" in boss.get(f"/console/queue/bulk/{job}").text
    assert looks(boss, [answer.headers["Location"], "/console/spam", "/console/decisions"]) == {}


def test_a_random_sample_and_what_a_model_changes_stay_text(
    boss: Browser, runtime: Runtime, store: Store
) -> None:
    runtime.settings = replace(runtime.settings, gate_labels=20)
    administering.change_settings(store, SITE, hold_all)
    comments = judged(runtime, *map(attack, HOSTILE))
    teach_site(runtime, SITE, 260)
    name = training.train(runtime, "ann", lambda *_: None).name
    made = [Flip(SITE, c.id, "spam", "held", "spam", 0.4, 0.99) for c in comments]
    report = promoting.report(runtime, name)
    models.put_report(store, name, replace(report, flips=made, stricter=(0, len(made))))
    administering.change_settings(
        store, SITE, lambda s: replace(s, hold=0.000001, reject=0.000001, audit_share=1.0)
    )
    drawn = judged(runtime, *map(attack, HOSTILE))
    samples = [f"/console/review?site={SITE}&id={comment.id}" for comment in drawn]
    flips = [f"/console/models/{name}/flips?direction=stricter", "/console/models"]
    assert looks(boss, samples + flips) == {}
    assert "alert(1)" in boss.get(flips[0]).text


def test_people_sites_lists_and_what_is_typed_stay_text(
    boss: Browser, runtime: Runtime, store: Store
) -> None:
    administering.change_settings(store, SITE, hold_all)
    judged(runtime, *map(attack, HOSTILE[:8]))
    administering.add_user(store, NAME + "2", PASSWORD, "moderator", (SITE,))
    drafts = [
        Draft("words", text[:200].replace("\0", " "), "spam", text[:400]) for text in HOSTILE[:10]
    ]
    for draft in drafts:
        form = {
            "kind": "words", "action": "spam", "values": draft.value, "note": draft.note,
        }  # fmt: skip
        tried = boss.post(f"/console/sites/{SITE}/lists", {**form, "try": "1"})
        assert tried.status_code in (200, 422) and acts(tried.text) == [], draft.value
        saved = boss.post(f"/console/sites/{SITE}/lists", {**form, "save": "1"})
        assert saved.status_code in (303, 422) and acts(saved.text) == [], draft.value
    assert len(choosing.listed(store, SITE).entries) > 5
    made = boss.post(f"/console/sites/{SITE}/tokens", {"name": HOSTILE[0], "scopes": "submit"})
    assert acts(made.text) == []
    for text in HOSTILE[:10]:
        path = boss.post("/console/first/send", {"site": SITE, "content": text})
        assert looks(boss, [path.headers["Location"]]) == {}
        assert looks(boss, [f"{path.headers['Location']}&like={quote(text[:500])}"]) == {}
    quoted = quote(NAME + "2")
    paths = [
        f"/console/sites/{SITE}/lists", f"/console/sites/{SITE}", "/console/sites",
        "/console/people", f"/console/people/person?name={quoted}", "/console/account",
        f"/console/audit?who={quote(NAME)}", f"/console/decisions?by={quote(NAME)}",
        "/console/health", "/console/models",
    ]  # fmt: skip
    assert looks(boss, paths) == {}
    rows = list(csv.reader(io.StringIO(boss.get("/console/audit/export").text)))
    fields = [field for row in rows for field in row]
    assert all(field.isprintable() for field in fields)
    assert not [field for field in fields if re.match(r"\s*[=+@\-\t\r]", field)]


def test_no_screen_takes_what_is_in_its_address_for_markup(boss: Browser) -> None:
    """Every screen that can be asked for, with the same in every place that takes something."""
    text, paths = quote(HOSTILE[1] + HOSTILE[7] + "\x1b[31m", safe=""), []
    names = [
        "q", "author", "model", "domain", "ip", "language", "email", "site", "reason", "like",
        "after", "by", "name", "said", "id",
    ]  # fmt: skip
    asked = "&".join(f"{name}={text}" for name in names)
    bare = Flask("screens", static_folder=None)
    bare.register_blueprint(blueprint)
    for rule in bare.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and "static" not in rule.endpoint:
            path = re.sub(r"<(?:\w+:)?\w+>", text, rule.rule)
            paths += [f"{path}?{asked}", re.sub(r"<(?:\w+:)?site>", SITE, rule.rule)]
    wrong = {}
    for path in paths:
        answer = boss.get(path)
        if answer.status_code >= 500 or (answer.mimetype == "text/html" and acts(answer.text)):
            wrong[path[:80]] = answer.status_code, acts(answer.text)[:3]
    assert wrong == {}


def test_a_link_that_looks_like_another_says_so_and_marks_can_be_switched_off(
    ann: Browser, hold
) -> None:
    comment = hold(
        "See https://gl\u0430zelab.example@evil.example/ and https://gl\u0430zelab.example/a"
    )
    path = f"/console/comments/{comment.site}/{comment.id}"
    page = ann.get(path).text
    assert "looks like glazelab.example" in page and page.count("looks like") == 1
    assert '<b class="link">xn--glzelab-3fg.example</b>' in page
    assert '<b class="link">evil.example</b>' in page
    ann.post("/console/account/preferences", {"unmarked": "on"})
    assert re.search(r'<body class="[^"]*\bunmarked\b', ann.get(path).text)
