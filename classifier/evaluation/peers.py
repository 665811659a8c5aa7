"""Other filters behind one interface, so that they see the rows that Winnow sees."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from classifier.row import LabelledRow, Row

Part = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""Places of the rows that are known, and of those that are not."""
UNTAUGHT = 0.5
"""The score of a filter that has learned nothing."""


class BatchFilter(Protocol):
    """A filter that learns labelled rows, then scores others: larger is more spam."""

    def score_all(self, rows: Sequence[Row]) -> list[float]:
        """Score rows, nothing learned between them."""
        ...

    def learn_all(self, rows: Iterable[LabelledRow]) -> None:
        """Learn rows in order."""
        ...


class Filter(BatchFilter, Protocol):
    """A filter that learns row by row as well."""

    def score(self, row: Row) -> float:
        """Score a row by what was learned so far."""
        ...

    def learn(self, row: LabelledRow) -> None:
        """Learn the label of one row."""
        ...


class SpamBayes:
    """SpamBayes as packaged in `sbclassifier`, with its sparse bigrams unless told otherwise."""

    name = "sbclassifier"
    install = "pip install sbclassifier"

    def __init__(self, *, bigrams: bool = True) -> None:
        import sbclassifier  # type: ignore[import-untyped]
        from sbclassifier.tokenizer import (  # type: ignore[import-untyped]
            add_sparse_bigrams,
        )

        self._classifier = sbclassifier.Classifier(sbclassifier.ClassifierDb())
        self._tokenize = sbclassifier.tokenize_text
        self._pair = add_sparse_bigrams if bigrams else None

    @staticmethod
    def available() -> bool:
        """Say whether the package is installed."""
        return importlib.util.find_spec("sbclassifier") is not None

    @classmethod
    def left_out(cls, rows: Sequence[LabelledRow], parts: Iterable[Part]) -> list[list[float]]:
        """Return for each part the scores of its rows by a filter that learned the part's others.

        Each row is cut into words once.
        """
        cutter, found = cls(), []
        tokens = [cutter._tokens(row) for row in rows]
        for known, unseen in parts:
            filter_ = cls()
            for i in known:
                filter_._classifier.learn(tokens[i], rows[i].label == "spam")
            found.append([float(filter_._classifier.spamprob(tokens[i])) for i in unseen])
        return found

    def score(self, row: Row) -> float:
        """Return probability of spam."""
        return float(self._classifier.spamprob(self._tokens(row)))

    def learn(self, row: LabelledRow) -> None:
        """Count the row's tokens."""
        self._classifier.learn(self._tokens(row), row.label == "spam")

    def score_all(self, rows: Sequence[Row]) -> list[float]:
        """Return probabilities of spam."""
        return [self.score(row) for row in rows]

    def learn_all(self, rows: Iterable[LabelledRow]) -> None:
        """Count the tokens of all rows."""
        for row in rows:
            self.learn(row)

    def _tokens(self, row: Row) -> list[str]:
        tokens = list(self._tokenize(row.text))
        if self._pair is not None:
            tokens = list(self._pair(tokens))
        # Author and URL are words of their own, as a site would feed them.
        tokens += [f"author:{word}" for word in row.author.lower().split()]
        if row.url:
            tokens += [f"url:{token}" for token in self._tokenize(row.url)]
        return tokens


class Bogofilter:
    """Debian's bogofilter with its default options and a database of its own.

    One process a call, as a site would run it; many rows at once through its bulk modes.
    """

    name = "bogofilter"
    install = "apt-get install bogofilter"

    def __init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="bogofilter-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._command = ["bogofilter", "-C", "-d", folder, "--db-transaction=no"]
        self._taught = False

    @staticmethod
    def available() -> bool:
        """Say whether the program is installed."""
        return shutil.which("bogofilter") is not None

    def score(self, row: Row) -> float:
        """Return spamicity."""
        return float(self._run(["-TT"], message(row))) if self._taught else UNTAUGHT

    def learn(self, row: LabelledRow) -> None:
        """Register the row."""
        self._run(["-s" if row.label == "spam" else "-n"], message(row))
        self._taught = True

    def score_all(self, rows: Sequence[Row]) -> list[float]:
        """Return spamicities."""
        if not self._taught:
            return [UNTAUGHT] * len(rows)
        with tempfile.TemporaryDirectory(prefix="bogofilter-rows-") as folder:
            names = [Path(folder, str(i)) for i in range(len(rows))]
            for name, row in zip(names, rows, strict=True):
                name.write_bytes(message(row))
            answer = self._run(["-b", "-TT"], "".join(f"{name}\n" for name in names).encode())
        return [float(line.split()[-1]) for line in answer.splitlines()]

    def learn_all(self, rows: Iterable[LabelledRow]) -> None:
        """Register all rows; only counts are kept, so their order does not matter."""
        boxes: dict[str, list[bytes]] = {"-s": [], "-n": []}
        for row in rows:
            boxes["-s" if row.label == "spam" else "-n"].append(_in_mbox(message(row)))
        for option, box in boxes.items():
            if box:
                self._run(["-M", option], b"".join(box))
                self._taught = True

    def _run(self, options: list[str], text: bytes) -> bytes:
        done = subprocess.run(
            [*self._command, *options], input=text, capture_output=True, check=False
        )
        # 0, 1 and 2 are spam, ham and unsure; 3 is an error.
        if done.returncode not in (0, 1, 2):
            raise RuntimeError(f"bogofilter ended with status {done.returncode}")
        return done.stdout


class TfidfLogistic:
    """TF-IDF of words and characters with logistic regression, untuned: every tutorial's filter.

    It cannot learn row by row, so it takes part only where training comes first.
    """

    name = "tfidf+logistic"

    def __init__(self) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline, make_union

        self._pipeline = make_pipeline(
            make_union(TfidfVectorizer(), TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5))),
            LogisticRegression(max_iter=1000),
        )

    def score_all(self, rows: Sequence[Row]) -> list[float]:
        """Return probabilities of spam."""
        found = self._pipeline.predict_proba([_author_and_text(row) for row in rows])
        return [float(p) for p in found[:, 1]]

    def learn_all(self, rows: Iterable[LabelledRow]) -> None:
        """Fit once on all rows."""
        known = list(rows)
        texts = [_author_and_text(row) for row in known]
        self._pipeline.fit(texts, [row.label == "spam" for row in known])


class Tutorial:
    """scikit-learn as its tutorials filter text: hashed characters and a linear model by gradient.

    Author and address stand before the text. It cannot learn row by row.
    """

    name = "scikit-learn"

    @staticmethod
    def available() -> bool:
        """Say whether the package is installed."""
        return importlib.util.find_spec("sklearn") is not None

    @classmethod
    def left_out(cls, rows: Sequence[LabelledRow], parts: Iterable[Part]) -> list[list[float]]:
        """Return for each part its rows' distances from the plane between the ham and spam of the
        part's others. What is hashed does not depend on other rows, so it is hashed once.
        """
        from sklearn.feature_extraction.text import HashingVectorizer
        from sklearn.linear_model import SGDClassifier

        hashed = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), dtype=np.float32)
        matrix = hashed.transform(_whole(row) for row in rows)
        spam, found = np.array([row.label == "spam" for row in rows]), []
        for known, unseen in parts:
            machine = SGDClassifier(random_state=0).fit(matrix[known], spam[known])
            found.append([float(d) for d in machine.decision_function(matrix[unseen])])
        return found


def _whole(row: Row) -> str:
    return f"{row.author}\n{row.url}\n{row.text}"


def message(row: Row) -> bytes:
    """Return the row as a mail: the author as sender, the author's URL before the text."""
    sender = " ".join(row.author.split())
    body = f"{row.url}\n{row.text}" if row.url else row.text
    head = f"From: {sender}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
    return (head + body + "\n").encode("utf-8", "replace")


def _in_mbox(mail: bytes) -> bytes:
    quoted = re.sub(rb"(?m)^From ", b">From ", mail)
    return b"From row@invalid Thu Jan  1 00:00:00 1970\n" + quoted + b"\n"


def _author_and_text(row: Row) -> str:
    return f"{row.author} {row.text}"
