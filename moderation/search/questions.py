"""What is asked as queries of tantivy, made term by term: no text is parsed as a query."""

from __future__ import annotations

from collections.abc import Sequence

from tantivy import FieldType, Occur, Query, Schema

from moderation.domain.addresses import mailbox
from moderation.search.asking import Term, network
from moderation.search.words import domain_names, fold, words

_MOST = 2**64 - 1


def all_of(queries: Sequence[Query]) -> Query:
    """Return what fits all of these."""
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def _one_of(queries: Sequence[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def between(schema: Schema, field: str, low: int, high: int) -> Query:
    """Return what has a number from `low` to `high`, both included."""
    return Query.range_query(schema, field, FieldType.Unsigned, low, high)


def query(schema: Schema, terms: Sequence[Term], sites: Sequence[str]) -> Query | None:
    """Return what finds the comments of these sites that have all terms.

    None where a term holds no word that the index could know.
    """
    asked = [_term(schema, term) for term in terms]
    known = [query for query in asked if query is not None]
    if len(known) < len(asked):
        return None
    return all_of([Query.term_set_query(schema, "site", list(sites)), *known])


def id_bounds(schema: Schema, after: bytes, before: bytes) -> list[Query]:
    """Return what keeps to ids strictly between two, b"" for no bound."""
    found = []
    if after:
        found.append(_beyond(schema, after, above=True))
    if before:
        found.append(_beyond(schema, before, above=False))
    return found


def _beyond(schema: Schema, raw_id: bytes, above: bool) -> Query:
    high, low = int.from_bytes(raw_id[:8], "big"), int.from_bytes(raw_id[8:], "big")
    sides = [_side(schema, "high", high, above)]
    same = _side(schema, "low", low, above)
    if same is not None:
        sides.append(all_of([between(schema, "high", high, high), same]))
    known = [side for side in sides if side is not None]
    return _one_of(known) if known else Query.empty_query()


def _side(schema: Schema, field: str, number: int, above: bool) -> Query | None:
    if above:
        return between(schema, field, number + 1, _MOST) if number < _MOST else None
    return between(schema, field, 0, number - 1) if number else None


def _term(schema: Schema, term: Term) -> Query | None:
    if term.field in ("content", "author"):
        return _phrase(schema, term.field, term)
    if term.field == "any":
        return _any(schema, term)
    if term.field == "ip":
        return _addresses(schema, term.value) or Query.empty_query()
    if term.field == "band":
        return Query.term_set_query(schema, "band", term.value.split("|"))
    return Query.term_query(schema, term.field, _exact(term))


def _exact(term: Term) -> str:
    if term.field == "domain":
        return fold(term.value).removeprefix("@")
    if term.field == "model":
        return term.value.partition("+")[0]
    if term.field == "email":
        return mailbox(term.value)
    return term.value.casefold() if term.field == "language" else term.value


def _any(schema: Schema, term: Term) -> Query | None:
    content = _phrase(schema, "content", term)
    if content is None:
        return None
    either = [content, _phrase(schema, "author", term)]
    host = fold(term.value)
    if "." in host and next(domain_names(host), ""):
        either.append(Query.term_query(schema, "domain", host))
    either.append(_addresses(schema, term.value))
    return _one_of([query for query in either if query is not None])


def _addresses(schema: Schema, value: str) -> Query | None:
    asked = network(value)
    if asked is None:
        return None
    low, high = str(asked[0]), str(asked[-1])
    return Query.range_query(schema, "ip", FieldType.IpAddr, low, high)


def _phrase(schema: Schema, field: str, term: Term) -> Query | None:
    sought: list[str | tuple[int, str]] = [*words(term.value)]
    if not sought:
        return None
    if term.is_start:
        return Query.phrase_prefix_query(schema, field, sought)
    if len(sought) == 1:
        return Query.term_query(schema, field, sought[0])
    return Query.phrase_query(schema, field, sought)
