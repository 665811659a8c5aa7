"""WordPress's keys in the console: tried, saved as they were seen, by those who may."""

from __future__ import annotations

import html
import re

import pytest

from moderation.flow.sites import choosing
from tests.factories import SITE

PATH = f"/console/sites/{SITE}/keywords"


@pytest.fixture
def viewer(person):
    """Return the browser of a viewer of one site."""
    return person("vic", "viewer")


def etag_of(page: str) -> str:
    return html.unescape(re.findall(r'name="etag" value="([^"]*)"', page)[0])


def test_keys_are_tried_and_saved_as_they_were_seen(ann, hold, runtime):
    hold("Lovely potteries on sale.")
    typed = {
        "disallowed": "Pottery\r\npotteri\r\n<b>",
        "moderation": "",
        "etag": etag_of(ann.get(PATH).text),
    }
    tried = ann.post(PATH, {**typed, "try": "1"})
    assert "would get another status" in tried.text and "&lt;b&gt;" in tried.text
    assert choosing.keys(runtime.store, SITE).disallowed == ""
    assert ann.post(PATH, {**typed, "save": "1"}).status_code == 303
    assert choosing.keys(runtime.store, SITE).disallowed == "Pottery\npotteri\n<b>"
    late = ann.post(PATH, {**typed, "disallowed": "other", "save": "1"})
    assert late.status_code == 412 and ">\nother</textarea>" in late.text


def test_a_list_of_sixty_five_thousand_keys_is_taken(ann, runtime):
    keys = "\n".join(f"key-{n}-ключ" for n in range(65_000))
    etag = etag_of(ann.get(PATH).text)
    answer = ann.post(PATH, {"disallowed": keys, "etag": etag, "save": "1"})
    assert answer.status_code == 303
    assert choosing.keys(runtime.store, SITE).disallowed == keys


def test_a_viewer_sees_keys_and_changes_none(viewer, runtime):
    page = viewer.get(PATH)
    assert page.status_code == 200 and "readonly" in page.text
    assert viewer.post(PATH, {"disallowed": "x", "save": "1"}).status_code == 403
