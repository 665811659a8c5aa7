"""Reserved hosts come under the endings that links have, alike in both classes."""

from __future__ import annotations

import re

from classifier import LabelledRow
from classifier.training.data import corpus_rows
from classifier.training.endings import COUNTRIES, with_common_endings


def test_a_host_gets_one_ending_in_every_field_and_either_class() -> None:
    url = "https://notes.mara.example.org/a"
    fields = {"text": f"see {url}.", "author": "Mara", "url": url, "email": "m@notes.mara.example"}
    spam = with_common_endings(LabelledRow(**fields, lang="de", label="spam"))
    ham = with_common_endings(LabelledRow(**fields, lang="de", label="ham"))
    host = re.fullmatch(r"https://(notes\.mara\.[a-z.]+)/a", spam.url)
    assert host and "example" not in host[1]
    assert spam.text == f"see https://{host[1]}/a."
    assert spam.email == f"m@{host[1]}"
    assert (ham.text, ham.url, ham.author) == (spam.text, spam.url, "Mara")


def test_words_and_file_names_stay() -> None:
    for text in ("for example.", "An example.com is nobody's", "test", "t.me/handle", "a.b"):
        assert with_common_endings(LabelledRow(text=text)).text == text


def test_the_corpus_is_trained_on_without_reserved_endings() -> None:
    rows = corpus_rows()
    links = [link for row in rows for link in re.findall(r"https?://([\w.-]+)", row.text)]
    reserved = [link for link in links if re.search(r"\w\.(example|test|invalid)$", link)]
    assert len(links) > 1000
    assert reserved == []
    assert {row.lang for row in rows} <= COUNTRIES.keys()
