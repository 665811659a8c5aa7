"""The index: a folder of tantivy's, with one writer and any number of readers.

A comment is one document under its site and id. The index holds no text that could be read back,
only which words stand where, and what the order of results needs.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from pathlib import Path

import tantivy
from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.addresses import mailbox, parsed
from moderation.domain.comments import Comment
from moderation.search import asking, questions
from moderation.search.asking import Term
from moderation.search.words import domains, joined

FORMAT = 2
"""Raised with every change of the fields or of how words are told apart: the index is made anew."""
HEAP_BYTES = 60_000_000
_EXACT = ("site", "status", "band", "reason", "model", "language", "email", "domain")
_NUMBERS = ("high", "low", "expires")
_TIES = 4096
"""Most results of one instant that are put in order."""


class Place(Struct, frozen=True):
    """A comment by its id (16 bytes) and site."""

    id: bytes
    site: str


class Bounds(Struct, frozen=True):
    """Of which sites, strictly between which ids (b"" for no bound), and in which order."""

    sites: tuple[str, ...]
    after: bytes = b""
    before: bytes = b""
    newest_first: bool = True

    def has(self, raw_id: bytes) -> bool:
        """Say whether an id lies between them."""
        return self.after < raw_id and (not self.before or raw_id < self.before)

    def past(self, raw_id: bytes) -> Bounds:
        """Return what is left of them, in their order, behind an id."""
        if self.newest_first:
            return replace(self, before=raw_id)
        return replace(self, after=raw_id)

    def up_to(self, raw_id: bytes) -> Bounds:
        """Return what of them comes, in their order, before an id."""
        if self.newest_first:
            return replace(self, after=raw_id)
        return replace(self, before=raw_id)


@functools.cache
def schema() -> tantivy.Schema:
    """Return the fields of a document."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("key", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("content", "author"):
        builder.add_text_field(name, tokenizer_name="words", index_option="position")
    for name in _EXACT:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_ip_addr_field("ip", indexed=True, fast=True)
    for name in _NUMBERS:
        builder.add_unsigned_field(name, indexed=True, fast=True)
    return builder.build()


def _open(folder: Path) -> tantivy.Index:
    index = tantivy.Index(schema(), path=str(folder))
    # What it is given was taken apart already, by `words`.
    blanks = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer("words", blanks)
    index.config_reader("manual")
    return index


def _key(site: str, raw_id: bytes) -> str:
    return f"{raw_id.hex()}{site}"


def _document(raw_id: bytes, comment: Comment, expires_ms: int) -> tantivy.Document:
    made, submission, verdict = tantivy.Document(), comment.submission, comment.verdict
    made.add_text("key", _key(comment.site, raw_id))
    made.add_text("content", joined(submission.content))
    made.add_text("author", joined(asking.author_text(comment)))
    exact = {
        "site": comment.site, "status": comment.status, "model": asking.snapshot(comment),
        "language": submission.language.casefold(),
        "email": mailbox(submission.author.email),
        "band": (verdict.band or "") if verdict else "",
    }  # fmt: skip
    for name, value in exact.items():
        if value:
            made.add_text(name, value)
    for code, _ in verdict.reasons if verdict else ():
        made.add_text("reason", code)
    for domain in domains(comment):
        made.add_text("domain", domain)
    address = parsed(submission.author.ip)
    if address is not None:
        made.add_ip_addr("ip", str(address))
    made.add_unsigned("high", int.from_bytes(raw_id[:8], "big"))
    made.add_unsigned("low", int.from_bytes(raw_id[8:], "big"))
    made.add_unsigned("expires", expires_ms)
    return made


class Writer:
    """The one writer of an index; another process that opens it meanwhile fails.

    Raises:
        ValueError: the folder holds no index that can be used, or another process writes it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._index = _open(folder)
        self._writer = self._index.writer(HEAP_BYTES, 1)

    def add(self, raw_id: bytes, comment: Comment, expires_ms: int) -> None:
        """Add a comment that the index does not hold; it expires at a time, 0: never."""
        self._writer.add_document(_document(raw_id, comment, expires_ms))

    def remove(self, site: str, raw_id: bytes) -> None:
        """Remove a comment where the index holds it."""
        self._writer.delete_documents_by_term("key", _key(site, raw_id))

    def expire(self, now_ms: int) -> bool:
        """Remove what has expired; say whether there was any."""
        query = questions.between(schema(), "expires", 1, now_ms)
        self._index.reload()
        if not self._index.searcher().search(query, 1, count=False).hits:
            return False
        self._writer.delete_documents_by_query(query)
        return True

    def keep_sites(self, known: Collection[str]) -> bool:
        """Remove the comments of all sites but these; say whether there were any."""
        self._index.reload()
        searcher = self._index.searcher()
        gone = [
            site
            for site, _ in searcher.terms_with_prefix("site", "")
            # The word stays until its documents, which were removed, are merged away.
            if site not in known
            and searcher.search(tantivy.Query.term_query(schema(), "site", site), 1).hits
        ]
        for site in gone:
            self._writer.delete_documents_by_term("site", site)
        return bool(gone)

    def commit(self) -> None:
        """Make what was done durable and visible to readers."""
        self._writer.commit()

    def close(self) -> None:
        """Drop what was not committed and let another process write."""
        self._writer.rollback()
        self._writer.wait_merging_threads()


class Reader:
    """Finds in an index as it was at its last commit."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index = _open(folder)
        self._committed = 0

    def find(self, terms: Sequence[Term], bounds: Bounds, limit: int) -> list[Place] | None:
        """Return up to `limit` comments that have all that is asked, in order of their ids.

        None where the index cannot answer: what is asked has no word.
        """
        query = questions.query(schema(), terms, bounds.sites)
        if query is None:
            return None
        self._reload()
        searcher = self._index.searcher()
        within = questions.all_of(
            [query, *questions.id_bounds(schema(), bounds.after, bounds.before)]
        )
        hits = self._search(searcher, within, bounds.newest_first, limit)
        if len(hits) == limit:
            # Of the last instant perhaps not those that come first were among them.
            last = hits[-1][0]
            instant = questions.all_of([within, questions.between(schema(), "high", last, last)])
            hits = [hit for hit in hits if hit[0] != last]
            hits += self._search(searcher, instant, bounds.newest_first, _TIES)
        addresses = [address for _, address in hits]
        lows = searcher.fast_field_values("low", addresses)
        order = sorted(
            ((high, low, at) for at, ((high, _), low) in enumerate(zip(hits, lows, strict=True))),
            reverse=bounds.newest_first,
        )
        return [_place(searcher.doc(addresses[at])) for _, _, at in order[:limit]]

    def _search(
        self, searcher: tantivy.Searcher, query: tantivy.Query, newest: bool, limit: int
    ) -> list[tuple[int, tantivy.DocAddress]]:
        order = tantivy.Order.Desc if newest else tantivy.Order.Asc
        found: list[tuple[int, tantivy.DocAddress]] = searcher.search(
            query, limit, count=False, order_by_field="high", order=order
        ).hits
        return found

    def _reload(self) -> None:
        committed = (self._folder / "meta.json").stat().st_mtime_ns
        if committed != self._committed:
            self._index.reload()
            self._committed = committed


def _place(document: tantivy.Document) -> Place:
    key = str(document.get_first("key"))
    return Place(bytes.fromhex(key[:32]), key[32:])
