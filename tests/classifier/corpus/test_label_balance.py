"""Nothing but the text and the values of the fields tells spam from ham."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MOST_AUC = 0.65
OPTIONAL_FIELDS = (
    "author", "url", "email", "permalink", "date", "context", "honeypot", "form_ms", "type",
)  # fmt: skip

Row = dict[str, Any]


def presence(row: Row) -> list[float]:
    return [float(field in row) for field in OPTIONAL_FIELDS]


def length(row: Row) -> list[float]:
    """Return characters and words, with squares so that a middle length can be told as well."""
    sizes = math.log1p(len(row["text"])), math.log1p(len(row["text"].split()))
    return [*sizes, *(size * size for size in sizes)]


def auc(features: NDArray[Any], rows: list[Row], model: Any) -> float:
    """Return AUC of rows each scored by a model that has not seen it."""
    labels = np.array([row["label"] == "spam" for row in rows])
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = cross_val_predict(model, features, labels, cv=folds, method="decision_function")
    return float(roc_auc_score(labels, scores))


def linear_auc(rows: list[Row], features: list[list[float]]) -> float:
    return auc(np.array(features), rows, make_pipeline(StandardScaler(), LogisticRegression()))


def test_half_of_a_language_is_spam(rows: list[Row]) -> None:
    spam = sum(row["label"] == "spam" for row in rows)
    assert 0.45 <= spam / len(rows) <= 0.55, f"{spam} of {len(rows)}"


def test_field_presence_does_not_tell_the_label(rows: list[Row]) -> None:
    assert linear_auc(rows, [presence(row) for row in rows]) <= MOST_AUC, shares(rows)


def test_length_does_not_tell_the_label(rows: list[Row]) -> None:
    assert linear_auc(rows, [length(row) for row in rows]) <= MOST_AUC


def test_field_presence_does_not_tell_the_label_over_all(all_rows: list[Row]) -> None:
    assert linear_auc(all_rows, [presence(row) for row in all_rows]) <= MOST_AUC, shares(all_rows)


def test_length_does_not_tell_the_label_over_all(all_rows: list[Row]) -> None:
    assert linear_auc(all_rows, [length(row) for row in all_rows]) <= MOST_AUC


def test_language_does_not_tell_the_label(all_rows: list[Row]) -> None:
    languages = np.array([[row["lang"]] for row in all_rows])
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
    assert auc(languages, all_rows, model) <= MOST_AUC


def shares(rows: list[Row]) -> str:
    """Return how often each field is present, by label: what to mend when a guard fails."""
    by_label = {
        label: np.mean([presence(row) for row in rows if row["label"] == label], axis=0).round(2)
        for label in ("spam", "ham")
    }
    return f"{OPTIONAL_FIELDS}: " + ", ".join(f"{k} {v.tolist()}" for k, v in by_label.items())
