"""The reasons of verdicts in plain words, with their figures, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from gettext import NullTranslations

import classifier
from moderation.domain.feeds import HEARD, HEARD_PEOPLE, HEARD_SITES
from moderation.domain.known import BLAMED_FOR, Known
from moderation.domain.policy import ENTRY, SUBSCRIPTION
from moderation.domain.verdicts import (
    BAD_REPUTATION,
    CAMPAIGN,
    CAMPAIGN_ELSEWHERE,
    GOOD_REPUTATION,
    LISTED,
    PACE_ADDRESS,
    PACE_AUTHOR,
    POLICY_NAMES,
    POLICY_REASONS,
    SUBSCRIBED_LIST,
    TRUSTED_AUTHOR,
    Verdict,
)
from moderation.wording import catalogue


class Teller:
    """Says reasons in one language, and writes numbers as that language does."""

    def __init__(self, words: NullTranslations, number: Callable[[int], str] = str) -> None:
        self._words = words
        self._number = number
        self._texts: dict[str, str] = {}

    def text(self, code: str) -> str:
        """Return a reason in plain words; the code itself where this version does not know it."""
        said = self._texts.get(code)
        if said is None:
            known = POLICY_REASONS.get(code) or classifier.REASONS.get(code)
            if known is None:
                return self._words.gettext(code)
            said = self._texts[code] = self._words.gettext(known)
        return said

    def name(self, code: str) -> str:
        """Return the short name of a reason, at most 30 characters where this version knows it."""
        return self._words.gettext(POLICY_NAMES.get(code) or classifier.NAMES.get(code) or code)

    def full(self, verdict: Verdict, code: str) -> str:
        """Return a reason of a verdict in plain words, with its figures where it has some."""
        if not verdict.signals:  # So it is with most.
            return self._texts.get(code) or self.text(code)
        return self.figures(verdict, code) or self.text(code)

    def figures(self, verdict: Verdict, code: str) -> str:
        """Return what was counted for a reason of a verdict, as a sentence, '' where nothing was:
        how many came in a campaign, what a reputation or a pace rests on, which entry of a list it
        was, who stands behind what a feed knows."""
        known = Known.of(verdict.signals)
        if code == CAMPAIGN:
            return self._campaign(known)
        if code in (BAD_REPUTATION, GOOD_REPUTATION, TRUSTED_AUTHOR):
            return self._record(code, known)
        if code in (PACE_ADDRESS, PACE_AUTHOR):
            return self._pace(code, known)
        if code == CAMPAIGN_ELSEWHERE and HEARD in verdict.signals:
            feed, sites, people = (
                self._number(int(verdict.signals[name]))
                for name in (HEARD, HEARD_SITES, HEARD_PEOPLE)
            )
            said = self._words.gettext(
                "%(text)s (feed %(feed)s; sites: %(sites)s, people: %(people)s)"
            )
            return said % {"text": self.text(code), "feed": feed, "sites": sites, "people": people}
        named = ENTRY if code in LISTED else SUBSCRIPTION if code == SUBSCRIBED_LIST else ""
        if named not in verdict.signals:
            return ""
        number = self._number(int(verdict.signals[named]))
        said = self._words.gettext("%(text)s (number %(number)s)")
        return said % {"text": self.text(code), "number": number}

    def _campaign(self, known: Known) -> str:
        words, authors, addresses = self._words, known.campaign_authors, known.campaign_addresses
        if authors > addresses:
            whence = words.ngettext("from %(num)s author", "from %(num)s authors", authors)
        else:
            whence = words.ngettext("from %(num)s address", "from %(num)s addresses", addresses)
        said = words.ngettext(
            "%(num)s near-identical comment %(whence)s in an hour.",
            "%(num)s near-identical comments %(whence)s in an hour.",
            known.campaign,
        )
        whence %= {"num": self._number(max(authors, addresses))}
        return self._counted(known.campaign, said, whence=whence)

    def _record(self, code: str, known: Known) -> str:
        words = self._words
        if code == BAD_REPUTATION:
            said = words.ngettext(
                "People decided spam once about %(whom)s.",
                "People decided spam %(num)s times about %(whom)s.",
                known.blamed,
            )
            whom = BLAMED_FOR[min(known.blamed_for, len(BLAMED_FOR)) - 1]
            return self._counted(known.blamed, said, whom=words.gettext(whom))
        if code == GOOD_REPUTATION:
            said = words.ngettext(
                "People approved %(num)s comment of this author and rejected none.",
                "People approved %(num)s comments of this author and rejected none.",
                known.praised,
            )
            return self._counted(known.praised, said)
        said = words.ngettext(
            "%(num)s comment of this author was approved here, and none rejected.",
            "%(num)s comments of this author were approved here, and none rejected.",
            known.earned,
        )
        return self._counted(known.earned, said)

    def _pace(self, code: str, known: Known) -> str:
        if code == PACE_ADDRESS:
            said = self._words.ngettext(
                "%(num)s comment came from this address within an hour, more than this site lets "
                "pass.",
                "%(num)s comments came from this address within an hour, more than this site lets "
                "pass.",
                known.address_hour,
            )
            return self._counted(known.address_hour, said)
        said = self._words.ngettext(
            "%(num)s comment came from this author within an hour, more than this site lets pass.",
            "%(num)s comments came from this author within an hour, more than this site lets pass.",
            known.author_hour,
        )
        return self._counted(known.author_hour, said)

    def _counted(self, number: int, said: str, **told: str) -> str:
        """Return what is said of a number, '' where there is none: a verdict of another version
        may not say what was counted."""
        return said % {"num": self._number(number), **told} if number else ""


ENGLISH = Teller(catalogue("en"))
"""What the API says."""


def reason_words() -> Iterator[str]:
    """Yield every text that a table holds, for whoever translates them."""
    for table in (POLICY_REASONS, POLICY_NAMES, classifier.REASONS, classifier.NAMES):
        yield from table.values()
    yield from BLAMED_FOR
