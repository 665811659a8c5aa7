"""Scores, explains and learns whatever a stranger may send; run where numba checks every index."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Learner, Model, Row, explain

LONGEST = 1 << 16
UNITS = (
    *"a1 \n\t.:@/#?=&<>[]-+$!\x00Aé漢か한ไа漢😀ﷺﬁⅴ𝓿",
    *"\u0301\u200b\u202e\ufe0f\ud800\U00020000\U000e0041\U0010ffff",
    *("a ", "a1 ", "cс ", "v i a g r a ", "漢a", "ไa ", "e\u0301", "क\u093c"),
    *("ᄀ\u1161\u11a8", "가\u11a8", "+49 170 1234567 ", "<a href=", "[url="),
    *("http://a.example/b ", "www.a.co.uk ", "a.b", "://", "a@b.c "),
    *("&#118;", "&#x76", "&#", "&#0;", "&amp;", "&eacute", "&fjlig;", "&#8238;a", "v&shy;"),
    *("<b>", "v<b></b>", "v<!-- x -->", "<!--", "<!>", "</", "<a ='", '<a ="', "[b]", "v[url=x]"),
    *("<span hidden>", "<p style='display:none'>a</p>", "<bdo dir=rtl>ab", "</bdo>", "<br>"),
    *('<a class="mention" href="https://a.example/b">@<span>c</span></a>', "<a class=mention>"),
    *("\u202eab", "\u202eab\u202c", "\u202e\n", "\u202d\u202e", "v.", "v - ", "加 ", "ก.", "v  "),
    *("i\u0320\u0308", "a\u0336", "а\u0489", "e\u0308\u0308\u0308", "\u034f", "a\u2800", "a\u180b"),
)
"""What texts are made of: each kind of character, and what the kernels look for."""
SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 62, 63, 64, 65, 70, 71, 126, 127, 128, 129, 191, 192, 193, 1023)
"""In characters: about the windows and lanes in which the kernels read."""
FIELDS = ("text", "author", "url", "email", "type", "honeypot")

_text = st.text(
    st.one_of(st.characters(exclude_categories=()), st.sampled_from("".join(UNITS))), max_size=300
)
_row = st.builds(
    Row, text=_text, author=_text, url=_text, email=_text, type=_text, honeypot=_text,
    context=st.lists(_text, max_size=3), form_ms=st.none() | st.integers(-(2**40), 2**40),
    signals=st.dictionaries(_text, st.floats(), max_size=40),
)  # fmt: skip


def hostile_rows() -> Iterator[Row]:
    """Return rows of one unit again and again, in every field, up to the longest."""
    for unit in UNITS:
        for size in SIZES:
            text = (unit * size)[:size]
            yield Row(text=text, author=text, url=text, email=text, type=text, context=[text])
        longest = (unit * LONGEST)[: LONGEST + 9]
        for field in FIELDS:
            yield Row(**{field: longest})
        yield Row(text=longest, context=[longest, longest])
    yield Row(text="".join(f"http://host{i}.example/path-{i}?q={i} " for i in range(5000)))
    yield Row(text=" ".join(f"word{i}" for i in range(9000)))
    yield Row(text="".join(map(chr, range(0x20000))))


def run(model: Model, learner: Learner, rows: list[Row]) -> None:
    """Use every kernel on the rows, together and alone."""
    together = model.score(rows, learner)
    for place, row in enumerate(rows):
        together.reasons(place)
        alone = model.score([row], learner)
        assert alone.logit[0] == together.logit[place]
    for place, row in enumerate(rows):
        learner.learn(row, "spam" if place % 2 else "ham")


def main() -> None:
    model = Model.load()
    learner = Learner(model)
    rows = list(hostile_rows())
    for first in range(0, len(rows), 16):
        run(model, learner, rows[first : first + 16])
    for row in rows[:: len(SIZES) // 2]:
        explain(model, row, learner)

    @settings(max_examples=400, deadline=None, derandomize=True, database=None)
    @given(st.lists(_row, max_size=4))
    def anything(rows: list[Row]) -> None:
        run(model, learner, rows)

    anything()
    print(len(rows))


if __name__ == "__main__":
    main()
