"""An advertisement weighs more than a complaint about one and than a warning of one."""

# ruff: noqa: E501 - a comment a line

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from classifier import Model, Row

MODEL = Model.load()


class Topic(NamedTuple):
    """What is said of one subject by who sells it, who paid for it, and who warns or asks."""

    advertised: str
    complained: str
    warned: str


TOPICS = [
    Topic(
        "Claim 200 free spins with no deposit and withdraw the same day, only this weekend at luckyreels.example",
        "The casino app kept my deposit and now says my documents are not clear enough. Has anybody ever been paid out by them?",
        "Warning to everybody here: the free spins come with a clause that you must bet the sum forty times. Read it before you deposit.",
    ),
    Topic(
        "I never believed in trading until Mr Harrison turned my 500 dollars into 6,800 within ten days, message him on WhatsApp +44 7700 900321",
        "Lost 2,300 euros to a fake broker last year. The police were kind but there was nothing they could do.",
        "A man I met on Telegram wants me to move my savings to a trading platform I cannot find anywhere. Is this normal?",
    ),
    Topic(
        "Stolen coins? Our certified investigators trace and return your bitcoin in 48 hours, contact traceback@mail.example",
        "I paid a hacker for hire 200 dollars to get into my own locked account. He took the money and asked for more.",
        "Someone calling himself a recovery expert wrote to me an hour after I posted here that my coins were stolen. Watch out, they read along.",
    ),
    Topic(
        "Urgent cash needed? Loans from 1,000 to 500,000 at 3 % yearly, no credit check, approval in one hour, creditdesk@mail.example",
        "We were refused a mortgage because I work freelance. Does anybody know a bank that looks at three years of invoices instead?",
        "The loan shark round the corner still advertises at the bus stop. 40 % interest, it makes me angry every morning.",
    ),
    Topic(
        "Order tadalafil and sildenafil online without prescription, discreet packaging, worldwide delivery, 20 % off first order",
        "My GP prescribed tadalafil after the operation and it gave me a headache for two days. Is that common?",
        "Never order pills from a site that does not ask for a prescription. My neighbour got chalk.",
    ),
    Topic(
        "These keto gummies melted 12 kg in one month, no diet, no sport, order yours before the offer ends",
        "I took the keto gummies for six weeks and gained a kilo. They refuse the refund because the box is open.",
        "I tried low carb twice and only lost my temper. Be careful with what they sell you along with it.",
    ),
    Topic(
        "We get your site on the first page of Google in 30 days, quality backlinks and guest posts at affordable prices, reply for a free audit",
        "Our ranking dropped after we changed the theme. No backlinks bought ever. Where would you look first?",
        "Somebody offered me fifty dollars for a link in an article from 2011. I said no, but is it worth asking why?",
    ),
    Topic(
        "Stuck with your dissertation? Our PhD writers deliver plagiarism free papers in 24 hours with 30 % discount",
        "My students hand in essays that were clearly bought. How do you talk about that without accusing anybody?",
        "Do not let them write your paper: they sell it to the next one, and then both of you are in trouble.",
    ),
    Topic(
        "Printer offline? Antivirus not working? Call our toll free support number now, certified technicians 24/7",
        "Your computer is infected, call this number, it says on my mother's laptop. How do I get rid of the pop-up?",
        "The call centre said I owe customs for a parcel that I never ordered, 1.99, pay by card. Do not click that link.",
    ),
    Topic(
        "Work from home and earn 300 to 900 dollars per day, no experience needed, only your phone, add me on WhatsApp",
        "I have been out of work since April, two kids. If anybody in Bristol needs a driver, I have my own car.",
        "Applied for the data entry job that came by message. They want me to pay for the training. That is a scam, right?",
    ),
    Topic(
        "Buy real Instagram followers and likes, instant delivery, from 2.99 only",
        "I bought followers once for my band: 5,000 accounts and not one came to a gig.",
        "If a page with nine photos has thirty thousand fans, they were paid for. Look before you book them.",
    ),
    Topic(
        "Our premium CBD oil relieves pain, anxiety and insomnia naturally, buy two get one free",
        "The oil did nothing for my knee. Swimming did. 30 pounds a bottle, I could have had a season ticket.",
        "Ask the pharmacist before you take such drops with blood thinners, my aunt ended up in hospital.",
    ),
    Topic(
        "My husband left me for another woman and Dr Ojo cast a love spell, he came back in 24 hours, contact him today",
        "A psychic at the fair told me my ex would come back. He did, for his drill.",
        "My sister paid a healer a month's wages for a candle. Please keep an eye on those who grieve.",
    ),
    Topic(
        "Die besten Online Casinos ohne Limit, 100 % Bonus auf die erste Einzahlung, jetzt spielen",
        "Das Online-Casino zahlt meinen Gewinn seit sechs Wochen nicht aus. Kennt jemand eine Stelle, an die man sich wenden kann?",
        "Finger weg von den Seiten ohne Lizenz, mein Schwager wartet seit zwei Jahren auf sein Geld.",
    ),
    Topic(
        "Prêt entre particuliers sérieux et rapide de 2.000 à 500.000 euros, taux de 2 %, contactez-moi par mail",
        "J'ai payé 89 euros pour un abonnement que je n'ai jamais demandé. Comment faites-vous pour résilier ?",
        "Un type sur Telegram me propose de doubler mes cryptos en une semaine. C'est une arnaque, non ?",
    ),
    Topic(
        "Gana 500 dólares diarios desde casa con este sistema automático, regístrate ahora",
        "Me cobraron dos veces la suscripción y nadie contesta al teléfono. ¿A alguien le han devuelto el dinero?",
        "Cuidado con los que ofrecen recuperar tu dinero perdido en criptomonedas, son los mismos que te lo robaron.",
    ),
    Topic(
        "Ganhe dinheiro com apostas esportivas, bônus de 200 % no primeiro depósito, cadastre-se já",
        "Alguém já conseguiu cancelar o seguro do cartão? Cobram 12 euros por mês e eu nunca pedi.",
        "Cuidado, ligaram para a minha avó dizendo que era do banco e levaram tudo da conta.",
    ),
    Topic(
        "Лучшее онлайн казино с быстрым выводом, бонус 100 % на первый депозит, регистрируйся по ссылке",
        "Заказала у них куртку за 5000, прислали совсем другую. Деньги возвращать отказываются, что делать?",
        "Мне в телеграме девушка предлагает вложиться в крипту, говорит, дядя трейдер. Это развод?",
    ),
    Topic(
        "Szybka pożyczka bez BIK do 20 000 zł, decyzja w 15 minut, napisz na maila",
        "Zamówiłam u nich buty miesiąc temu, przesyłki nie ma, telefon milczy. Czy ktoś odzyskał pieniądze?",
        "Uwaga na kursy za 2000 zł, które obiecują zarobek w kryptowalutach. Szwagier stracił wszystko.",
    ),
    Topic(
        "Kaçak bahis siteleri arasında en güvenilir adres, yüzde yüz hoş geldin bonusu, hemen üye ol",
        "Bu siteden telefon aldım, kutudan boş çıktı. Para iadesi için üç haftadır uğraşıyorum.",
        "WhatsApp'tan biri kripto ile paramı ikiye katlayacağını söylüyor, dolandırıcı mı bu?",
    ),
    Topic(
        "Slot gacor hari ini, gampang menang, depo 10 ribu langsung main, link di bio",
        "Teman saya kecanduan judi online sampai jual motor. Bagaimana cara membantunya?",
        "Ada yang kirim WA katanya saya menang undian, suruh transfer 200 ribu dulu. Penipuan kan ya?",
    ),
    Topic(
        "兼职刷单，日赚300元，手机就能做，加微信 hao8866",
        "在那家店买的鞋子穿了一个月就开胶，客服说不能退，有人遇到过吗？",
        "有个女的加我微信，说带我炒币一个月翻倍，是不是骗子？",
    ),
    Topic(
        "副業で月収50万円、スマホだけで簡単に稼げます。詳しくはLINE追加してください",
        "通販で買った靴が二週間で壊れました。返品もできないと言われたのですが、どうすればいいでしょうか。",
        "SNSで知り合った人に投資を勧められています。必ず儲かると言うのですが、詐欺でしょうか。",
    ),
    Topic(
        "قروض شخصية سريعة بدون كفيل وبفائدة 2 % تواصل معنا عبر واتساب الآن",
        "اشتريت منهم هاتفا بثلاثمئة ريال وتعطل بعد شهر ولا أحد يرد على اتصالاتي.",
        "شخص على واتساب يعدني بأرباح مضمونة من العملات الرقمية، هل هذا احتيال؟",
    ),
]  # fmt: skip
SHARED = [
    "Who's hiring, November: Orchard Software (Utrecht, remote in the EU), backend developer, Go and Postgres, 60-80k. Contact: people@orchard-soft.example",
    "For the jobs board: small brewery in Lund looks for a brewer with two years at a kettle, 32 hours, 3,100 a month. Letters to hello@mill-lane.example",
    "Two tickets for Saturday going at face value because my daughter is ill. Row F. Reply here.",
    "Room to let from March, 12 square metres, 480 including heating, non-smoker, near the station. Message me here for a visit.",
    "Regalo dos gatitos de nueve semanas, ya comen solos. Escribidme por aquí.",
    "Отдам котят в добрые руки, два месяца, к лотку приучены. Пишите сюда.",
    "Wir suchen zum Herbst eine Bäckereifachverkäuferin in Teilzeit, sonntags frei. Bewerbung gern hier.",
    "The roofer wanted 800 pounds in cash before he had even fetched a ladder. Be careful with people who ring at the door.",
    "Does anyone know a trustworthy locksmith in Leeds? The last one took 320 pounds for five minutes.",
    "Our plumber came on a Sunday and took only 60 euros. I had expected three times that.",
    "@mara@town.example @ben@harbour.example see you both at the repair café on Sunday?",
]


def chances(texts: list[str]) -> np.ndarray:
    return MODEL.score([Row(text=text) for text in texts]).probability


def test_what_is_sold_weighs_more_than_what_is_said_of_it() -> None:
    sold = chances([topic.advertised for topic in TOPICS])
    said = [text for topic in TOPICS for text in topic[1:]]
    above = [text for text, p in zip(said, chances(said), strict=True) if p >= sold.min()]
    assert above == []


def test_complaints_and_warnings_are_not_held_and_advertisements_are() -> None:
    sold = chances([topic.advertised for topic in TOPICS])
    said = [text for topic in TOPICS for text in topic[1:]]
    held = [text for text, p in zip(said, chances(said), strict=True) if p >= MODEL.bands.hold]
    assert len(held) <= len(said) // 20, held
    assert np.mean(sold >= MODEL.bands.hold) >= 0.9


def test_who_gives_sells_hires_or_names_a_trade_in_earnest_is_not_held() -> None:
    held = [t for t, p in zip(SHARED, chances(SHARED), strict=True) if p >= MODEL.bands.hold]
    assert len(held) <= 1, held
