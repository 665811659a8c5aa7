"""What the attributes of a tag say: whom an anchor mentions, what is turned."""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.hashing import finish, finish_hash, hash_text, step
from classifier.features.references import is_alphanumeric

LESS_THAN, GREATER_THAN, BRACKET = 60, 62, 91
NO_END_OF_TAG, NO_END_OF_COMMENT = range(2)
"""What is remembered not to come any more in a text, so that it is sought in vain once."""
LONGEST_NAME_SHOWN = 256
"""How far from an anchor's start tag its end tag may be, for one of a mention or hashtag."""
_MOST_BLANKS = 2
_ONE = np.uint64(1)
_SLASH, _EQUALS, _HYPHEN, _QUOTE, _APOSTROPHE, _AT, _HASH = 47, 61, 45, 34, 39, 64, 35


def key_of_name(text: str) -> np.uint64:
    """Return the key of a name in lower case, as `name_at` gives it."""
    return np.uint64(finish_hash(hash_text(text)) | 1)


_CLASS, _REL, _HREF, _DIR, _RTL = map(key_of_name, ("class", "rel", "href", "dir", "rtl"))
_MENTION, _HASHTAG, _TAG = map(key_of_name, ("mention", "hashtag", "tag"))
_PEOPLE = tuple(map(key_of_name, ("users", "user", "u", "people", "profile", "members")))
"""What stands before a person's name in the addresses of federated servers and forums."""


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
    key, first, last, j = attribute_at(raw, behind, stop)
    while last >= 0:
        if key == _DIR and _holds(raw, first, last, _RTL):
            return True
        key, first, last, j = attribute_at(raw, j, stop)
    return False


@unmanaged
def attribute_at(raw, j, stop):
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

    Such an anchor leads to a page of its host and shows a name after an at sign or hash sign;
    `marked` says that the sign stands before the anchor. That it mentions somebody is said by its
    `class` or `rel`, or by its address, which is that of a person of the name shown. Source:
    https://docs.joinmastodon.org/spec/activitypub/#sanitization.
    """
    person = topic = led = False
    named, behind_name = 0, 0
    key, first, last, j = attribute_at(raw, i + 2, stop)
    while last >= 0:
        if key == _CLASS or key == _REL:
            person = person or _holds(raw, first, last, _MENTION)
            topic = topic or _holds(raw, first, last, _HASHTAG)
            topic = topic or (key == _REL and _holds(raw, first, last, _TAG))
        elif key == _HREF:
            led = _leads_to_page(raw, first, last)
            named, behind_name = _person_of(raw, first, last)
        key, first, last, j = attribute_at(raw, j, stop)
    if not led:
        return -1
    found = _end_of_name(raw, stop, min(end, stop + LONGEST_NAME_SHOWN), marked)
    if person or topic or (found >= 0 and _shows(raw, stop, found, named, behind_name)):
        return found
    return -1


@unmanaged
def _person_of(raw, first, last):
    """Return where the name of the person stands whose page an address is, and the place behind it;
    0, 0 if it is none: `/@name`, or a word for people before the name."""
    name = last
    while name > first and raw[name - 1] != _SLASH:
        name -= 1
    if name < last and raw[name] == _AT:
        return name + 1, last
    begin = name - 1
    while begin > first and raw[begin - 1] != _SLASH:
        begin -= 1
    if begin <= first:
        return 0, 0
    key, behind = name_at(raw, begin, name - 1, np.uint64(0))
    for word in _PEOPLE:
        if key == word and behind == name - 1:
            return name, last
    return 0, 0


@unmanaged
def _shows(raw, begin, stop, named, behind):
    """Say whether what an anchor shows, without tags, blanks and sign, is just a name."""
    j, inside = named, False
    for i in range(begin, stop):
        code = raw[i]
        if code == LESS_THAN or inside:
            inside = code != GREATER_THAN
        elif not (is_blank_code(code) or (code == _AT and j == named)):
            if j >= behind or _lower(np.int64(code)) != _lower(np.int64(raw[j])):
                return False
            j += 1
    return named < j == behind


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
def _end_of_name(raw, stop, end, marked):
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
