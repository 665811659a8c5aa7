"""Sites with labels of a made-up campaign that the shipped model does not know."""

from __future__ import annotations

import random

from moderation.domain.comments import Author, Submission
from moderation.flow.authorise import authorise
from moderation.flow.labels.deciding import Word
from moderation.flow.labels.teaching import Lesson, teach_many
from moderation.flow.sites import first_run
from moderation.store import sites

GOOD = "garden soup train build error camera goal teacher coffee battery river lens oven"
BAD = "nordway roofers quote leak shingle gutter attic chimney crew estimate siding tarp"


def comment(label: str, number: int) -> Submission:
    """Return a comment of a kind, unlike any other."""
    draw = random.Random(f"{label}{number}")
    words = draw.choices((GOOD if label == "ham" else BAD).split(), k=14)
    return Submission(
        content=f"{' '.join(words)} {number}", author=Author(name=draw.choice(words).title())
    )


def lessons(count: int, start: int = 0, wrong: bool = False) -> list[Lesson]:
    """Return labels in turn ham and spam, a second apart; all of them `wrong`."""
    found = []
    for number in range(start, start + count):
        label = ("ham", "spam")[number % 2]
        given = {"ham": "spam", "spam": "ham"}[label] if wrong else label
        found.append(Lesson(comment(label, number), given, "", 1_790_000_000_000 + number * 1000))
    return found


def grant_of(runtime, site):
    """Return leave to teach a site, which is made where it is not there."""
    if site not in sites.names(runtime.store):
        first_run.add_site(runtime.store, site)
    token = first_run.add_token(runtime.store, site, ("submit", "moderate"), "test")
    return authorise(runtime, token, "submit")


def teach_site(runtime, site, count, start=0, wrong=False, by="ann"):
    """Teach a site so many labels and return their comments' ids."""
    found = lessons(count, start, wrong)
    return teach_many(runtime, grant_of(runtime, site), found, Word(by, "api"))
