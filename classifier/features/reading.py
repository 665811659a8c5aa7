"""Text as it is shown: references resolved, markup inside words gone, overridden runs turned.

The disguises that part what was sent from what is shown are counted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.compiled import inlined, unmanaged
from classifier.features.attributes import BRACKET, LESS_THAN, mention_end
from classifier.features.characters import DROP, LETTER, MARK
from classifier.features.flags import restore_flags
from classifier.features.gaps import part_words
from classifier.features.markup import (
    ANCHOR,
    BLANK_PLACE,
    BLOCK,
    COMMENT,
    END_OF_OVERRIDE,
    NONE,
    NOTHING,
    OVERRIDE,
    STYLE,
    UNSEEN,
    markup_at,
)
from classifier.features.normalise import (
    BLANK,
    DROPPED,
    FRONT,
    REGIONAL,
    class_of,
    look_up,
    normalise_text,
    whole_lanes,
)
from classifier.features.references import AMPERSAND, is_alphanumeric, reference_at
from classifier.features.turning import END_OF_TURN, TO_THE_LEFT, is_turn, turn
from classifier.features.unshown import has_attributes, hidden_end, unshown_attribute

_SPACE = 32
_NOTHING = 0xAD
"""Written for markup inside a word, which is dropped when folded unless it parts words: the soft
hyphen counts as no disguise."""
_AT, _HASH, _SLASH, _QUESTION = 64, 35, 47, 63
_SPELT = 4
"""Letters of ASCII written as references that count as one disguise."""
_AMPERSAND, _LESS, _OPENING = np.uint32(AMPERSAND), np.uint32(LESS_THAN), np.uint32(BRACKET)
_LETTER, _IN_WORD = np.uint32(LETTER), np.uint32(MARK - LETTER)

SHOWN, TURNED, ASIDE, SENT, HIDDEN = range(5)
"""Rows of `Reading`: the text as it is shown but for what is turned, that with it turned, what
markup hides; and, folded and with FRONT blanks before them, the text as it was sent and what markup
hides."""
SIZE, KEPT, TAG_END, DROPPED_TAG, DISGUISES, SPELT, TURNS, TAGS, PUT_ASIDE = range(9)
ASIDE_END, MISSING = range(9, 11)
"""Places in `Reading.state`: characters shown, and kept aside; the end of the tag that is copied;
where the end tag of a mention begins; words that markup breaks and runs that are shown turned;
letters written as references; whether there is an override; tags of letters that are not shown;
where the next attribute of a copied tag that shows nothing begins and ends; and from there on what
is remembered not to come any more."""


class Reading(NamedTuple):
    """Scratch space for the text of one field: characters, where each was sent, and the state. Few
    arrays, as each costs time in every call."""

    characters: npt.NDArray[np.uint32]
    places: npt.NDArray[np.int32]
    state: npt.NDArray[np.int64]


def room_for_reading(longest: int) -> Reading:
    """Return the scratch space for texts that are folded to this length."""
    characters = np.empty((HIDDEN + 1, FRONT + longest), np.uint32)
    characters[SENT:, :FRONT] = BLANK
    places = np.empty((HIDDEN + 1, FRONT + longest), np.int32)
    return Reading(characters, places, np.zeros(MISSING + 3, np.int64))


@unmanaged
def is_as_sent(raw, begin, end):
    """Say whether nothing in raw[begin:end] can make a reader see another text: a loop compiled to
    vectors. Where it says no because of what stands behind the end, reading takes longer."""
    found = np.uint32(0)
    source = raw[begin : begin + whole_lanes(end - begin)]
    for i in range(len(source)):
        code = source[i]
        found |= np.uint32(code == _AMPERSAND) | np.uint32(code == _LESS)
        found |= np.uint32(code == _OPENING) | np.uint32(is_turn(code))
    return found == 0


@inlined
def read(raw, begin, end, as_sent, whole, padded, at, tables, room):
    """Fold raw[begin:end] as it is shown into `padded`, and note where each character was sent.

    `as_sent` if `is_as_sent` says so; `whole` for text: in addresses references alone are
    resolved. Return (length, line breaks, invisible characters); `state` says how it was
    disguised. If it is shown turned, `read_stored` folds it as it is stored.
    """
    state = room[2]
    state[DISGUISES] = state[TURNS] = state[TAGS] = state[KEPT] = 0
    if as_sent:
        n, breaks, invisible, odd = normalise_text(raw, begin, end, padded, at, tables)
        if odd != 0:
            n = _settle(raw[begin:end], padded, at, n, odd, whole, tables[0])
        return n, breaks, invisible
    return _read_otherwise(raw[begin:end], whole, padded, at, tables, room)


@unmanaged
def _read_otherwise(source, whole, padded, at, tables, room):
    for i in range(len(room[2])):
        room[2][i] = 0
    shown, shown_at, state = room[0][SHOWN], room[1][SHOWN], room[2]
    _show(source, whole, tables[0], room)
    state[DISGUISES] += (state[SPELT] + _SPELT - 1) // _SPELT
    if state[TURNS]:
        turned, turned_at = room[0][TURNED], room[1][TURNED]
        state[DISGUISES] += turn(shown, shown_at, state[SIZE], turned, turned_at, tables[0])
        shown, shown_at = turned, turned_at
    n, breaks, invisible, odd = normalise_text(shown, 0, state[SIZE], padded, at, tables)
    n = _settle(shown[: state[SIZE]], padded, at, n, odd, whole, tables[0])
    _trace(at[: n + 1], shown_at)
    return n, breaks, invisible


@unmanaged
def _settle(source, padded, at, n, odd, whole, packed):
    """Decide what depends on the whole text: whether regional indicators are flags and, in no
    address, whether what shows nothing parts words."""
    text = padded[FRONT:]
    if odd & REGIONAL:
        restore_flags(source, text, at, n)
    if odd & DROPPED and whole:
        n = part_words(source, text, at, n, 2 * len(source) + 64, packed)
    return n


@unmanaged
def read_stored(tables, room):
    """Fold into SENT what `read` has found to be shown turned, as it is stored; return its
    length."""
    shown, padded, at = room[0][SHOWN][: room[2][SIZE]], room[0][SENT], room[1][SENT]
    n, _, _, odd = normalise_text(shown, 0, len(shown), padded, at, tables)
    n = _settle(shown, padded, at, n, odd, True, tables[0])
    _trace(at[: n + 1], room[1][SHOWN])
    return n


@unmanaged
def read_hidden(tables, room):
    """Fold into HIDDEN what `read` has found that visitors are not shown; return its length."""
    hidden, padded, at = room[0][ASIDE][: room[2][KEPT]], room[0][HIDDEN], room[1][HIDDEN]
    n, _, _, odd = normalise_text(hidden, 0, len(hidden), padded, at, tables)
    n = _settle(hidden, padded, at, n, odd, True, tables[0])
    _trace(at[: n + 1], room[1][ASIDE])
    return n


@unmanaged
def _trace(at, source_at):
    for i in range(len(at)):
        at[i] = source_at[at[i]]


@unmanaged
def _show(source, whole, packed, room):
    """Write a text as it is shown, and aside what markup hides; `state` says what was found."""
    shown, shown_at, state = room[0][SHOWN], room[1][SHOWN], room[2]
    state[DROPPED_TAG] = state[PUT_ASIDE] = -1
    i, end, last, before, linked = 0, len(source), BLANK, np.uint32(_SPACE), not whole
    while i < end:
        code, second, stop = source[i], np.uint32(0), i + 1
        if i == state[PUT_ASIDE]:
            _keep(source, i, state[ASIDE_END], room)
            i = state[ASIDE_END]
            state[PUT_ASIDE], state[ASIDE_END] = unshown_attribute(source, i, state[TAG_END])
            continue
        if code == _AMPERSAND:
            strict = linked or i < state[TAG_END]
            first, second, behind = reference_at(source, i, end, strict)
            if behind > i:
                state[SPELT] += source[i + 1] == _HASH and is_alphanumeric(first)
                code, stop = first, behind
        elif whole and i >= state[TAG_END] and (code == _LESS or code == _OPENING):
            behind, written = _pass_markup(source, i, last, packed, room)
            if behind > i:
                i, last = behind, BLANK if written else last
                continue
        n = state[SIZE]
        shown[n], shown_at[n] = code, i
        if whole and code == TO_THE_LEFT:
            state[TURNS] = 1
        if second != 0:
            n += 1
            shown[n], shown_at[n] = second, i
        state[SIZE] = n + 1
        value = look_up(code, packed)
        last = value if value != DROP else last
        linked = _is_in_address(code, before, linked, value) or not whole
        before, i = code, stop
    shown_at[state[SIZE]] = end
    room[1][ASIDE, state[KEPT]] = end


@inlined
def _is_in_address(code, before, linked, value):
    """Say whether an address goes on behind a character: it has a query or two slashes."""
    if code == _QUESTION or (code == _SLASH and before == _SLASH):
        return True
    return linked and value != BLANK and code != 34 and code != 39 and code != 60 and code != 62


@unmanaged
def _pass_markup(source, i, last, packed, room):
    """Return the place behind the markup at i if a reader sees none of it, else i; and whether
    something was written in its place.

    `last` is the packed character before it. A tag that is not passed is copied as it was sent.
    """
    state = room[2]
    missing = state[MISSING:]
    kind, stop = markup_at(source, i, len(source), missing)
    word = _is_in_word(last)
    if kind == NONE or (source[i] == _OPENING and not word):
        return i, False
    hidden = hidden_end(source, i, stop, kind == UNSEEN)
    if hidden > stop:
        state[DISGUISES] += word and _goes_on(source, hidden, packed)
        _keep(source, i, hidden, room)
        return _write(_NOTHING, i, hidden, room) if word else (hidden, False)
    if kind == NOTHING and word:
        return _write(_NOTHING, i, stop, room)
    if kind == NOTHING or i == state[DROPPED_TAG]:
        return stop, False
    if kind == BLANK_PLACE:
        return _write(_SPACE, i, stop, room)
    if kind == OVERRIDE or kind == END_OF_OVERRIDE:
        if kind == OVERRIDE:
            state[TURNS] = 1
        return _write(TO_THE_LEFT if kind == OVERRIDE else END_OF_TURN, i, stop, room)
    if kind == COMMENT:
        state[DISGUISES] += word and _goes_on(source, stop, packed)
        _keep(source, i, stop, room)
        return _write(_NOTHING, i, stop, room) if word else (stop, False)
    if kind == ANCHOR and source[i + 1] != _SLASH:
        code = np.int64(room[0][SHOWN, max(state[SIZE] - 1, 0)]) if state[SIZE] > 0 else _SPACE
        end_tag = mention_end(source, i, stop, len(source), code == _AT or code == _HASH)
        if end_tag >= 0:
            state[DROPPED_TAG] = end_tag
            return stop, False
    if word and kind != BLOCK:
        behind, pieces = _run_of_markup(source, stop, missing)
        if _goes_on(source, behind, packed):
            state[DISGUISES] += pieces > 1
            if has_attributes(source, i, behind):
                _keep(source, i, behind, room)
            return _write(_NOTHING, i, behind, room)
    if kind == STYLE:
        state[TAGS] += 1
        return stop, False
    state[TAG_END] = stop
    if source[i] == LESS_THAN and source[i + 1] != _SLASH:
        state[PUT_ASIDE], state[ASIDE_END] = unshown_attribute(source, i + 1, stop)
    return i, False


@unmanaged
def _run_of_markup(source, i, missing):
    """Return the place behind the markup at i that does not part words, and how many pieces there
    are with the one before it."""
    pieces = 1
    while i < len(source) and (source[i] == _LESS or source[i] == _OPENING):
        kind, stop = markup_at(source, i, len(source), missing)
        if kind == NONE or kind == BLOCK or kind == BLANK_PLACE:
            break
        i, pieces = stop, pieces + 1
    return i, pieces


@inlined
def _is_in_word(value):
    return class_of(value) - _LETTER <= _IN_WORD


@unmanaged
def _goes_on(source, i, packed):
    """Say whether a word goes on at i, perhaps by a reference or behind what shows nothing."""
    if i >= len(source):
        return False
    value = look_up(source[i], packed)
    return _is_in_word(value) or value == DROP or source[i] == _AMPERSAND


@unmanaged
def _write(code, i, stop, room):
    n = room[2][SIZE]
    room[0][SHOWN, n], room[1][SHOWN, n] = code, i
    room[2][SIZE] = n + 1
    return stop, code == _SPACE


@unmanaged
def _keep(source, first, stop, room):
    """Keep what is hidden, a blank behind it."""
    size = room[2][KEPT]
    for i in range(first, stop):
        room[0][ASIDE, size], room[1][ASIDE, size] = source[i], i
        size += 1
    room[0][ASIDE, size], room[1][ASIDE, size] = _SPACE, stop - 1
    room[2][KEPT] = size + 1
