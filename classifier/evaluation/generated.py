"""Comments made up from a seed, so that a benchmark needs no data and repeats exactly."""

from __future__ import annotations

import random

from classifier.row import LabelledRow

_HAM = """
the a and of to in it is that for you I was on with this have but not be are my so me they we
just what there when all can one about out like would get how if thanks article post really think
time people good question works problem version example build test error release update code page
photo recipe weather garden summer teacher history music record train city bridge river library
reading wrote agree disagree interesting helpful explained second first paragraph comment author
maybe probably never always sometimes yesterday tomorrow installed running Debian kernel battery
screen keyboard coffee bread flour minutes oven lovely story children school village
"""
_SPAM = """
buy cheap best price online casino bonus free click here now offer discount pills pharmacy order
visit my website earn money home loan credit crypto invest profit guaranteed followers subscribe
watches replica shipping limited exclusive deal win jackpot betting slots dating singles call
"""
_SYLLABLES = "ba ko ri ten lu mar si do ve na pol ga tri um fe lo"
_ENDINGS = "er ing tion ly ness able ish or al ic um on"
HAM_WORDS, SPAM_WORDS, SYLLABLES, ENDINGS = (
    tuple(words.split()) for words in (_HAM, _SPAM, _SYLLABLES, _ENDINGS)
)


def generated_rows(count: int, seed: int = 20, length: int = 200) -> list[LabelledRow]:
    """Return rows of about `length` characters, one in three spam; equal for equal arguments."""
    draw = random.Random(seed)  # noqa: S311
    return [_row(draw, i, length) for i in range(count)]


def _row(draw: random.Random, i: int, length: int) -> LabelledRow:
    spam = draw.random() < 1 / 3
    goal = draw.randint(length * 3 // 4, length * 5 // 4)
    words: list[str] = []
    used = 0
    while used < goal:
        word = _word(draw, spam)
        words.append(word)
        used += len(word) + 1
    if draw.random() < (0.8 if spam else 0.15):
        host = _made_up(draw) + draw.choice((".example", ".test", ".invalid"))
        words.insert(draw.randrange(len(words)), f"http://{host}/{_made_up(draw)}?id={i}")
    return LabelledRow(
        text=" ".join(words),
        author=draw.choice(SPAM_WORDS) if spam and draw.random() < 0.3 else _made_up(draw).title(),
        url=f"https://{_made_up(draw)}.example/" if draw.random() < 0.4 else "",
        label="spam" if spam else "ham",
        source="generated",
        id=str(i),
    )


def _word(draw: random.Random, spam: bool) -> str:
    kind = draw.random()
    if kind < 0.12:
        return _made_up(draw)
    if kind < 0.17:
        return str(draw.randint(1, 5000))
    if spam and kind < 0.5:
        return draw.choice(SPAM_WORDS)
    # Squaring favours the first words of the list, as in real text.
    word = HAM_WORDS[int(draw.random() ** 2 * len(HAM_WORDS))]
    return word + draw.choice((",", ".", "!", "?")) if kind > 0.93 else word


def _made_up(draw: random.Random) -> str:
    return "".join(draw.choices(SYLLABLES, k=draw.randint(2, 3))) + draw.choice(ENDINGS)
