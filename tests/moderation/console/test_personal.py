"""Personal data in the console: looked for, put out, erased; by administrators alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from moderation.flow import jobs
from moderation.flow.models import promoting, training
from moderation.flow.models.promoting import Why
from moderation.flow.privacy import access, erasing
from moderation.flow.runtime import Runtime
from moderation.store import keys
from moderation.store import people as stored_people
from tests.factories import SITE
from tests.moderation.console.conftest import OTHER, Browser
from tests.moderation.flow.privacy.lived import EMAIL, IP, left, mixed, teach, write

PATHS = ("/console/personal", "/console/personal/export", "/console/personal/erase")


@pytest.fixture
def root(person: Callable[..., Browser]) -> Browser:
    """Return the browser of an administrator."""
    return person("root", "administrator", ())


@pytest.fixture
def held(runtime: Runtime) -> Runtime:
    """Return an installation on which the person wrote on two sites."""
    write(runtime, SITE, mixed(30, 6))
    teach(runtime, OTHER, mixed(10, 2))
    return runtime


def looked(page: str) -> dict[str, str]:
    """Return the fields with which a page goes on."""
    form = re.search(r'<form method="post" action="/console/personal#found">.*?</form>', page, re.S)
    fields = re.findall(r'name="([a-z_]+)" value="([^"]*)"', form.group(0) if form else "")
    return {name: value for name, value in fields if name != "csrf_token"}


def test_what_is_held_is_counted_and_put_out_part_by_part(
    root: Browser, held: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "PIECES", 1)
    lines: list[dict[str, Any]] = []
    asked: dict[str, str] = {"email": EMAIL}
    while asked:
        page = root.post(PATHS[0], asked)
        assert page.status_code == 200
        assert EMAIL in page.text, "the form says who is asked about"
        data = root.post(PATHS[1], asked).data
        lines += [msgspec.json.decode(line) for line in data.splitlines()]
        asked = looked(page.text)
    kinds = [(line["site"], line["kind"]) for line in lines]
    assert (kinds.count((SITE, "comment")), kinds.count((OTHER, "label"))) == (6, 2)
    acts = [(act.who, act.what) for _, act in stored_people.acts(held.store, "", 20)]
    assert ("root", "person_exported") in acts
    assert EMAIL.lower() not in str(stored_people.acts(held.store, "", 100)).lower()


def test_a_person_is_erased_whose_address_was_typed_once_more(root: Browser, held: Runtime) -> None:
    refused = root.post(PATHS[2], {"email": EMAIL, "again": "somebody@post.example"})
    assert refused.status_code == 422
    assert jobs.unfinished(held, erasing.KIND) == []
    assert root.post(PATHS[2], {"email": EMAIL, "ip": IP, "again": IP}).status_code == 303
    (job,) = jobs.unfinished(held, erasing.KIND)
    assert job.by == "root"
    assert "Waits for a worker" in root.get("/console/personal").text
    erasing.work_on(held, job.id, here=True)
    shown = root.get("/console/personal/erasures").text
    assert "comments 8, labels 2, pieces of evidence 0, records 4" in shown
    assert "append-only file was written anew" in shown
    assert left(held) == []


def test_who_is_asked_about_must_be_said(root: Browser, held: Runtime) -> None:
    for asked in ({}, {"author_id": "u-1"}, {"email": EMAIL, "site": "no.example"}):
        for path in PATHS:
            assert root.post(path, asked).status_code == 422
    assert root.post(PATHS[1], {"email": EMAIL, "after": "nowhere"}).status_code == 422


def test_a_moderator_may_not(ann: Browser, anyone: Browser, held: Runtime) -> None:
    for path in PATHS:
        assert ann.post(path, {"email": EMAIL, "again": EMAIL}).status_code == 403
    assert ann.get("/console/personal").status_code == 403
    assert "/console/personal" not in ann.get("/console/queue").text
    assert anyone.get("/console/personal").status_code == 303
    assert jobs.unfinished(held, erasing.KIND) == []


def test_hostile_values_stay_text(root: Browser, held: Runtime) -> None:
    sent = '"><script>alert(1)</script>'
    page = root.post(PATHS[0], {"email": sent})
    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_a_model_that_had_learned_from_them_is_not_put_to_use_again(
    root: Browser, held: Runtime
) -> None:
    name = training.train(held, "root", lambda *_: None).name
    promoting.promote(held, name, Why("root"), override=True)
    root.post(PATHS[2], {"email": EMAIL, "again": EMAIL})
    (job,) = jobs.unfinished(held, erasing.KIND)
    erasing.work_on(held, job.id, here=True)
    training.train(held, "root", lambda *_: None)
    in_use = promoting.in_use(held)
    words = "had learned from somebody who was erased"
    for path in ("/console/models/rollback", f"/console/models/{name}/promote"):
        assert words in root.get(path).text
        answer = root.post(path, {"etag": in_use.etag, "override": "1", "reason": "because"})
        assert (answer.status_code, words in answer.text) == (409, True)
    assert words in root.get(f"/console/models/{name}").text
    assert promoting.in_use(held) == in_use


def test_an_erasure_that_could_not_read_all_shows_its_report_with_what_that_was(
    root: Browser, held: Runtime
) -> None:
    held.store.redis.set(keys.of_site(OTHER).listed, b"[")
    shown = root.post(PATHS[0], {"email": EMAIL})
    assert shown.status_code == 200 and "Records that cannot be read" in shown.text
    root.post(PATHS[2], {"email": EMAIL, "again": EMAIL})
    (job,) = jobs.page(held, kind=erasing.KIND).jobs
    erasing.work_on(held, job.id, here=True)
    page = root.get("/console/personal").text
    assert "Failed" in page and "Deleted: comments 8" in page
    assert "1 record cannot be read and may be theirs:" in page and f"{OTHER} list" in page
