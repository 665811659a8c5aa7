"""The exports of Commento and Comentario: one JSON object with comments and who wrote them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import ijson

from moderation.domain.verdicts import Label
from moderation.history.rows import Found, Reject, Row, Unreadable, made, ms_of
from moderation.history.source import Source

ITEM_BYTES = 16 << 20
"""Most bytes of one comment, and of what stands between two."""
PEOPLE = 200_000
"""So many of those who wrote are known by their names; of others only the comments are taken."""

_BEGINS = re.compile(rb'\{\s*"(?:version|comments|commenters|pages)"\s*:')
_SECTIONS = {"comments": "comments", "commenters": "people", "pages": "pages"}
DEPTH = 64
"""Most lists and objects within each other, as in XML; what is deeper is no comment."""
_STEPS = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}


def is_one(head: bytes) -> bool:
    """Say whether a file begins like one."""
    return _BEGINS.match(head) is not None and any(
        word in head for word in (b'"commentHex"', b'"commenters"', b'"pageId"', b'"comments"')
    )


def read(source: Source) -> Iterator[Found]:
    """Yield what is found, comment by comment.

    Raises:
        Unreadable: it is no JSON, cut off, or has a comment that is far too long.
    """
    people: dict[str, Mapping[str, Any]] = {}
    pages: dict[str, str] = {}
    for section, _, item in _items(source):
        if section == "people" and len(people) < PEOPLE:
            people[_text(item, "commenterHex") or _text(item, "id")] = {
                "name": item.get("name"),
                "email": item.get("email"),
                "url": item.get("link") or item.get("websiteUrl"),
            }
        elif section == "pages" and len(pages) < PEOPLE:
            pages[_text(item, "id")] = _text(item, "path")
    source.again()
    for section, number, item in _items(source):
        if section == "comments":
            yield _comment(item, f"comment {number}", people, pages, source.now_ms)


def _items(source: Source) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """Yield the objects of the sections that are known, numbered in each."""
    numbers = dict.fromkeys(_SECTIONS.values(), 0)
    builder: Any = None
    section, depth, is_list = "", 0, False
    pieces = _Pieces(source.as_utf8(all_text=True))
    try:
        # Its events alone: with the path of each, memory would grow with the square of the depth.
        for event, value in ijson.basic_parse(pieces, use_float=True):
            depth += _STEPS.get(event, 0)
            if depth > DEPTH:
                place = f"after comment {numbers['comments']:,}: "
                raise Unreadable(f"{place}lists or objects are nested too deeply")
            if builder is not None:
                builder.event(event, value)
                if event == "end_map" and depth == 2:
                    numbers[section] += 1
                    pieces.begin()
                    yield section, numbers[section], builder.value
                    builder = None
            elif event == "map_key" and depth == 1:
                section = _SECTIONS.get(value, "")
            elif depth == 2 and event.startswith("start_"):
                is_list = event == "start_array"
            elif depth == 3 and event == "start_map" and section and is_list:
                builder = ijson.ObjectBuilder()
                builder.event(event, value)
    except ijson.IncompleteJSONError:
        place = f"after comment {numbers['comments']:,}: "
        raise Unreadable(f"{place}this is no JSON, or the file was cut off here") from None
    except ijson.JSONError:
        raise Unreadable("this is no JSON") from None


class _Pieces:
    """The file, refused where one item of it is far too long: the parser keeps it whole."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._since = 0

    def begin(self) -> None:
        """Begin the next item."""
        self._since = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes, none where `size` is 0, as the parser asks first."""
        piece = next(self._pieces, b"") if size else b""
        self._since += len(piece)
        if self._since > ITEM_BYTES:
            raise Unreadable(f"a comment is longer than {ITEM_BYTES:,} bytes")
        return piece


def _comment(
    item: Mapping[str, Any],
    place: str,
    people: Mapping[str, Mapping[str, Any]],
    pages: Mapping[str, str],
    now_ms: int,
) -> Row | Reject:
    is_old = "commentHex" in item
    number = _text(item, "commentHex") or _text(item, "id")
    parent = _text(item, "parentHex") or _text(item, "parentId")
    author = _text(item, "commenterHex") or _text(item, "userCreated")
    created = ms_of(item.get("creationDate") or item.get("createdTime"), now_ms)
    known = people.get(author, {})
    submission = made(
        item.get("markdown") or item.get("html"),
        external_id=f"commento:{number}" if number else "",
        name=known.get("name") or item.get("authorName"),
        email=known.get("email"),
        url=known.get("url"),
        ip=item.get("authorIp"),
        author_id=author,
        created_ms=created,
        permalink=item.get("url") or pages.get(_text(item, "pageId"), ""),
        parent_id=f"commento:{parent}" if parent not in ("", "root") else "",
        kind="comment",
    )
    if item.get("deleted") is True or item.get("isDeleted") is True:
        return Reject(place, "the comment was deleted")
    if submission is None:
        return Reject(place, "the comment has no text")
    label: Callable[[Mapping[str, Any]], Label | None] = _of_state if is_old else _of_flags
    decided = ms_of(item.get("moderatedTime"), now_ms)
    return Row(submission, label(item), place, created if decided is None else decided)


def _of_state(item: Mapping[str, Any]) -> Label | None:
    """Return Commento's word: what is flagged was taken for spam."""
    states: dict[str, Label] = {"approved": "ham", "flagged": "spam"}
    return states.get(_text(item, "state"))


def _of_flags(item: Mapping[str, Any]) -> Label | None:
    """Return Comentario's word: what waits no longer and is not approved was rejected."""
    if item.get("isPending") is True or "isApproved" not in item:
        return None
    return "ham" if item["isApproved"] is True else "spam"


def _text(item: Mapping[str, Any], name: str) -> str:
    found = item.get(name)
    return found if isinstance(found, str) else ""
