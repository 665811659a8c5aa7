"""Why something at another address failed, in the language of the request.

Whoever fetches or tells notes it in English, with what was answered; that is what the API says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from moderation.console.language import _

SAID = (
    "the host's name does not resolve",
    "the host's address is not public; WINNOW_OUTBOUND_ALLOW may allow its network",
    "the address is not one of http or https",
    "the answer is longer than %(what)s bytes",
    "no answer in time",
    "no answer: nobody listens there",
    "no answer: its certificate is not trusted",
    "no answer: it closed the connection",
    "no answer: %(what)s",
    "its answer broke off",
    "its answer is packed, which was not asked for",
    "what it answers is no HTTP, or has endless headers",
    "answered %(what)s",
    "answered %(what)s; redirects are not followed",
    "it answered with status %(what)s",
    "it answered with status %(what)s; redirects are not followed",
    "what came is no list of this kind",
    "it was made in the future: its publisher's clock, or this one, is wrong",
    "it was not made anew for so long that it is not believed any more",
    "it is older than the one that was fetched before",
    "it is larger than a feed may be",
    "it is not signed by this key, or was changed since",
    "it is no feed",
    "this is no key of a feed: 44 characters, as `feed key` prints it",
    "it tells of more days than a feed may",
    "it has a form that this version does not know",
    "its secret cannot be read under this WINNOW_SECRET_KEY; rotate it",
    "something went wrong in Winnow: its log says where",
)
"""All that is noted; `%(what)s` is a number or the name of an error."""


def _patterns() -> Iterator[tuple[re.Pattern[str], str]]:
    for said in SAID:
        before, _what, after = said.partition("%(what)s")
        middle = r"([\w,.]+)" if _what else ""
        yield re.compile(re.escape(before) + middle + re.escape(after)), said


_PATTERNS = tuple(_patterns())


def failure(noted: str) -> str:
    """Return why something failed; what this version does not know stays as it was noted."""
    for pattern, said in _PATTERNS:
        found = pattern.fullmatch(noted)
        if found:
            return _(said) % {"what": found[1]} if found.groups() else _(said)
    return noted
