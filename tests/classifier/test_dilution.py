"""Harmless prose around an advertisement, shown or hidden, and many links do not make it harmless."""

# ruff: noqa: E501 - a comment a line

from __future__ import annotations

import numpy as np
import pytest

from classifier import Model, Row, explain
from classifier.evaluation.dilution import diluted
from classifier.features.blocks import shown_end
from classifier.features.groups import ASIDE, BASE_BUCKETS, GROUP_SHIFT
from classifier.training.matrix import base_matrix, shown_alone

MODEL = Model.load()
ADVERTS = [
    Row(text="Buy cheap viagra and cialis online without prescription, fast delivery, order now at https://pills-direct.example/buy"),
    Row(text="Best online casino 2026, 200 free spins without deposit, instant payout, register here https://spin-palace.example/bonus"),
    Row(text="Need an urgent loan? We lend from 5,000 to 500,000 at 2 % interest, bad credit welcome, apply today: quickloans@mail.example"),
    Row(text="I made 9,800 dollars last week with this trading robot, start with only 250, write to my manager on WhatsApp +44 7700 900321", author="Emily Trade"),
    Row(text="We sell high DA backlinks and guest posts, rank first on Google in 30 days, prices from 49 dollars https://seo-rank.example", author="SEO Experts"),
]  # fmt: skip
PROSE = (
    "We walked down to the harbour after supper because my sister wanted to see the boats come in. "
    "The old man who mends nets was there, and he told us how the channel had moved over the years. "
    "When I was a boy one could stand on the sandbank at low water and see the church in the next "
    "village. Now there is a buoy where the bank was. I have kept a diary of the tides since then, "
    "not a good one, but it shows that the spring floods come a little earlier each year. If anybody "
    "here has the records of the harbour master from before the war I would be glad to compare them. "
    "My daughter is writing a paper for school on this, and her teacher asked for sources. "
)
ADDED = [PROSE[:240], PROSE, PROSE * 3]
HIDDEN = [
    "<!-- {} -->", '<div style="display:none">{}</div>', "<style>{}</style>", "<script>{}</script>",
    '<img src="a.png" alt="{}">', "<p hidden>{}</p>", '<span style="font-size: 0px">{}</span>',
    '<b title="{}"></b>', '<div style="visibility: hidden">{}<div>{}</div></div>',
    '<i style="position:absolute; left:-9999px">{}</i>', "<template>{}</template>",
    '<font color="#FFFFFF">{}</font>', '<div style="opacity:0">{}', "<title>{}</title>",
    '<a data-note="{}" href="https://a.example"></a>', "<p STYLE='Display : None;'>{}</p>",
]  # fmt: skip


def chance(row: Row) -> float:
    return float(MODEL.score([row]).probability[0])


def with_text(row: Row, text: str) -> Row:
    return Row(text=text, author=row.author)


@pytest.mark.parametrize("form", HIDDEN)
@pytest.mark.parametrize("before", [False, True])
def test_hidden_prose_saves_no_advertisement(form: str, before: bool) -> None:
    # A tag that is longer than any honest one is no tag.
    for advert in ADVERTS:
        for prose in ADDED[: 2 if '="{}"' in form else 3]:
            hidden = form.replace("{}", prose)
            if before and not form.endswith(">"):
                continue  # What is never closed hides what follows.
            text = f"{hidden} {advert.text}" if before else f"{advert.text} {hidden}"
            assert chance(with_text(advert, text)) >= MODEL.bands.hold, (advert.text[:20], prose)


@pytest.mark.parametrize("kind", ["after", "before", "around"])
def test_shown_prose_saves_hardly_any_advertisement(kind: str) -> None:
    rows = [with_text(row, diluted(row.text, prose)[kind]) for row in ADVERTS for prose in ADDED]
    held = MODEL.score(rows).probability >= MODEL.bands.hold
    assert held.mean() >= 0.8, [row.text[:20] for row, ok in zip(rows, held, strict=True) if not ok]


def test_the_prose_alone_is_published() -> None:
    for text in (*ADDED, f"{PROSE}<!-- {PROSE} -->", f'<img alt="{PROSE}" src="a.png"> {PROSE}'):
        assert chance(Row(text=text)) < MODEL.bands.hold


def test_a_hidden_advertisement_is_held() -> None:
    for form in ("<!-- {} -->", '<div style="display:none">{}</div>', "<span hidden>{}</span>"):
        texts = [f"{PROSE} {form.format(advert.text)}" for advert in ADVERTS]
        found = [chance(with_text(*pair)) for pair in zip(ADVERTS, texts, strict=True)]
        assert sum(p >= MODEL.bands.hold for p in found) >= len(ADVERTS) - 2, (form, found)


@pytest.mark.parametrize("links", [3, 10, 50, 200])
def test_many_links_save_no_advertisement(links: int) -> None:
    for advert in ADVERTS:
        more = " ".join(f"https://en.wiki.example/articles/{n}" for n in range(links))
        assert chance(with_text(advert, f"{advert.text} {more}")) >= MODEL.bands.hold, advert.text


def test_hidden_words_can_only_add_to_a_score() -> None:
    for text in (ADVERTS[0].text, PROSE, "Thanks, that helped."):
        plain, hiding = (MODEL.features([Row(text=t)]) for t in (text, f"{text}<!-- {PROSE} -->"))
        shown = shown_alone(hiding)
        assert len(shown.codes) < len(hiding.codes)
        assert MODEL.raw_scores(hiding)[0] >= MODEL.raw_scores(shown)[0]
        assert set(plain.codes.tolist()) & set(shown.codes.tolist()) == set(shown.codes.tolist())


def test_only_rows_that_hide_something_have_a_mark() -> None:
    batch = MODEL.features([Row(text=PROSE), Row(text=f"{PROSE}<!-- more -->")])
    ends = [shown_end(batch.codes, batch.starts[i], batch.starts[i + 1]) for i in range(len(batch))]
    assert ends[0] == batch.starts[1]
    assert ends[1] < batch.starts[2]
    assert batch.codes[ends[1]] >> GROUP_SHIFT == ASIDE
    shown = shown_alone(batch)
    assert shown.starts.tolist() == [0, ends[0], ends[1]]


ROWS = [
    Row(text="Thanks, that helped."),
    Row(text=PROSE * 4 + ADVERTS[1].text + PROSE * 2, author="Kim"),
    Row(text=ADVERTS[0].text + f"<!-- {PROSE} -->"),
    Row(text=f'{PROSE}<div style="display:none">{ADVERTS[2].text}</div>', url="https://a.example"),
    Row(text=f"<b hidden>{ADVERTS[3].text}</b>"),
]


def test_scikit_learns_pipeline_reads_the_same_parts() -> None:
    pipeline = MODEL.to_sklearn()
    assert pipeline.predict_proba(ROWS)[:, 1] == pytest.approx(
        MODEL.score(ROWS).probability, abs=2e-6
    )
    whole = base_matrix(MODEL.features(ROWS)) @ MODEL.table.astype(np.float64) + MODEL.intercept
    assert (MODEL.raw_scores(MODEL.features(ROWS))[1:] > whole[1:] - 1e-9).all()
    assert MODEL.raw_scores(MODEL.features(ROWS))[1] > whole[1]
    assert pipeline["features"].transform(ROWS).shape == (len(ROWS), BASE_BUCKETS + 1)


@pytest.mark.parametrize("row", ROWS)
def test_an_explanation_of_a_part_sums_to_the_logit(row: Row) -> None:
    found = explain(MODEL, row)
    total = sum(s.weight for s in found.spans) + sum(w for _, w in found.signals) + found.bias
    assert total == pytest.approx(found.logit)
    assert found.bias == pytest.approx(MODEL.slope * MODEL.intercept + MODEL.offset)


def test_spans_point_at_the_part_that_decided() -> None:
    text = PROSE * 4 + ADVERTS[1].text + PROSE * 2
    begin = text.index(ADVERTS[1].text)
    spans = [s for s in explain(MODEL, Row(text=text)).spans if s.field == "text"]
    near = [s for s in spans if begin - 200 < s.start < begin + len(ADVERTS[1].text) + 200]
    assert sum(abs(s.weight) for s in near) > 0.5 * sum(abs(s.weight) for s in spans)
