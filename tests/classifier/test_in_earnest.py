"""Who speaks of what spam sells is not held for it: complaints, questions, warnings, small sales."""

# ruff: noqa: E501 - a comment a line

from __future__ import annotations

import pytest

from classifier import Model, Row

MODEL = Model.load()

IN_EARNEST = [
    (
        "Has anyone managed to cancel the trial? They took 39.90 from my card again this week.",
        "Petra",
    ),
    ("I ordered from that shop in June and the parcel never came. The phone number is dead.", ""),
    (
        "My uncle fell for one of those coin exchanges. Four thousand gone, and the police shrug.",
        "dana",
    ),
    ("Is it normal that a wallet wants twelve words before it shows the balance?", "Jo"),
    ("Someone on Telegram says he can get my hacked account back for 80 dollars. Fake, right?", ""),
    ("We lost half of our visitors after the last ranking update and I do not know why.", "Karl"),
    ("Do nofollow links count for anything? Our association's page has hardly any others.", ""),
    ("I stopped betting two years ago. The meetings on Tuesdays helped more than any book.", "Ray"),
    ("My doctor put me on the small dose and told me never to buy such pills on the web.", ""),
    ("Met him on an app, married last May. The neighbours still think it was at the choir.", "Lou"),
    ("The bank wanted 7 % for the roof, my credit union 4. Ask around before you sign.", ""),
    (
        "Giving away a pram and two boxes of baby clothes, collect in Harlow, just write below.",
        "Meg",
    ),
    (
        "We are looking for a second baker from September, early shifts, Sundays off.",
        "Backhaus Kern",
    ),
    ("I pay somebody to proofread my thesis, is that cheating? The rules do not say.", "Nia"),
    ("The watch turned out to be a copy. The seller still wants me to pay for the return.", ""),
    (
        "They called as tech support and wanted into my computer. I hung up. Do not fall for it!",
        "Wim",
    ),
    ("My passport was stolen in Lisbon. The consulate gave me a paper within a day.", ""),
    (
        "An index fund for 30 euros a month, that is all I do. Nobody can promise you more.",
        "Opa Heinz",
    ),
    ("Could you tell me what the course costs and whether there are evening dates?", ""),
    ("The discount code from the newsletter does not work for me, it says expired.", "Ilse"),
    ("Meine Bank hat den Kredit abgelehnt, jetzt sparen wir eben noch ein Jahr.", "Jens"),
    ("Cuidado, a mi madre le pidieron los datos de la tarjeta por un paquete que no existe.", ""),
    ("Attention, ce site de location est un faux, nous avons perdu 300 euros d'acompte.", "Luc"),
    ("Брал похожий за три тысячи, через месяц сломался, деньги так и не вернули.", ""),
]
ONE_WORD = ["Price?", "Cost?", "Where?", "Available?", "Interesting.", "Sold?", "Preis?", "Thanks!"]
ADVERTISED = [
    ("Our experts recover lost bitcoin within 24 hours, no upfront fee, write to coinback@mail.example", ""),
    ("Turn 300 into 4,000 dollars in five days with manager Lucas, WhatsApp +44 7700 900123", "Emily"),
    ("Buy real backlinks, DA 60+, 50 dollars each, rank first on Google: https://rankup.example", ""),
    ("Best online casino of the year, 150 free spins for new players https://spinpalace.example", ""),
    ("Cheap pills without prescription, shipped overnight http://meds-express.example/order", ""),
    ("Instant loan at 2 % for everybody, bad credit no problem, apply at quickcash@mail.example", ""),
    ("Replica watches of all brands, 80 % off today only https://luxury-copies.example", ""),
    ("We write your essay from scratch in six hours, 20 % off: https://a-plus-papers.example", ""),
    ("Powerful spell caster brought my husband back in two days, contact drosa@mail.example", "Grace"),
    ("Very informative, thank you for sharing this with us.", "Emergency Plumber Leeds"),
]  # fmt: skip


def test_who_speaks_of_it_in_earnest_is_rarely_held() -> None:
    chances = MODEL.score([Row(text=text, author=name) for text, name in IN_EARNEST]).probability
    held = [text for (text, _), p in zip(IN_EARNEST, chances, strict=True) if p >= MODEL.bands.hold]
    assert len(held) <= len(IN_EARNEST) // 8, held
    assert all(p < MODEL.bands.reject for p in chances)


@pytest.mark.parametrize("text", ONE_WORD)
def test_one_word_is_not_held(text: str) -> None:
    assert MODEL.score([Row(text=text)]).probability[0] < MODEL.bands.hold


def test_who_sells_it_is_held() -> None:
    rows = [Row(text=text, author=name, url="") for text, name in ADVERTISED[:-1]]
    trade = Row(
        text=ADVERTISED[-1][0],
        author=ADVERTISED[-1][1],
        url="https://leeds-emergency-plumber.example/boilers",
    )
    chances = MODEL.score([*rows, trade]).probability
    missed = [row.text for row, p in zip(rows, chances, strict=False) if p < MODEL.bands.hold]
    assert len(missed) <= 1, missed
    assert chances[-1] >= MODEL.bands.hold
