"""The reasons of a score: codes, their order in a feature code, and their plain words."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "wording": ("Words and spellings that the filter knows", "Known wording"),
    "topic_pharmacy": ("Words about medicines on sale", "Medicines on sale"),
    "topic_gambling": ("Words about casinos and betting", "Casinos and betting"),
    "topic_adult": ("Words about sexual content or dating offers", "Sexual content or dating"),
    "topic_crypto": (
        "Words about cryptocurrency offers or recovery of lost coins",
        "Cryptocurrency offers",
    ),
    "topic_investment": (
        "Words about profits, trading and investment offers",
        "Profits and investment",
    ),
    "topic_loans": ("Words about loans and quick credit", "Loans and quick credit"),
    "topic_seo": (
        "Words about search ranking, backlinks and guest posts",
        "Search ranking, backlinks",
    ),
    "topic_essay": ("Words about essay and assignment writing services", "Essay writing services"),
    "topic_occult": ("Words about spells, healers and miracle cures", "Spells and healers"),
    "topic_documents": (
        "Words about passports, licences and certificates on sale",
        "Passports and certificates",
    ),
    "topic_counterfeit": ("Words about replica goods and factory offers", "Replica goods"),
    "topic_jobs": ("Words about easy earnings and jobs by messenger", "Easy earnings and jobs"),
    "topic_praise": ("General praise that fits any page", "General praise"),
    "topic_promotion": (
        "Words that ask to visit a channel, profile or page",
        "Asks to visit a channel",
    ),
    "topic_support": ("Words about customer service numbers", "Customer service numbers"),
    "topic_phishing": (
        "Words about blocked accounts, prizes and verification",
        "Prizes, blocked accounts",
    ),
    "topic_messenger": (
        "Words that move the talk to a messenger or a phone",
        "Moves the talk to a messenger",
    ),
    "topic_offer": ("Words of an offer: price, discount, order now", "Words of an offer"),
    "length": ("Length of the text", "Length of the text"),
    "links": ("Number of links in the text", "Number of links"),
    "markup": ("HTML or forum markup in the text", "Markup in the text"),
    "capitals": ("Capital letters", "Capital letters"),
    "digits": ("Digits and long numbers", "Digits and long numbers"),
    "punctuation": ("Exclamation marks and other signs", "Exclamation marks, signs"),
    "emoji": ("Emoji", "Emoji"),
    "line_breaks": ("Line breaks", "Line breaks"),
    "mixed_scripts": ("Several scripts in one text", "Several scripts"),
    "disguised_letters": ("Look-alike, styled or invisible characters", "Disguised characters"),
    "repetition": ("Repeated words or characters", "Repeated words"),
    "contact": ("E-mail addresses or handles in the text", "E-mail addresses, handles"),
    "link_address": ("Address of a link", "Address of a link"),
    "author_name": ("Words of the author's name", "Words of the author's name"),
    "author_shape": ("Author name written like keywords or an address", "Name like keywords"),
    "author_in_text": ("Author name repeated in the text", "Name repeated in the text"),
    "author_link": ("Presence or shape of the author's link", "The author's link"),
    "email_domain": ("Domain of the author's e-mail address", "Domain of the e-mail"),
    "email_disposable": ("Disposable e-mail address", "Disposable e-mail"),
    "honeypot": ("The hidden field was filled in", "Hidden field filled in"),
    "form_time": ("Time between opening and sending the form", "Time in the form"),
    "context_overlap": ("Overlap with the text of the page", "Overlaps with the page"),
    "comment_type": ("Kind of comment", "Kind of comment"),
    "site_record": ("What the site knows of this author or address", "Record of the author here"),
    "site_balance": ("What every comment of this site starts with", "Starting point of this site"),
    "repeat": ("Repeats a comment that was decided before", "Repeats a decided comment"),
    "calibration": ("Starting point of the model", "Starting point"),
}
"""Every code that a score's reasons or an explanation can name: its text, and a name of at most 30
characters for where there is little room."""

REASONS: dict[str, str] = {code: text for code, (text, _) in WORDS.items()}
NAMES: dict[str, str] = {code: name for code, (_, name) in WORDS.items()}

CODES: tuple[str, ...] = tuple(REASONS)
INDEX: dict[str, int] = {code: index for index, code in enumerate(CODES)}
TOPICS: tuple[str, ...] = tuple(c.removeprefix("topic_") for c in CODES if c.startswith("topic_"))
