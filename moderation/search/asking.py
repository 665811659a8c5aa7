"""What is asked: words and fields as somebody types them, and whether a comment fits."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from moderation.domain.addresses import Network, mailbox, parsed
from moderation.domain.comments import Comment
from moderation.search.words import domains, fold, joined

Field = Literal[
    "any", "content", "author", "email", "domain", "ip", "reason", "site", "status", "model",
    "language", "band",
]  # fmt: skip
TYPED: tuple[Field, ...] = (
    "author", "email", "domain", "ip", "reason", "site", "status", "model", "language",
)  # fmt: skip
"""The fields that may be typed before a colon."""
LONGEST = 256
"""Characters of a question."""
TERMS_AT_MOST = 16
_PART = re.compile(r'(?:([a-z]+):)?(?:"([^"]*)"|(\S+))')


class Term(Struct, frozen=True):
    """One thing that a comment must have: these words one after the other, or this value.

    `any` are words of the content or the author, their domain or address. With `is_start` the last
    word may go on. Of bands several may be given with | between them.
    """

    field: Field
    value: str
    is_start: bool = False


def read(text: str, plain: Field = "any") -> tuple[Term, ...]:
    """Return what a question asks: no question is refused, what is beyond its bounds is left out.

    `plain` is the field of words that name none.
    """
    terms = []
    for name, quoted, word in _PART.findall(text[:LONGEST]):
        field: Field = name if name in TYPED else plain
        value = quoted or word if not name or name in TYPED else f"{name}:{quoted or word}"
        start = value.rstrip("*")
        is_start = not quoted and start not in ("", value)
        terms.append(Term(field, start if is_start else value, is_start))
    return tuple(term for term in terms[:TERMS_AT_MOST] if term.value)


@functools.lru_cache(maxsize=64)
def network(value: str) -> Network | None:
    """Return the addresses that are asked for by one of them or by their network, else None."""
    try:
        return ipaddress.ip_network(parsed(value) or value, strict=False)
    except ValueError:
        return None


def fits(comment: Comment, terms: Sequence[Term]) -> bool:
    """Say whether a comment has all that is asked.

    Words are sought within words too, and as they are written: what the index finds always fits.
    """
    return all(_FITS[term.field](comment, term.value) for term in terms)


def has_whole_words(comment: Comment, terms: Sequence[Term]) -> bool:
    """Say whether the words that are asked for stand in a comment as words, as an index finds
    them; `fits` says whether it has all that is asked."""
    return all(_stands(comment, term) for term in terms if term.field in _OF_WORDS)


def _stands(comment: Comment, term: Term) -> bool:
    sought = joined(term.value)
    if sought:
        phrase = f" {sought}" if term.is_start else f" {sought} "
        texts = (text_of(comment) for text_of in _OF_WORDS[term.field])
        if any(phrase in f" {joined(text)} " for text in texts):
            return True
    return term.field == "any" and (_domain(comment, term.value) or _ip(comment, term.value))


def phrases(terms: Sequence[Term]) -> list[str]:
    """Return what is to be marked in the content of a comment that was found."""
    return [term.value for term in terms if term.field in ("any", "content")]


def _in(text: str, value: str) -> bool:
    if value.casefold() in text.casefold():
        return True
    sought = joined(value)
    return bool(sought) and sought in joined(text)


def _content(comment: Comment, value: str) -> bool:
    return _in(comment.submission.content, value)


def author_text(comment: Comment) -> str:
    """Return what is sought in where an author is asked for."""
    author = comment.submission.author
    return "\n".join((author.name, author.email, author.id))


def _author(comment: Comment, value: str) -> bool:
    return _in(author_text(comment), value)


def _any(comment: Comment, value: str) -> bool:
    return (
        _content(comment, value)
        or _author(comment, value)
        or _domain(comment, value)
        or _ip(comment, value)
    )


def _domain(comment: Comment, value: str) -> bool:
    return fold(value).removeprefix("@") in domains(comment)


def _email(comment: Comment, value: str) -> bool:
    return mailbox(comment.submission.author.email) == mailbox(value)


def _ip(comment: Comment, value: str) -> bool:
    asked, address = network(value), parsed(comment.submission.author.ip)
    return asked is not None and address is not None and address in asked


def snapshot(comment: Comment) -> str:
    """Return the snapshot that judged a comment, '' where none did."""
    return comment.verdict.model.partition("+")[0] if comment.verdict else ""


def _language(comment: Comment, value: str) -> bool:
    return comment.submission.language.casefold() == value.casefold()


_OF_WORDS: dict[Field, tuple[Callable[[Comment], str], ...]] = {
    "any": (lambda c: c.submission.content, author_text),
    "content": (lambda c: c.submission.content,),
    "author": (author_text,),
}
"""The texts in which the words of a field are sought."""
_FITS: dict[Field, Callable[[Comment, str], bool]] = {
    "any": _any,
    "content": _content,
    "author": _author,
    "email": _email,
    "domain": _domain,
    "ip": _ip,
    "reason": lambda c, v: c.verdict is not None and v in dict(c.verdict.reasons),
    "site": lambda c, v: c.site == v,
    "status": lambda c, v: c.status == v,
    "model": lambda c, v: snapshot(c) == v.partition("+")[0],
    "language": _language,
    "band": lambda c, v: c.verdict is not None and c.verdict.band in v.split("|"),
}
