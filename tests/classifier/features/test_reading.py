"""Text is read as a reader sees it: references, markup, overrides."""

from __future__ import annotations

import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Model, Row, explain
from tests.classifier.features.as_shown import shown

MODEL = Model.load()

named = st.sampled_from(sorted(name for name in html.entities.html5 if name.endswith(";")))
# The library leaves a vertical tab out, which browsers keep: it parts words.
numbers = st.integers(0, 0x11FFFF).filter(lambda number: number != 0x0B)
references = st.one_of(
    numbers.map("&#{};".format),
    numbers.map("&#x{:x};".format),
    st.integers(0x20, 0x500).map("&#X{:04X};".format),
    named.map("&{}".format),
    st.text("abc 1.é漢", max_size=6),
)


@given(st.lists(references, max_size=12).map("".join))
def test_references_are_resolved_as_the_standard_library_does(text: str) -> None:
    # A less-than sign that is written as a reference begins no tag.
    plain = html.unescape(text).replace("<", "&lt;").replace("&#", "&amp;#").replace("[", "&#91;")
    assert shown(text).text == shown(plain).text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("&#118;&#105;&#x61;&#X67;ra", "viagra"),
        ("v&#105agr&#97", "viagra"),
        ("Caf&eacute; &amp; cr&egrave;me", "café & crème"),
        ("vi&shy;ag&shyra vi&#8203;agra", "viagra viagra"),
        ("&#25307;&#32856;", "招聘"),
        ("&amp;#118;&amp;amp;", "&#118;&amp;"),
        ("&#150;&#x80;", "–€"),
        ("&lt;b&gt;v&lt;/b&gt;", "<b>v</b>"),
        ("?a=1&copy=2&reg=3", "?a=1&copy=2&reg=3"),
        ("AT&T, R&D & so on; a&b;c &nosuch; &", "at&t, r&d & so on; a&b;c &nosuch; &"),
        ("a&#11;b", "a b"),
        ("&#; &#x; &#xg; &# &#", "&#; &#x; &#xg; &# &#"),
        ("&#0; &#xD800; &#x110000; &#99999999999999999999;", "\ufffd \ufffd \ufffd \ufffd"),
        ("a&" + "b" * 5000 + ";", "a&" + "b" * 5000 + ";"),
    ],
)
def test_references_are_read_once_as_a_browser_does(text: str, read: str) -> None:
    assert shown(text).text == read


@pytest.mark.parametrize("digits", [20, 5_000, 60_000])
@pytest.mark.parametrize("form", ["a&#{}", "a&#{};b", "a&#x{};b"])
def test_a_reference_of_any_length_is_one_character(digits: int, form: str) -> None:
    text = form.format("9" * digits)
    assert shown(text).text == "a\ufffd" + text.partition(";")[2]
    assert shown(form.format("0" * digits + "65")).text[:2] in ("aa", "ae")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("v<b></b>iagra", "viagra"),
        ("v<b>ia</b>gra", "viagra"),
        ("<i>v</i><i>i</i><i>a</i>gra", "viagra"),
        ("v<span class='x>y'></span>iagra v<wbr>iagra v<X-y></X-y>iagra", "viagra viagra viagra"),
        ("v[b][/b]iagra v[i]ia[/i]gra", "viagra viagra"),
        ("казино <u>о</u>нлайн ка<b></b>зино", "казино онлайн казино"),
        ("加<i></i>微<b></b>信", "加微信"),
        ("v<b></b>&#105;<i></i>a\u200b<b></b>gra", "viagra"),
        ("one<br>two<p>three</p><p class=x>four<br/>five", "one two three four five"),
        ("one<div>two</div>", "one<div>two</div>"),
        ("a < b, c > d, x<y", "a < b, c > d, x<y"),
        ("List<String> a[i] = b[i];", "list<string> a[i] = b[i];"),
        ("<3 you <ann@post.example> <- <b", "<3 you <ann@post.example> <- <b"),
    ],
)
def test_markup_inside_words_does_not_part_them(text: str, read: str) -> None:
    assert shown(text).text == read


@pytest.mark.parametrize(
    "text",
    [
        "vi<!-- x -->agra", "vi<!---->agra", "vi<!x>agra", "vi<?x?>agra", "vi</>agra",
        'vi<span style="display: none">x</span>agra', "vi<b hidden>x</b>agra",
        "vi<font STYLE='color:red;Font-Size:0px'>x</font>agra",
    ],
)  # fmt: skip
def test_what_is_not_shown_stands_aside(text: str) -> None:
    """It parts no words; what it says is still read, and that it broke a word is counted."""
    found = shown(text)
    assert found.text == "viagra"
    assert "x" not in text or "x" in found.hidden
    assert found.disguises == 1


@pytest.mark.parametrize(
    ("text", "seen", "hidden"),
    [
        (
            'a <a title="x y" href="http://z.example">c</a>',
            'a <a href="http://z.example">c</a>',
            "x",
        ),
        ("a <img alt='x' src=//z.example/p> b", "a <img src=//z.example/p> b", "x"),
        ("a <style>p { x: y }</style> b", "a b", "x: y"),
        ("a <div style='Display : none'>x<div>y</div>z</div> b", "a b", "x<div>y</div>z"),
        ("a <p hidden>x b", "a ", "x b"),
        ("a <input hidden> b", "a <input > b", "hidden"),
        ("a <i style='line-height:0.5'>b</i>", "a b", "line"),
        ("a <i style='color:#fff'>x</i> b", "a b", "x"),
        ("a <i style='color:#fff0e0'>b</i>", "a b", "fff0e0"),
        ("a <script>x</script > b", "a b", "x"),
    ],
)
def test_what_visitors_are_not_shown_is_told_from_what_they_are(
    text: str, seen: str, hidden: str
) -> None:
    found = shown(text)
    if "b</i>" not in text:
        assert hidden in found.hidden
    assert found.text.split() == seen.split()


def test_comments_that_never_end_are_text() -> None:
    assert shown("a <!-- b c").text == "a <!-- b c"
    assert shown("a<b c").text == "a<b c"


def test_links_in_passed_markup_are_found() -> None:
    def link(text: str) -> set[int]:
        return {code for code in MODEL.features([Row(text=text)]).codes.tolist() if code >> 28 == 5}

    plain = link("https://shop.example/pills")
    for text in (
        'v<a href="https://shop.example/pills">iag</a>ra',
        'v<img src="https://shop.example/pills">iagra',
        "v<!-- https://shop.example/pills -->iagra",
        '<a href="&#104;ttps&#58;//shop.example/pills">x</a>',
        "https://shop<b></b>.example/pills",
    ):
        assert plain <= link(text), text


@pytest.mark.parametrize("form", ["{}", "{}\u202c", "{}\nmore", "\u202b{}\u202c\u202c"])
def test_what_an_override_turns_is_read_as_shown_and_as_stored(form: str) -> None:
    sent = form.format("\u202emoc.selpaets//:ptth ko\u202c now")
    assert shown(sent).text.startswith("ok http://steaples.com now")
    codes = set(MODEL.features([Row(text=sent)]).codes.tolist())
    assert set(link_codes("http://steaples.com")) <= codes


def link_codes(text: str) -> list[int]:
    return [code for code in MODEL.features([Row(text=text)]).codes.tolist() if code >> 28 == 5]


def test_a_stored_link_that_is_shown_turned_is_found_too() -> None:
    plain = set(link_codes("see http://shop.example/x"))
    assert plain <= set(link_codes("see \u202ehttp://shop.example/x\u202c"))
    assert plain <= set(link_codes('see <bdo dir="rtl">x/elpmaxe.pohs//:ptth</bdo>'))


def test_scripts_from_right_to_left_are_not_turned() -> None:
    for text in ("שלום לכולם", "مرحبا بالعالم"):
        found = shown(f"\u202e{text}\u202c")
        assert found.text == shown(text).text
        assert found.disguises == 0


def test_disguises_are_counted_and_innocent_references_are_not() -> None:
    assert shown("&#118;iagra").disguises == 1
    assert shown("&#118;&#105;&#97;&#103;&#114;&#97; online").disguises == 2
    assert shown("v<b></b>iagra").disguises == 1
    assert shown("\u202eargaiv\u202c").disguises == 1
    for text in (
        "&#25307;&#32856;",
        "it&#39;s &quot;fine&quot; &amp; caf&#233;",
        "un<i>believ</i>able",
    ):
        assert shown(text).disguises == 0


FEDERATED = [
    '<a href="https://b.example/users/ann">@ann</a>',
    '<a href="https://b.example/@ann" target="_blank">@<span>ann</span></a>',
    '<span class="h-card" translate="no"><a href="https://blog.example/@ann" class="u-url mention">'
    "@<span>ann</span></a></span>",
    '<a class="u-url mention" data-user="A1" href="https://b.example/users/ann" rel="ugc">@ann</a>',
    '<a rel="mention" class="u-url mention" href="https://b.example/author/ann/">@ann</a>',
    '@<span class="vcard"><a href="https://b.example/profile/ann" class="url u-url mention" '
    'title="ann"><span class="fn nickname mention">ann</span></a></span>',
]
TOPICS = [
    '<a href="https://b.example/tags/oak" class="mention hashtag" rel="tag">#<span>oak</span></a>',
    '<a class="hashtag" data-tag="oak" href="https://b.example/tag/oak" rel="tag ugc">#oak</a>',
    '<a href="https://b.example/tags/oak" rel="tag">#oak</a>',
    '#<a href="https://b.example/search?tag=oak" class="mention hashtag" rel="tag">oak</a>',
]


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("person", FEDERATED)
def test_federated_replies_read_as_the_same_words_plain(person: str, topic: str) -> None:
    sent = f"<p>{person} nice bench, which glue? {topic}</p>"
    plain = "@ann nice bench, which glue? #oak"
    assert shown(sent).text == plain
    scores = MODEL.score([Row(text=sent), Row(text=plain)])
    assert scores.logit[0] == scores.logit[1]


@pytest.mark.parametrize(
    "anchor",
    [
        '<a href="https://casino.example" class="mention">@casino</a>',
        '<a href="https://casino.example/play" class="mention">Play now</a>',
        '<a href="https://casino.example/play" class="mention">@play here and now today</a>',
        '<a href="https://casino.example/play" class="mentioned">@play</a>',
        '<a href="https://casino.example/play" data-class="mention">@play</a>',
        '<a href="https://casino.example/play">@play</a>',
        '<a href="https://casino.example/users/play">@play now</a>',
        '<a href="https://casino.example/users/play">@other</a>',
        '<a href="https://casino.example/users/play?x=1">@play</a>',
        '<a href="https://casino.example/@play/casino">@play</a>',
    ],
)
def test_other_anchors_are_still_links(anchor: str) -> None:
    assert link_codes(anchor)


@given(st.lists(references | st.sampled_from(["<b>", "</b>", "<!-- ", "-->", "\u202e", "[b]"])))
def test_explanations_point_at_what_was_sent(pieces: list[str]) -> None:
    row = Row(
        text="".join(pieces) + " buy v&#105;agra", author="&#86;iagra", url="http&#58;//a.example"
    )
    fields = {"text": row.text, "author": row.author, "url": row.url}
    for span in explain(MODEL, row).spans:
        assert 0 <= span.start < span.end <= len(fields[span.field])


def test_a_span_covers_the_whole_of_a_reference() -> None:
    text = "the &#118;&#105;&#97;&#103;&#114;&#97; is here"
    ends = {span.end for span in explain(MODEL, Row(text=text)).spans if span.field == "text"}
    assert text.index(" is") in ends
    assert not any(text[end - 1].isdigit() for end in ends)


HOSTILE = (
    "&#", "&#9", "&#x", "&amp", "&amp;", "&a", "<", "<a ", "<a <b>", "<a ='", "<a =\"'", "<!--",
    "<!--->", "<!", "</", "v<b>", "a<b></b>", "a<b><!---->", "<span hidden>", "<p style='", "[b]",
    "a[url=", "<a class=mention href=//a/b>@", "<a class=mention href=//a/b>@c</a>", "\u202e",
    "\u202ea", "\u202ea\n", "\u202e\u202c", "\u202d", "<bdo dir=rtl>", "v ", "v.", "v - ", "加 ",
    "a\u0336", "i\u0320\u0308", "a\u200b", "\u2800",
)  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_reading_takes_time_in_proportion_to_length(unit: str) -> None:
    def seconds(size: int) -> float:
        row = [Row(text=(unit * size)[:size])]
        MODEL.score(row)
        best = 1.0
        for _ in range(7):
            begun = time.perf_counter()
            MODEL.score(row)
            best = min(best, time.perf_counter() - begun)
        return best

    short, whole = seconds(1 << 13), seconds(1 << 16)
    # Eight times as long; what is quadratic takes 64 times as long.
    assert whole <= 20 * short
    assert whole <= 0.020
