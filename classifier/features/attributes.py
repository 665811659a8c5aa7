"""What the attributes of a tag say: whom an anchor mentions, what is hidden, what is turned."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.compiled import inlined, unmanaged
from classifier.features.hashing import finish, finish_hash, hash_text, step
from classifier.features.references import is_alphanumeric

LESS_THAN, GREATER_THAN, BRACKET = 60, 62, 91
NO_END_OF_TAG, NO_END_OF_COMMENT, NO_END_TAG = range(3)
"""What is remembered not to come any more in a text, so that it is sought in vain once."""
LONGEST_NAME_SHOWN = 256
"""How far from an anchor's start tag its end tag may be, for one of a mention or hashtag."""
LONGEST_HIDDEN = 1024
"""How far from a start tag that hides an element its end tag is looked for."""
_MOST_BLANKS = 2
_ONE = np.uint64(1)
_SLASH, _EQUALS, _HYPHEN, _QUOTE, _APOSTROPHE, _AT, _HASH = 47, 61, 45, 34, 39, 64, 35


def key_of_name(text: str) -> np.uint64:
    """Return the key of a name in lower case, as `name_at` gives it."""
    return np.uint64(finish_hash(hash_text(text)) | 1)


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.array(list(map(ord, text)), np.uint32)


_CLASS, _REL, _HREF, _DIR, _RTL = map(key_of_name, ("class", "rel", "href", "dir", "rtl"))
_STYLE, _HIDDEN = map(key_of_name, ("style", "hidden"))
_MENTION, _HASHTAG, _TAG = map(key_of_name, ("mention", "hashtag", "tag"))
_NOT_SHOWN = (_codes("display:none"), _codes("visibility:hidden"), _codes("font-size:0"))


@inlined
def _lower(code):
    return code | 32 if 65 <= code <= 90 else code


@inlined
def is_blank_code(code):
    """Say whether a code point is white space of HTML."""
    return code == 32 or 9 <= code <= 13


@unmanaged
def name_at(raw, first, end, state):
    """Return the key of the name at `first` (ASCII letters, digits and hyphens, in lower case),
    and the place behind it."""
    j = first
    while j < end and (is_alphanumeric(raw[j]) or raw[j] == _HYPHEN):
        state = step(state, np.uint64(_lower(np.int64(raw[j]))))
        j += 1
    return finish(state) | _ONE, j


@unmanaged
def is_to_the_left(raw, behind, stop):
    """Say whether a tag, its name ending at `behind`, has `dir="rtl"`."""
    key, first, last, j = _attribute(raw, behind, stop)
    while last >= 0:
        if key == _DIR and _holds(raw, first, last, _RTL):
            return True
        key, first, last, j = _attribute(raw, j, stop)
    return False


@unmanaged
def hidden_end(raw, i, stop, missing):
    """Return the place behind the element whose start tag is raw[i:stop] if the tag says that it
    is not shown, else `stop`. `missing` (int64) remembers whether no end tag comes any more."""
    if missing[NO_END_TAG] != 0 or raw[i] != LESS_THAN or not is_alphanumeric(raw[i + 1]):
        return stop
    name, j = name_at(raw, i + 1, stop, np.uint64(0))
    hidden = False
    key, first, last, j = _attribute(raw, j, stop)
    while last >= 0:
        if key == _STYLE:
            for words in _NOT_SHOWN:
                hidden = hidden or _has_rule(raw, first, last, words)
        hidden = hidden or key == _HIDDEN
        key, first, last, j = _attribute(raw, j, stop)
    return _behind_end_tag(raw, stop, name, missing) if hidden else stop


@unmanaged
def _has_rule(raw, first, last, rule):
    """Say whether a style has a rule, with blanks or without, and none that goes on in digits."""
    for begin in range(first, last):
        j, k = begin, 0
        while j < last and k < len(rule):
            if not is_blank_code(raw[j]):
                if _lower(np.int64(raw[j])) != rule[k]:
                    break
                k += 1
            j += 1
        if k == len(rule):
            return j >= last or not (raw[j] == 46 or 48 <= raw[j] <= 57)
    return False


@unmanaged
def _behind_end_tag(raw, stop, name, missing):
    """Return the place behind the next end tag of a name, `stop` if there is none near."""
    far, ended = min(len(raw) - 2, stop + LONGEST_HIDDEN), False
    for j in range(stop, far):
        if raw[j] == LESS_THAN and raw[j + 1] == _SLASH:
            ended = True
            key, k = name_at(raw, j + 2, len(raw), np.uint64(0))
            if key == name:
                while k < len(raw) and raw[k] != GREATER_THAN and raw[k] != LESS_THAN:
                    k += 1
                return k + 1 if k < len(raw) and raw[k] == GREATER_THAN else stop
    if not ended and far == len(raw) - 2:
        missing[NO_END_TAG] = 1
    return stop


@unmanaged
def _attribute(raw, j, stop):
    """Return the key of the next attribute's name, where its value stands, and the place behind
    it; the value's end is −1 if no attribute follows."""
    while j < stop and not is_alphanumeric(raw[j]):
        j += 1
    if j >= stop:
        return np.uint64(0), j, -1, j
    key, j = name_at(raw, j, stop, np.uint64(0))
    while j < stop and is_blank_code(raw[j]):
        j += 1
    if j >= stop or raw[j] != _EQUALS:
        return key, j, j, j
    j += 1
    while j < stop and is_blank_code(raw[j]):
        j += 1
    if j < stop and (raw[j] == _QUOTE or raw[j] == _APOSTROPHE):
        first = j + 1
        last = first
        while last < stop and raw[last] != raw[j]:
            last += 1
        return key, first, last, last + 1
    first = j
    while j < stop and not is_blank_code(raw[j]) and raw[j] != GREATER_THAN:
        j += 1
    return key, first, j, j


@unmanaged
def _holds(raw, first, last, word):
    """Say whether a word stands among the words of an attribute's value."""
    j = first
    while j < last:
        key, behind = name_at(raw, j, last, np.uint64(0))
        if (
            key == word
            and (behind == last or is_blank_code(raw[behind]))
            and _begins(raw, j, first)
        ):
            return True
        j = behind + 1
    return False


@inlined
def _begins(raw, j, first):
    return j == first or is_blank_code(raw[j - 1])


@unmanaged
def mention_end(raw, i, stop, end, marked):
    """Return where the end tag of the anchor raw[i:stop] begins if it is one that a federated
    server puts around a mention or hashtag, −1 if it is another.

    Such an anchor says so in `class` or `rel`, leads to a page of its host, and shows a name
    after an at sign or hash sign; `marked` says that the sign stands before the anchor. Source:
    https://docs.joinmastodon.org/spec/activitypub/#sanitization.
    """
    person = topic = led = False
    key, first, last, j = _attribute(raw, i + 2, stop)
    while last >= 0:
        if key == _CLASS or key == _REL:
            person = person or _holds(raw, first, last, _MENTION)
            topic = topic or _holds(raw, first, last, _HASHTAG)
            topic = topic or (key == _REL and _holds(raw, first, last, _TAG))
        elif key == _HREF:
            led = _leads_to_page(raw, first, last)
        key, first, last, j = _attribute(raw, j, stop)
    if not led or not (person or topic):
        return -1
    return _end_ofname_at(raw, stop, min(end, stop + LONGEST_NAME_SHOWN), marked)


@unmanaged
def _leads_to_page(raw, first, last):
    """Say whether an address has more than a host."""
    slashes = 0
    for j in range(first, last):
        slashes += raw[j] == _SLASH
        if slashes == 3 and is_alphanumeric(raw[j]):
            return True
    return False


@unmanaged
def _end_ofname_at(raw, stop, end, marked):
    """Return where the end tag of an anchor begins that shows a name after its sign, else −1."""
    inside, blanks = False, 0
    for j in range(stop, end):
        code = raw[j]
        if code == LESS_THAN:
            if j + 3 < end and raw[j + 1] == _SLASH and raw[j + 2] | np.uint32(32) == 97:
                return j if marked and raw[j + 3] == GREATER_THAN else -1
            inside = True
        elif inside:
            inside = code != GREATER_THAN
        elif is_blank_code(code):
            blanks += 1
            if blanks > _MOST_BLANKS:
                return -1
        elif not marked:
            if code != _AT and code != _HASH:
                return -1
            marked = True
    return -1
