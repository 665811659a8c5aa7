"""The reasons of a score: codes, their order in a feature code, and their plain words."""

from __future__ import annotations

REASONS: dict[str, str] = {
    "wording": "Words and spellings as in comments decided before",
    "topic_pharmacy": "Words about medicines on sale",
    "topic_gambling": "Words about casinos and betting",
    "topic_adult": "Words about sexual content or dating offers",
    "topic_crypto": "Words about cryptocurrency offers or recovery of lost coins",
    "topic_investment": "Words about profits, trading and investment offers",
    "topic_loans": "Words about loans and quick credit",
    "topic_seo": "Words about search ranking, backlinks and guest posts",
    "topic_essay": "Words about essay and assignment writing services",
    "topic_occult": "Words about spells, healers and miracle cures",
    "topic_documents": "Words about passports, licences and certificates on sale",
    "topic_counterfeit": "Words about replica goods and factory offers",
    "topic_jobs": "Words about easy earnings and jobs by messenger",
    "topic_praise": "General praise that fits any page",
    "topic_promotion": "Words that ask to visit a channel, profile or page",
    "topic_support": "Words about customer service numbers",
    "topic_phishing": "Words about blocked accounts, prizes and verification",
    "topic_messenger": "Words that move the talk to a messenger or a phone",
    "topic_offer": "Words of an offer: price, discount, order now",
    "length": "Length of the text",
    "links": "Number of links in the text",
    "markup": "HTML or forum markup in the text",
    "capitals": "Capital letters",
    "digits": "Digits and long numbers",
    "punctuation": "Exclamation marks and other signs",
    "emoji": "Emoji",
    "line_breaks": "Line breaks",
    "mixed_scripts": "Several scripts in one text",
    "disguised_letters": "Look-alike, styled or invisible characters",
    "repetition": "Repeated words or characters",
    "contact": "E-mail addresses or handles in the text",
    "link_address": "Address of a link",
    "author_name": "Words of the author's name",
    "author_shape": "Author name written like keywords or an address",
    "author_in_text": "Author name repeated in the text",
    "author_link": "Presence or shape of the author's link",
    "email_domain": "Domain of the author's e-mail address",
    "email_disposable": "Disposable e-mail address",
    "honeypot": "The hidden field was filled in",
    "form_time": "Time between opening and sending the form",
    "context_overlap": "Overlap with the text of the page",
    "comment_type": "Kind of comment",
    "site_record": "What the site knows of this author or address",
    "site_balance": "How much of what this site decided is spam",
    "repeat": "Repeats a comment that was decided before",
    "calibration": "Starting point of the model",
}
"""Every code that a score's reasons or an explanation can name, with its text."""

CODES: tuple[str, ...] = tuple(REASONS)
INDEX: dict[str, int] = {code: index for index, code in enumerate(CODES)}
TOPICS: tuple[str, ...] = tuple(c.removeprefix("topic_") for c in CODES if c.startswith("topic_"))
