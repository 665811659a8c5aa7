"""What visitors are not shown of markup: elements that are hidden, attributes that say nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.compiled import unmanaged
from classifier.features.attributes import (
    GREATER_THAN,
    LESS_THAN,
    attribute_at,
    is_blank_code,
    key_of_name,
    name_at,
)
from classifier.features.references import is_alphanumeric


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.array(list(map(ord, text)), np.uint32)


def _keys(names: str) -> tuple[np.uint64, ...]:
    return tuple(map(key_of_name, names.split()))


_STYLE, _HIDDEN, _COLOUR = _keys("style hidden color")
_VOID = _keys("area base br col embed hr img input link meta param source track wbr")
"""Elements without an end tag. Source: https://html.spec.whatwg.org/multipage/syntax.html."""
_ADDRESSES = _keys("href src action formaction data poster srcset cite background")
"""Attributes with an address, which is read as if it were shown."""
_NOT_SHOWN = tuple(
    _codes(rule)
    for rule in (
        "display:none", "visibility:hidden", "visibility:collapse", "font-size:0", "opacity:0",
        "color:transparent", "color:#fff", "color:#ffffff", "color:white", "height:0", "width:0",
        "max-height:0", "max-width:0", "zoom:0", "content-visibility:hidden", "mso-hide:all",
    )
)  # fmt: skip
"""Rules of a style that hide an element whatever its page looks like, or on most pages."""
_FAR_OUT = tuple(
    _codes(rule)
    for rule in (
        "text-indent:-", "left:-9", "top:-9", "right:-9", "margin-left:-9", "clip:rect(0",
        "clip:rect(1px,1px", "scale(0)", "clip-path:inset(", "font-size:1px",
    )
)  # fmt: skip
"""Beginnings of rules that move an element out of sight."""
_WHITE = tuple(map(_codes, ("white", "#fff", "#ffffff", "transparent")))
_SLASH, _HYPHEN, _SHARP, _POINT, _EQUALS = 47, 45, 35, 46, 61


@unmanaged
def hidden_end(raw, i, stop, unseen):
    """Return the place behind the element whose start tag is raw[i:stop] if it is not shown, by
    what its tag says or as it is `unseen` anyway; else `stop`.

    What is never closed hides all that follows.
    """
    if raw[i] != LESS_THAN or not is_alphanumeric(raw[i + 1]):
        return stop
    name, j = name_at(raw, i + 1, stop, np.uint64(0))
    hidden = unseen
    key, first, last, j = attribute_at(raw, j, stop)
    while last >= 0:
        if key == _STYLE:
            for rule in _NOT_SHOWN:
                hidden = hidden or _has_rule(raw, first, last, rule, True)
            for rule in _FAR_OUT:
                hidden = hidden or _has_rule(raw, first, last, rule, False)
        elif key == _COLOUR:
            for colour in _WHITE:
                hidden = hidden or _has_rule(raw, first, last, colour, True)
        hidden = hidden or key == _HIDDEN
        key, first, last, j = attribute_at(raw, j, stop)
    for void in _VOID:
        hidden = hidden and name != void
    return _behind_end_tag(raw, stop, name) if hidden else stop


@unmanaged
def _has_rule(raw, first, last, rule, whole):
    """Say whether a style has a rule, with blanks or without; a `whole` one does not go on."""
    for begin in range(first, last):
        if begin > first and _goes_on(raw[begin - 1]):
            continue
        j, k = begin, 0
        while j < last and k < len(rule):
            if not is_blank_code(raw[j]):
                code = raw[j]
                if 65 <= code <= 90:
                    code = code | np.uint32(32)
                if code != rule[k]:
                    break
                k += 1
            j += 1
        if k == len(rule) and not (whole and j < last and _continues(raw, j, last)):
            return True
    return False


@unmanaged
def _continues(raw, j, last):
    """Say whether a value goes on at j: with a letter or digit, but for the unit of nothing."""
    if raw[j] == _POINT:
        return True
    if raw[j - 1] != 48:
        return _goes_on(raw[j])
    return 48 <= raw[j] <= 57


@unmanaged
def _goes_on(code):
    return is_alphanumeric(code) or code == _HYPHEN or code == _SHARP


@unmanaged
def _behind_end_tag(raw, stop, name):
    """Return the place behind the end tag of a name, those of elements of the name inside it left
    out; the end of the text if there is none."""
    depth, j = 1, stop
    while j + 1 < len(raw):
        closes = raw[j] == LESS_THAN and raw[j + 1] == _SLASH
        if raw[j] == LESS_THAN and (closes or is_alphanumeric(raw[j + 1])):
            key, k = name_at(raw, j + 1 + closes, len(raw), np.uint64(0))
            if key == name:
                depth += -1 if closes else 1
                if depth == 0:
                    while k < len(raw) and raw[k] != GREATER_THAN and raw[k] != LESS_THAN:
                        k += 1
                    return k + 1 if k < len(raw) and raw[k] == GREATER_THAN else k
            j = k
        else:
            j += 1
    return len(raw)


@unmanaged
def unshown_attribute(raw, j, stop):
    """Return where the next attribute of a tag that shows nothing and leads nowhere begins, and the
    place behind it; −1, −1 if there is none before `stop`, behind the tag.

    `j` stands in the tag, behind its name or behind another attribute.
    """
    if is_alphanumeric(raw[j]):
        _, j = name_at(raw, j, stop, np.uint64(0))
    while j < stop:
        while j < stop and not is_alphanumeric(raw[j]):
            j += 1
        begin = j
        key, _, last, j = attribute_at(raw, j, stop)
        if last < 0:
            return -1, -1
        leads = False
        for address in _ADDRESSES:
            leads = leads or key == address
        if not leads:
            return begin, min(j, stop - 1)
    return -1, -1


@unmanaged
def has_attributes(source, first, stop):
    """Say whether markup has an attribute with a value."""
    for i in range(first, stop):
        if source[i] == _EQUALS:
            return True
    return False
