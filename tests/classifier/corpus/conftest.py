"""Give every guard the corpus, and each guard of one language all languages in turn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "classifier" / "corpus"
LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.jsonl"))

ARCHETYPES = {
    "spam": [
        "praise-link", "seo-guest-post", "essay-service", "pharmacy", "casino-betting",
        "adult-leak", "crypto-recovery", "investment-testimony", "loan", "counterfeit-factory",
        "fake-support", "spell-caster", "documents", "phishing", "channel-promotion",
        "messenger-job", "scraped-copy", "human-seo", "spun-compliment", "foreign-language",
        "form-noise", "markup-dump", "keyword-anchor", "redirected-link", "dark-market",
        "product-catalogue", "propaganda", "garbled", "posting-software", "erotic-story",
        "spun-complaint", "price-question", "trade-thanks", "trade-praise", "mention-wave",
    ],
    "ham": [
        "thanks-docs-link", "self-link", "code-log", "correction", "long-argument",
        "spam-complaint", "earnest-topic", "first-author-url", "reader-recommendation", "one-word",
        "emoji-only", "non-native", "site-event", "trackback-real", "question", "everyday",
        "trade-talk", "job-talk", "fundraiser", "review", "complaint", "federated-reply",
        "link-answer", "support-travel", "plain-thanks",
    ],
}  # fmt: skip

Row = dict[str, Any]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "language" in metafunc.fixturenames:
        metafunc.parametrize("language", LANGUAGES)


@pytest.fixture(scope="session")
def corpus_folder() -> Path:
    return FOLDER


@pytest.fixture(scope="session")
def archetypes() -> dict[str, list[str]]:
    """Return the kinds of row that each label may have."""
    return ARCHETYPES


@pytest.fixture(scope="session")
def corpus() -> dict[str, list[Row]]:
    """Return rows by language, each with the `line` it stands on.

    A line that is no JSON object is left out here: the schema guard names it.
    """
    return {language: _read(FOLDER / f"{language}.jsonl") for language in LANGUAGES}


@pytest.fixture
def rows(corpus: dict[str, list[Row]], language: str) -> list[Row]:
    return corpus[language]


@pytest.fixture(scope="session")
def all_rows(corpus: dict[str, list[Row]]) -> list[Row]:
    return [row for rows in corpus.values() for row in rows]


def _read(path: Path) -> list[Row]:
    rows = []
    for number, line in enumerate(path.read_text("utf-8").split("\n"), start=1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(row, dict) and {"text", "label", "lang", "archetype"} <= row.keys():
            rows.append(row | {"line": f"{path.stem}:{number}"})
    return rows
