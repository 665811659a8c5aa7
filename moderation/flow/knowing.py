"""What a site's rules ask about whoever writes, read before a comment is judged."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from moderation.domain.comments import Submission
from moderation.domain.known import NOTHING_KNOWN, Known
from moderation.domain.sites import SiteSettings
from moderation.flow.judging import SiteContext
from moderation.flow.marks import author_mark
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import knowing
from moderation.store.client import Call
from moderation.store.knowing import Asked, Person
from moderation.store.sites import SiteState


def is_asked(settings: SiteSettings) -> bool:
    """Say whether the rules of a site ask about authors; where none does nothing is read."""
    return settings.hold_first_time or settings.trust_after is not None or _asks_pace(settings)


def _asks_pace(settings: SiteSettings) -> bool:
    return settings.pace_address is not None or settings.pace_author is not None


def call_of(
    runtime: Runtime,
    site: str,
    submissions: Sequence[Submission],
    settings: SiteSettings,
    now: int,
    *,
    is_counted: bool,
) -> tuple[Call, list[bytes]]:
    """Return the call that reads what is known of up to a hundred authors, and their marks."""
    marks = [author_mark(runtime.secret, submission, now) for submission in submissions]
    asked = Asked(is_counted, _asks_pace(settings))
    return knowing.call(site, marks, asked, now), marks


def look(
    runtime: Runtime,
    site: str,
    submission: Submission,
    settings: SiteSettings,
    now: int,
    *,
    is_counted: bool,
) -> tuple[SiteState, Known]:
    """Return the state of a site and what is known of an author, in one round trip."""
    call, marks = call_of(runtime, site, [submission], settings, now, is_counted=is_counted)
    state, (people,) = knowing.answered(marks, runtime.store.run(*call))
    return state, known_of(people)


def look_all(
    runtime: Runtime, of_sites: Sequence[str], items: list[tuple[Submission, SiteContext]]
) -> list[tuple[Submission, SiteContext]]:
    """Return comments of these sites with what is known of the author of each where their rules
    ask for it, and count them."""
    by_site: dict[str, list[int]] = {}
    for i, (site, (_, context)) in enumerate(zip(of_sites, items, strict=True)):
        if is_asked(context.settings):
            by_site.setdefault(site, []).append(i)
    known, now = list(items), now_ms()
    for site, every in by_site.items():
        for at in range(0, len(every), knowing.AT_ONCE):
            places = every[at : at + knowing.AT_ONCE]
            settings = items[places[0]][1].settings
            some = [items[i][0] for i in places]
            call, marks = call_of(runtime, site, some, settings, now, is_counted=True)
            _, people = knowing.answered(marks, runtime.store.run(*call))
            for i, found in zip(places, people, strict=True):
                known[i] = items[i][0], replace(items[i][1], known=known_of(found))
    return known


def known_of(people: Sequence[Person]) -> Known:
    """Return what is known of an author from what is known of e-mail, id and address.

    The site's own id of an author speaks for them alone; else the e-mail, which anybody may write,
    and for who gives neither the address. Trust is earned by the id, or by e-mail and address
    together: who only writes the same e-mail has not the address, and who shares the address not
    the e-mail.
    """
    named = [one for one in people if not one.is_address]
    address = next((one for one in people if one.is_address), None)
    # An id stands after the e-mail.
    author = named[-1] if named else address
    if author is None:
        return NOTHING_KNOWN
    record = author.record
    earned = _approved(author) if len(named) == 2 else 0
    if len(named) == 1 and address is not None:
        earned = min(_approved(named[0]), _approved(address))
    return Known(
        approved=_approved(author),
        rejected=0 if record is None else record.spam,
        earned=earned,
        address_hour=address.hour if address else 0,
        author_hour=max((one.hour for one in named), default=0),
    )


def _approved(person: Person) -> int:
    return 0 if person.record is None else person.record.approved
