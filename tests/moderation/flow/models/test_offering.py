"""A model file made elsewhere is taken for nothing but arrays and numbers."""

from __future__ import annotations

import json
import struct

import pytest

from classifier import Model
from moderation.domain.errors import Conflict, InvalidInput
from moderation.flow.models import offering, promoting
from moderation.flow.models.promoting import Why
from moderation.store import models
from tests.moderation.flow.models.made import model_file

DEEP = b"[" * 200_000
HEADS = {"deep": DEEP, "list": b"[]", "text": b"\xff\xfe", "empty": b""}


def test_the_same_file_twice_is_one_candidate(runtime):
    blob = model_file("made-1")
    first, is_new = offering.offer(runtime, blob, "ann")
    again, is_new_again = offering.offer(runtime, blob, "ben")
    assert (is_new, is_new_again) == (True, False)
    assert again == first
    assert (first.origin, first.by, first.size) == ("made elsewhere", "ann", len(blob))


def test_another_file_of_the_same_name_is_refused(runtime):
    offering.offer(runtime, model_file("made-1"), "ann")
    with pytest.raises(Conflict):
        offering.offer(runtime, model_file("made-1", scale=0.25), "ann")
    with pytest.raises(Conflict):
        offering.offer(runtime, model_file(runtime.shipped.name), "ann")
    assert Model.load(models.blob(runtime.store, runtime.shipped.name)).name == runtime.shipped.name


@pytest.mark.parametrize(
    "changes",
    [
        {"feature_version": 1}, {"feature_version": "x"}, {"feature_version": None},
        {"name": "a+1"}, {"name": "a:b"}, {"name": ""}, {"name": 5}, {"name": "a" * 65},
        {"name": "made\n"}, {"name": None}, {"name": "../up"},
        {"slope": 0.0}, {"slope": -1.0}, {"slope": "1"}, {"slope": None}, {"slope": 1e308},
        {"intercept": 1e9}, {"offset": [1]}, {"offset": True},
        {"bands": {"hold": 0.5, "reject": 1.0, "discard": 1.0}}, {"bands": {"hold": 0.5}},
        {"bands": {"hold": 0.9, "reject": 0.1, "discard": 0.95}}, {"bands": 7},
        {"bands": {"hold": 1e-300, "reject": 0.9, "discard": 0.95}},
        {"layer": {"labels": "many"}}, {"layer": []},
    ],
    ids=str,
)  # fmt: skip
def test_a_manifest_that_says_what_cannot_be_is_refused(runtime, changes):
    with pytest.raises(InvalidInput) as refused:
        offering.offer(runtime, model_file(**{"name": "made-1"} | changes), "ann")
    assert "made-1" not in str(refused.value)
    assert [s.name for s in promoting.listed(runtime).snapshots] == [runtime.shipped.name]


@pytest.mark.parametrize("head", HEADS)
def test_a_file_that_is_none_is_refused(runtime, head):
    blob = b"WINNOWM\n" + struct.pack("<I", len(HEADS[head])) + HEADS[head]
    with pytest.raises(InvalidInput):
        offering.offer(runtime, blob, "ann")


def test_arrays_of_another_shape_and_bytes_behind_them_are_refused(runtime):
    whole = model_file("made-1")
    size = struct.unpack_from("<I", whole, 8)[0]
    manifest = json.loads(whole[12 : 12 + size])
    for length in (manifest["arrays"][0]["length"] - 1, -1, 10**30):
        manifest["arrays"][0]["length"] = length
        head = json.dumps(manifest).encode()
        blob = b"WINNOWM\n" + struct.pack("<I", len(head)) + head + whole[12 + size :]
        with pytest.raises(InvalidInput):
            offering.offer(runtime, blob, "ann")
    for blob in (whole[:-2], whole + b"\0\0", whole[:100], b"", b"PK\x03\x04"):
        with pytest.raises(InvalidInput):
            offering.offer(runtime, blob, "ann")


def test_of_many_candidates_the_newest_stay_and_what_was_in_use(runtime, monkeypatch):
    monkeypatch.setattr(offering, "CANDIDATES_KEPT", 3)
    offering.offer(runtime, model_file("used"), "ann")
    promoting.promote(runtime, "used", Why("ann"), override=True)
    promoting.roll_back(runtime, Why("ann"))
    for number in range(5):
        offering.offer(runtime, model_file(f"made-{number}"), "ann")
    names = [s.name for s in promoting.listed(runtime).snapshots]
    assert names == ["made-4", "made-3", "made-2", "used", runtime.shipped.name]
    assert models.blob(runtime.store, "made-0") is None


def test_of_what_was_in_use_the_oldest_is_forgotten_but_what_a_rollback_needs(runtime, monkeypatch):
    monkeypatch.setattr(offering, "USED_KEPT", 3)
    for number in range(7):
        offering.offer(runtime, model_file(f"made-{number}"), "ann")
        promoting.promote(runtime, f"made-{number}", Why("ann"), override=True)
    offering.offer(runtime, model_file("last"), "ann")
    names = {s.name for s in promoting.listed(runtime).snapshots}
    assert names == {runtime.shipped.name, "made-3", "made-4", "made-5", "made-6", "last"}
    assert promoting.roll_back(runtime, Why("ann")).name == "made-5"
