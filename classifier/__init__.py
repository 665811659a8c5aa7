"""Text in, probability of spam out. Scoring imports neither scikit-learn nor skops."""

from __future__ import annotations

from classifier.bands import Bands
from classifier.evidence import Published, draw
from classifier.explanation import Explanation, Span, explain
from classifier.features.batch import FeatureBatch
from classifier.features.extract import for_training
from classifier.learner import Learner
from classifier.likeness import are_alike, marks_of
from classifier.model import Model
from classifier.model_file import ModelError
from classifier.reasons import NAMES, REASONS
from classifier.row import LabelledRow, Row
from classifier.scores import Scores

__all__ = [
    "NAMES",
    "REASONS",
    "Bands",
    "Explanation",
    "FeatureBatch",
    "LabelledRow",
    "Learner",
    "Model",
    "ModelError",
    "Published",
    "Row",
    "Scores",
    "Span",
    "are_alike",
    "draw",
    "explain",
    "for_training",
    "marks_of",
]
