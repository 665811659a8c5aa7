"""Words of any script, the same in the index, in a question and where matches are marked.

Scripts that put no blanks between words are taken letter by letter, and what is asked in them must
stand there letter after letter; everything else is a word between what are neither letters, digits
nor marks.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence

import tantivy

from moderation.domain.comments import Comment

_WITHOUT_BLANKS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_WORD = rf"[{_WITHOUT_BLANKS}]|[\p{{L}}\p{{N}}\p{{M}}&&[^{_WITHOUT_BLANKS}]]+"
LONGEST_WORD = 255
"""Bytes; what is longer is no word that anybody seeks."""
DOMAINS_AT_MOST = 64
_BLANKS = {code: " " for code in range(128) if not chr(code).isalnum()}
_HOST = re.compile(r"[\w.-]+")
_LONGEST_HOST = 253


@functools.cache
def analyzer() -> tantivy.TextAnalyzer:
    """Return what takes a folded text apart into words."""
    tokenizer = tantivy.Tokenizer.regex(_WORD)
    filtered = tantivy.TextAnalyzerBuilder(tokenizer).filter(
        tantivy.Filter.remove_long(LONGEST_WORD + 1)
    )
    return filtered.build()


def fold(text: str) -> str:
    """Return a text without regard to case and to how its letters are encoded."""
    if text.isascii():  # Both come to this, which takes a tenth of the time.
        return text.lower()
    return unicodedata.normalize("NFKC", text.casefold())


def words(text: str) -> list[str]:
    """Return the folded words of a text in order."""
    if text.isascii():  # The same words in a tenth of the time.
        parts = text.lower().translate(_BLANKS).split()
        return [part for part in parts if len(part) <= LONGEST_WORD]
    found: list[str] = analyzer().analyze(fold(text))
    return found


def joined(text: str) -> str:
    """Return the words of a text with a blank between each two."""
    return " ".join(words(text))


def marks(text: str, phrases: Sequence[str]) -> list[tuple[int, int]]:
    """Return where phrases stand in a text, as start and end in code points, in order.

    Where two overlap they are one. A word that goes on behind the end of a phrase is marked whole.
    """
    tokens = [
        (fold(token.text), token.char_offset_from, token.char_offset_to)
        for token in analyzer().pre_tokenize(text).tokens
    ]
    spans = sorted(span for phrase in phrases for span in _places(tokens, words(phrase)))
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _places(
    tokens: Sequence[tuple[str, int, int]], sought: Sequence[str]
) -> Iterator[tuple[int, int]]:
    if not sought:
        return
    *before, last = sought
    for at in range(len(tokens) - len(before)):
        end = at + len(before)
        if tokens[end][0].startswith(last) and all(
            token[0] == word for token, word in zip(tokens[at:end], before, strict=True)
        ):
            yield tokens[at][1], tokens[end][2]


def domains(comment: Comment) -> set[str]:
    """Return the domains of a comment's links, of its author's site and e-mail, each with those
    above it but for the last label alone."""
    author = comment.submission.author
    text = fold(" ".join((author.email, author.url, comment.submission.content)))
    found: set[str] = set()
    if "." not in text:
        return found
    for host in _HOST.findall(text):
        if "." not in host:
            continue
        if len(found) >= DOMAINS_AT_MOST:
            break
        found.update(domain_names(host))
    return found


def domain_names(host: str) -> Iterator[str]:
    """Return a folded host and the domains above it, as written and in ASCII; none for what is no
    host."""
    host = host.strip(".-_")
    last = host.rpartition(".")[2]
    is_host = "." in host and ".." not in host and len(host) <= _LONGEST_HOST
    if not is_host or not (last.isalpha() or last.startswith("xn--")):
        return
    for name in {host, _ascii(host)}:
        labels = name.split(".")
        for at in range(len(labels) - 1):
            yield ".".join(labels[at:])


def _ascii(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host
