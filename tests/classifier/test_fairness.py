"""A language, a script, a link or an author's URL alone never rejects a comment."""

from __future__ import annotations

import numpy as np
import pytest

from classifier import Model, Row

MODEL = Model.load()

# The same four everyday comments as people write them in each language.
SENTENCES: dict[str, list[str]] = {
    "en": [
        "Thanks, the second example fixed my problem.",
        "Where did you buy the blue chairs?",
        "I do not agree: the bridge was closed in May.",
        "My grandmother made this soup every winter.",
    ],
    "de": [
        "Danke, das zweite Beispiel hat mein Problem gelöst.",
        "Wo hast du die blauen Stühle gekauft?",
        "Da bin ich anderer Meinung: Die Brücke war im Mai gesperrt.",
        "Meine Oma hat diese Suppe jeden Winter gekocht.",
    ],
    "fr": [
        "Merci, le deuxième exemple a réglé mon problème.",
        "Où avez-vous trouvé les chaises bleues ?",
        "Je ne suis pas d'accord : le pont était fermé en mai.",
        "Ma grand-mère faisait cette soupe tous les hivers.",
    ],
    "es": [
        "Gracias, el segundo ejemplo resolvió mi problema.",
        "¿Dónde encontraste las sillas azules?",
        "No estoy de acuerdo: el puente estuvo cerrado en mayo.",
        "Mi abuela hacía esta sopa todos los inviernos.",
    ],
    "pt": [
        "Obrigado, o segundo exemplo resolveu o meu problema.",
        "Onde encontraste as cadeiras azuis?",
        "Não concordo: a ponte esteve fechada em maio.",
        "A minha avó fazia esta sopa todos os invernos.",
    ],
    "it": [
        "Grazie, il secondo esempio ha risolto il mio problema.",
        "Dove hai trovato le sedie blu?",
        "Non sono d'accordo: il ponte era chiuso a maggio.",
        "Mia nonna preparava questa zuppa ogni inverno.",
    ],
    "nl": [
        "Bedankt, het tweede voorbeeld loste mijn probleem op.",
        "Waar heb je de blauwe stoelen gevonden?",
        "Ik ben het er niet mee eens: de brug was in mei dicht.",
        "Mijn oma maakte deze soep elke winter.",
    ],
    "pl": [
        "Dzięki, drugi przykład rozwiązał mój problem.",
        "Gdzie znalazłaś te niebieskie krzesła?",
        "Nie zgadzam się: most był zamknięty w maju.",
        "Moja babcia gotowała tę zupę każdej zimy.",
    ],
    "cs": [
        "Díky, druhý příklad vyřešil můj problém.",
        "Kde jsi našla ty modré židle?",
        "Nesouhlasím: most byl v květnu zavřený.",
        "Moje babička vařila tuhle polévku každou zimu.",
    ],
    "hu": [
        "Köszönöm, a második példa megoldotta a gondomat.",
        "Hol találtad a kék székeket?",
        "Nem értek egyet: a híd májusban le volt zárva.",
        "A nagymamám minden télen főzte ezt a levest.",
    ],
    "ro": [
        "Mulțumesc, al doilea exemplu mi-a rezolvat problema.",
        "Unde ai găsit scaunele albastre?",
        "Nu sunt de acord: podul a fost închis în mai.",
        "Bunica mea făcea supa asta în fiecare iarnă.",
    ],
    "sv": [
        "Tack, det andra exemplet löste mitt problem.",
        "Var hittade du de blå stolarna?",
        "Jag håller inte med: bron var stängd i maj.",
        "Min mormor kokade den här soppan varje vinter.",
    ],
    "da": [
        "Tak, det andet eksempel løste mit problem.",
        "Hvor fandt du de blå stole?",
        "Det er jeg uenig i: broen var lukket i maj.",
        "Min mormor lavede denne suppe hver vinter.",
    ],
    "fi": [
        "Kiitos, toinen esimerkki ratkaisi ongelmani.",
        "Mistä löysit siniset tuolit?",
        "Olen eri mieltä: silta oli suljettu toukokuussa.",
        "Mummoni keitti tätä keittoa joka talvi.",
    ],
    "tr": [
        "Teşekkürler, ikinci örnek sorunumu çözdü.",
        "Mavi sandalyeleri nerede buldun?",
        "Katılmıyorum: köprü mayısta kapalıydı.",
        "Büyükannem bu çorbayı her kış yapardı.",
    ],
    "ru": [
        "Спасибо, второй пример решил мою проблему.",
        "Где вы нашли синие стулья?",
        "Не согласен: мост был закрыт в мае.",
        "Моя бабушка варила этот суп каждую зиму.",
    ],
    "uk": [
        "Дякую, другий приклад розв'язав мою проблему.",
        "Де ви знайшли сині стільці?",
        "Не погоджуюся: міст був закритий у травні.",
        "Моя бабуся варила цей суп щозими.",
    ],
    "bg": [
        "Благодаря, вторият пример реши проблема ми.",
        "Къде намери сините столове?",
        "Не съм съгласен: мостът беше затворен през май.",
        "Баба ми готвеше тази супа всяка зима.",
    ],
    "el": [
        "Ευχαριστώ, το δεύτερο παράδειγμα έλυσε το πρόβλημά μου.",
        "Πού βρήκες τις μπλε καρέκλες;",
        "Διαφωνώ: η γέφυρα ήταν κλειστή τον Μάιο.",
        "Η γιαγιά μου έφτιαχνε αυτή τη σούπα κάθε χειμώνα.",
    ],
    "ar": [
        "شكرا، المثال الثاني حل مشكلتي.",
        "أين وجدت الكراسي الزرقاء؟",
        "لا أتفق معك: كان الجسر مغلقا في مايو.",
        "كانت جدتي تطبخ هذا الحساء كل شتاء.",
    ],
    "he": [
        "תודה, הדוגמה השנייה פתרה לי את הבעיה.",
        "איפה מצאת את הכיסאות הכחולים?",
        "אני לא מסכים: הגשר היה סגור במאי.",
        "סבתא שלי בישלה את המרק הזה כל חורף.",
    ],
    "hi": [
        "धन्यवाद, दूसरे उदाहरण से मेरी समस्या हल हो गई।",
        "आपको नीली कुर्सियाँ कहाँ मिलीं?",
        "मैं सहमत नहीं हूँ: पुल मई में बंद था।",
        "मेरी दादी हर सर्दी में यह सूप बनाती थीं।",
    ],
    "th": [
        "ขอบคุณครับ ตัวอย่างที่สองแก้ปัญหาของผมได้",
        "คุณเจอเก้าอี้สีน้ำเงินที่ไหน",
        "ผมไม่เห็นด้วย สะพานปิดเมื่อเดือนพฤษภาคม",
        "คุณยายของฉันทำซุปนี้ทุกฤดูหนาว",
    ],
    "vi": [
        "Cảm ơn, ví dụ thứ hai đã giải quyết vấn đề của tôi.",
        "Bạn tìm thấy mấy cái ghế xanh ở đâu vậy?",
        "Tôi không đồng ý: cây cầu đã đóng hồi tháng Năm.",
        "Bà tôi nấu món súp này mỗi mùa đông.",
    ],
    "id": [
        "Makasih, contoh kedua menyelesaikan masalah saya.",
        "Kursi birunya ketemu di mana?",
        "Saya tidak setuju: jembatannya ditutup bulan Mei.",
        "Nenek saya memasak sup ini setiap musim dingin.",
    ],
    "zh": [
        "谢谢，第二个例子解决了我的问题。",
        "你在哪里找到那些蓝色的椅子？",
        "我不同意：那座桥五月份是关闭的。",
        "我奶奶每年冬天都做这道汤。",
    ],
    "ja": [
        "ありがとうございます、二つ目の例で問題が解決しました。",
        "青い椅子はどこで見つけたのですか。",
        "私はそうは思いません。橋は五月に閉まっていました。",
        "祖母は毎年冬にこのスープを作っていました。",
    ],
    "ko": [
        "감사합니다, 두 번째 예제로 문제가 풀렸어요.",
        "파란 의자는 어디서 찾으셨어요?",
        "저는 동의하지 않아요. 다리는 5월에 닫혀 있었습니다.",
        "할머니가 겨울마다 이 국을 끓이셨어요.",
    ],
}

LINK = " https://notes.example.org/2024/bridge"
EARNEST = [
    "My doctor stopped the sleeping pills after a month, the tablets made me dizzy all day.",
    "The casino scene in that film was shot in an old hotel near our town.",
    "We paid our mortgage off last year and I still do not trust a single lender.",
    "I wrote my dissertation on bitcoin and energy use, the numbers in the article look right.",
    "Sex education at our school was one afternoon with a nervous teacher.",
    "Does anybody else get ten comments a day that offer search engine rankings?",
]


@pytest.mark.parametrize("language", SENTENCES)
def test_everyday_comments_are_not_rejected_whatever_comes_with_them(language: str) -> None:
    for text in SENTENCES[language]:
        dressed = [
            Row(text=text),
            Row(text=text, author="Kim", url="https://kim.example.net/"),
            Row(text=text + LINK),
            Row(text=text + LINK, author="Kim", url="https://kim.example.net/"),
        ]
        found = MODEL.score(dressed).probability
        assert found.max() < MODEL.bands.reject, (text, found.tolist())


def test_few_everyday_comments_are_even_held() -> None:
    plain = [Row(text=text) for texts in SENTENCES.values() for text in texts]
    named = [Row(text=row.text, author="Kim", url="https://kim.example.net/") for row in plain]
    for rows in (plain, named):
        assert np.mean(MODEL.score(rows).probability >= MODEL.bands.hold) <= 0.05


@pytest.mark.parametrize("text", EARNEST)
def test_a_topic_in_earnest_does_not_reject(text: str) -> None:
    assert MODEL.score([Row(text=text)]).probability[0] < MODEL.bands.reject


# fmt: off
ONE_WORD = [
    "Thanks", "Cool", "Amen", "Lovely", "Agreed", "lol", "Yes", "First", "Merci", "Danke", "Tack",
    "Gracias", "Obrigado", "Kiitos", "Спасибо", "Точно", "Дякую", "谢谢", "最高", "👍", "😂",
]
# fmt: on


@pytest.mark.parametrize(
    "fields", [{}, {"author": "Kim"}, {"author": "Ana Lund", "url": "https://analund.net/"}]
)
def test_a_single_word_is_not_held_where_nobody_has_taught(fields: dict[str, str]) -> None:
    found = MODEL.score([Row(text=word, **fields) for word in ONE_WORD]).probability
    assert found.max() < MODEL.bands.hold, dict(zip(ONE_WORD, found.tolist(), strict=True))


PRAISE = ("Great read, I will come back for more.", "Thank you for this useful information!")
TRADES = (
    ("Cheap Flights Deals", "https://cheap-flights-deals.com/"),
    ("Plumber Leeds 24h", "http://www.plumber-leeds-24h.co.uk/emergency"),
    ("Sildenafil 50mg", "https://sildenafil-50mg-shop.com/"),
    ("Online Slots Bonus", "https://online-slots-bonus.net/play"),
)


def test_praise_whose_trade_stands_only_in_the_author_fields_is_held() -> None:
    rows = [Row(text=t, author=a, url=u) for t in PRAISE for a, u in TRADES]
    assert (MODEL.score(rows).probability >= MODEL.bands.hold).all()
    people = [Row(text=t, author="Ines Haber", url="https://inesh.blog/") for t in PRAISE]
    assert (MODEL.score(people).probability < MODEL.bands.hold).all()


def test_a_language_tag_is_no_feature() -> None:
    tagged = [Row(text="Guten Morgen", lang=lang) for lang in ("de", "ru", "xx", "")]
    assert len(set(MODEL.score(tagged).logit.tolist())) == 1
