"""Links: where a text has them, and what their host, registrable domain and path say."""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.characters import DIGIT, LETTER, MARK, SPACE
from classifier.features.emission import URL_TAG, emit
from classifier.features.hashing import finish, step
from classifier.features.normalise import CODE_MASK, class_of
from classifier.features.suffixes import EXCEPTION, NORMAL, WILDCARD

_SALT_HOST = np.uint64(0x1B873593CC9E2D51)
_SALT_SITE = np.uint64(0x6C62272E07BB0142)
_SALT_SUFFIX = np.uint64(0x27D4EB2F165667C5)
_SALT_PART = np.uint64(0x85EBCA6BC2B2AE63)
_DOT, _SLASH, _COLON, _AT, _HYPHEN = 46, 47, 58, 64, 45
_UPPER = np.uint32(1 << 28)
_LONGEST_HOST = 255
_MOST_PARTS = 16

NO_LINK, LINK, ADDRESS = range(3)
HOST, SITE, HYPHENS, HOST_DIGITS, PATH_PARTS, KIND = range(6)


@inlined
def _code(text, i):
    return np.int64(text[i] & CODE_MASK)


@unmanaged
def rule_of(key, suffixes):
    """Return the kind of public suffix rule under a key, 0 for none."""
    keys, kinds = suffixes
    mask = len(keys) - 1
    slot = np.int64(key >> np.uint64(40)) & mask
    while keys[slot] != 0:
        if keys[slot] == key:
            return np.int64(kinds[slot])
        slot = (slot + 1) & mask
    return 0


@unmanaged
def split_host(text, begin, end, suffixes):
    """Return where the public suffix and the registrable domain of a host start.

    Both are `end` when the last label is no public suffix. Source: publicsuffix.org/list.
    """
    h = np.uint64(0)
    suffix, site, right, pending = end, end, end, False
    for i in range(end - 1, begin - 2, -1):
        if i >= begin and _code(text, i) != _DOT:
            h = step(h, np.uint64(text[i] & CODE_MASK))
            continue
        left = i + 1
        kind = rule_of(finish(h) | np.uint64(1), suffixes)
        if kind == EXCEPTION:
            suffix, site = right, left
        elif kind == NORMAL or kind == WILDCARD or pending:
            suffix, site = left, end
        elif suffix < end and site == end:
            site = left
        pending = kind == WILDCARD
        right = left
        h = step(h, np.uint64(_DOT))
    return suffix, site


@inlined
def _hash_run(text, begin, end):
    h = np.uint64(0)
    for i in range(begin, end):
        h = step(h, np.uint64(text[i] & CODE_MASK))
    return h


@unmanaged
def _bounds(text, begin, end):
    """Return (scheme found, host start, host end, address) of a token that may be a link."""
    start, schemed = begin, False
    for i in range(begin, end - 2):
        if (
            _code(text, i) == _COLON
            and _code(text, i + 1) == _SLASH
            and _code(text, i + 2) == _SLASH
        ):
            start, schemed = i + 3, True
            break
    stop, address = end, False
    for i in range(start, end):
        c = _code(text, i)
        if c == _AT:
            start, address = i + 1, not schemed
        elif c == _SLASH or c == 63 or c == 35 or c == _COLON or c == 92 or c == 44 or c == 59:
            stop = i
            break
    while start < stop and class_of(text[start]) not in (LETTER, DIGIT):
        start += 1
    while stop > start and class_of(text[stop - 1]) not in (LETTER, DIGIT, MARK):
        stop -= 1
    return schemed, start, min(stop, start + _LONGEST_HOST), address


@unmanaged
def _looks_bare(text, start, stop, suffix, site):
    """Say whether a host without scheme is meant as one, not a file name or a missing blank."""
    if site >= stop:
        return False
    if _code(text, start) == 119 and stop - start > 4 and _code(text, start + 3) == _DOT:
        return True
    if text[suffix] & _UPPER and stop - suffix > 1 and not text[suffix + 1] & _UPPER:
        return False
    size, c = stop - suffix, _code(text, suffix)
    d = _code(text, suffix + 1) if size > 1 else 0
    if size != 2:
        return True
    # .md .py .rs .sh .pl .so .cc .ps are also endings of files.
    pair = c * 256 + d
    return pair not in (28004, 28793, 29299, 29544, 28780, 29551, 25443, 28787)


@unmanaged
def link(text, at, begin, end, codes, k, room, seen, places, field, suffixes, found):
    """Emit the parts of text[begin:end] if it is a link; `found` (int64[6]) says what it is."""
    found[:] = 0
    schemed, start, stop, address = _bounds(text, begin, end)
    if stop <= start:
        return k
    suffix, site = split_host(text, start, stop, suffixes)
    if not schemed and not _looks_bare(text, start, stop, suffix, site):
        return k
    found[KIND] = ADDRESS if address else LINK
    found[HOST] = np.int64(_hash_run(text, start, stop) >> np.uint64(1))
    named = site if site < stop else start
    found[SITE] = np.int64(_hash_run(text, named, stop) >> np.uint64(1))
    first, last = at[start], at[stop - 1] + 1
    if k + _MOST_PARTS + 4 >= room:
        return k
    k = emit(
        codes,
        k,
        seen,
        places,
        field,
        first,
        last,
        URL_TAG,
        _hash_run(text, start, stop) ^ _SALT_HOST,
    )
    k = emit(
        codes,
        k,
        seen,
        places,
        field,
        at[named],
        last,
        URL_TAG,
        _hash_run(text, named, stop) ^ _SALT_SITE,
    )
    if suffix < stop:
        k = emit(
            codes,
            k,
            seen,
            places,
            field,
            at[suffix],
            last,
            URL_TAG,
            _hash_run(text, suffix, stop) ^ _SALT_SUFFIX,
        )
    else:
        suffix = _last_label(text, start, stop)
    return _parts(text, at, start, stop, suffix, end, codes, k, seen, places, field, found)


@unmanaged
def _last_label(text, start, stop):
    """Return where a host's last label begins, `stop` if it is the only one.

    An ending that no list knows (a reserved one, one of a local network, the last number of an
    address) is no word of the host either. Source: by the algorithm of publicsuffix.org the last
    label is the suffix where no rule matches.
    """
    label = stop
    while label > start and _code(text, label - 1) != _DOT:
        label -= 1
    return label if label > start else stop


@unmanaged
def _parts(text, at, start, stop, suffix, end, codes, k, seen, places, field, found):
    """Emit the words of a host before its suffix and of the path after it."""
    h, first, parts = np.uint64(0), -1, 0
    for i in range(start, end + 1):
        kind = class_of(text[i]) if i < end else np.uint32(SPACE)
        in_suffix = suffix <= i < stop
        if (kind == LETTER or kind == DIGIT or kind == MARK) and not in_suffix:
            h = step(h, np.uint64(text[i] & CODE_MASK))
            first = i if first < 0 else first
            found[HOST_DIGITS] += kind == DIGIT and i < stop
            continue
        found[HYPHENS] += i < stop and _code(text, i) == _HYPHEN
        if first >= 0 and parts < _MOST_PARTS:
            k = emit(
                codes, k, seen, places, field, at[first], at[i - 1] + 1, URL_TAG, h ^ _SALT_PART
            )
            parts += 1
            found[PATH_PARTS] += first >= stop
        h, first = np.uint64(0), -1
    return k


@inlined
def _delimits(c):
    """Say whether a character cannot be inside a link as people and markup write it."""
    return (
        c == 32 or c == 60 or c == 62 or c == 34 or c == 39 or c == 40 or c == 41 or c == 91
        or c == 93 or c == 123 or c == 125 or c == 124 or c == 96 or c == 0x201C or c == 0x201D
        or c == 0xAB or c == 0xBB or c == 0x3002 or c == 0x300C or c == 0x300D
    )  # fmt: skip


@inlined
def _may_be_inside(text, i):
    """Say whether the sign at i is one that makes a link of what stands around it."""
    c, following = _code(text, i), text[i + 1]
    if c != _DOT and c != _COLON:
        return False
    return class_of(following) == LETTER or (c == _COLON and following & CODE_MASK == _SLASH)


@unmanaged
def schemes(text, n):
    """Return how many links with a scheme a text has."""
    found = 0
    for i in range(n - 2):
        found += (
            _code(text, i) == _COLON
            and _code(text, i + 1) == _SLASH
            and _code(text, i + 2) == _SLASH
        )
    return found


@unmanaged
def emit_links(text, at, n, signs, codes, k, room, seen, places, field, suffixes, found, hosts):
    """Emit every link of a text; return (k, links, addresses). `hosts` keeps the first sites.

    `signs` are the places of the text's signs: a link has one of them.
    """
    number, addresses, floor = 0, 0, 0
    for sign in range(len(signs)):
        place = np.int64(signs[sign])
        if place < floor or not _may_be_inside(text, place):
            continue
        begin, stop = place, place + 1
        while (
            begin > floor
            and not _delimits(_code(text, begin - 1))
            and text[begin - 1] & CODE_MASK != 61
        ):
            begin -= 1
        while stop < n and not _delimits(_code(text, stop)):
            stop += 1
        floor = stop + 1
        if stop - begin <= 3:
            continue
        k = link(text, at, begin, stop, codes, k, room, seen, places, field, suffixes, found)
        if found[KIND] == LINK:
            if number < len(hosts):
                hosts[number] = found[SITE]
            number += 1
        elif found[KIND] == ADDRESS:
            addresses += 1
    return k, number, addresses
