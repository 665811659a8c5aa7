"""What a site's rules ask about whoever writes, read before a comment is judged."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from moderation.domain.known import NOTHING_KNOWN, Known
from moderation.domain.sites import SiteSettings
from moderation.flow.judging import SiteContext
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import knowing
from moderation.store import signals as stored
from moderation.store.knowing import Asked, Person
from moderation.store.signals import NO_SIGNALS, Reputation, Signals
from moderation.store.sites import SiteState


def is_asked(settings: SiteSettings) -> bool:
    """Say whether the rules of a site ask about authors before anything is judged."""
    return settings.hold_first_time or settings.trust_after is not None or _asks_pace(settings)


def _asks_pace(settings: SiteSettings) -> bool:
    return settings.pace_address is not None or settings.pace_author is not None


def look(
    runtime: Runtime, site: str, mark: bytes, settings: SiteSettings, raw_id: bytes, *,
    is_counted: bool, external_id: str = "",
) -> tuple[SiteState, Known]:  # fmt: skip
    """Return the state of a site and what is known of the author that a mark leads to, in one round
    trip; what was sent before under its external id is counted no second time."""
    asked = Asked(is_counted, _asks_pace(settings))
    call = knowing.call(site, [mark], [raw_id], asked, now_ms(), external_id)
    state, ((people, signals),) = knowing.answered([mark], runtime.store.run(*call))
    return state, known_of(people if is_asked(settings) else (), signals)


def look_all(
    runtime: Runtime,
    waiting: Sequence[tuple[str, bytes, int, bytes]],
    contexts: Sequence[SiteContext],
) -> list[SiteContext]:
    """Return how comments (site, id, revision and mark of the author of each) are judged, with what
    is known of the author of each where the rules of their sites ask, and count the first revisions
    there."""
    by_site: dict[str, list[int]] = {}
    for i, ((site, *_), context) in enumerate(zip(waiting, contexts, strict=True)):
        if is_asked(context.settings):
            by_site.setdefault(site, []).append(i)
    known, now = list(contexts), now_ms()
    for site, every in by_site.items():
        for at in range(0, len(every), knowing.AT_ONCE):
            places = every[at : at + knowing.AT_ONCE]
            settings = contexts[places[0]].settings
            some = [waiting[i] for i in places]
            ids, marks = [one[1] for one in some], [one[3] for one in some]
            revisions, asked = [one[2] for one in some], Asked(True, _asks_pace(settings))
            call = knowing.call(site, marks, ids, asked, now, revisions=revisions)
            _, found = knowing.answered(marks, runtime.store.run(*call))
            for i, (people, signals) in zip(places, found, strict=True):
                known[i] = replace(contexts[i], known=known_of(people, signals))
    return known


def known_of(people: Sequence[Person], signals: Signals = NO_SIGNALS) -> Known:
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
        return with_signals(NOTHING_KNOWN, signals)
    record = author.record
    earned = _approved(author) if len(named) == 2 else 0
    if len(named) == 1 and address is not None:
        earned = min(_approved(named[0]), _approved(address))
    known = Known(
        approved=_approved(author),
        rejected=0 if record is None else record.spam,
        earned=earned,
        address_hour=address.hour if address else 0,
        author_hour=max((one.hour for one in named), default=0),
    )
    return with_signals(known, signals)


def _approved(person: Person) -> int:
    return 0 if person.record is None else person.record.approved


BLAME, BLAME_NETWORK = 1.5, 3.5
"""How much spam must weigh: two decisions of late, for a network that many share four."""
_ORDER = (
    (stored.ID, stored.PAIR), (stored.EMAIL,), (stored.ADDRESS,), (stored.NETWORK,),
    (stored.AUTHOR_DOMAIN,), (stored.LINK_DOMAIN,), (stored.NAME,),
)  # fmt: skip
"""The kinds that may be blamed, as `BLAMED_FOR` names them."""
_SHARED = frozenset((stored.NETWORK, stored.AUTHOR_DOMAIN, stored.LINK_DOMAIN, stored.NAME))
"""What innocent people have in common with others: one ham outweighs four of spam."""


def with_signals(known: Known, signals: Signals) -> Known:
    """Return what is known with what people decided, and with the campaign it is of.

    Only the site's own id of an author, or the e-mail from the network that it came from before,
    earn a good name: an e-mail by itself is written by whoever knows it.
    """
    sure = [one for one in signals.reputations if one.kind in (stored.ID, stored.PAIR)]
    praised = max((one.hams for one in sure if not one.spams), default=0)
    if any(one.spams for one in sure):
        praised = 0
    blamed, blamed_for = 0, 0
    for place, kinds in enumerate(_ORDER, 1):
        found = [one for one in signals.reputations if one.kind in kinds and _is_blamed(one)]
        if found:
            blamed, blamed_for = max(one.spams for one in found), place
            break
    return replace(
        known, praised=praised, blamed=blamed, blamed_for=blamed_for, campaign=signals.comments,
        campaign_addresses=signals.addresses, campaign_authors=signals.authors,
    )  # fmt: skip


def _is_blamed(one: Reputation) -> bool:
    least = BLAME_NETWORK if one.kind == stored.NETWORK else BLAME
    return one.spam >= least and one.spam > one.ham * (4 if one.kind in _SHARED else 1)
