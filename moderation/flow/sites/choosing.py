"""What a site's people choose: settings, the list, what is held for now; each as it was seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from moderation.domain.errors import InvalidInput, NotFound, StaleChoice, StoreDown
from moderation.domain.keywords import NO_KEYS, Keys, checked
from moderation.domain.listed import LIST_BYTES, Draft, Listed, draft_of, rewritten
from moderation.domain.people import Act
from moderation.domain.sites import ATTACK_AT_MOST_MS, Attack, SiteSettings, check
from moderation.flow.people.links import By
from moderation.flow.runtime import now_ms
from moderation.store import Store, people, sites

TRIES = 8

Choice = TypeVar("Choice", bound=Struct)


def etag(choice: Struct) -> str:
    """Return the name of what was chosen, by which `If-Match` knows it again: its digest."""
    return f'"{hashlib.blake2b(msgspec.json.encode(choice), digest_size=8).hexdigest()}"'


def there(store: Store, site: str) -> str:
    """Return a site's name if there is one; raises `NotFound`."""
    if site not in sites.names(store):
        raise NotFound("there is no such site; `site list` prints them")
    return site


def settings(store: Store, site: str) -> SiteSettings:
    """Return a site's settings; raises `NotFound`."""
    return sites.policy(store, there(store, site)).settings


def listed(store: Store, site: str) -> Listed:
    """Return a site's list; raises `NotFound`."""
    found = sites.policy(store, there(store, site)).listed
    return sites.list_of(found) if found else Listed()


def keys(store: Store, site: str) -> Keys:
    """Return a site's keys as they were pasted; raises `NotFound`."""
    found = sites.policy(store, there(store, site)).keywords
    return sites.keys_in(found) if found else NO_KEYS


def attack(store: Store, site: str) -> Attack:
    """Return until when everything of a site is held; raises `NotFound`."""
    return sites.policy(store, there(store, site)).attack


def put_settings(
    store: Store,
    site: str,
    change: Callable[[SiteSettings], SiteSettings],
    by: By,
    if_match: str | None = None,
) -> SiteSettings:
    """Change a site's settings, as seen under an ETag (None: whatever they are).

    Raises:
        NotFound: there is no such site. Contradiction: they contradict themselves.
        StaleChoice: they were changed since. StoreDown: others change them again and again.
    """

    def valid(known: SiteSettings) -> SiteSettings:
        return check(change(known))

    new, is_new = changed(store, site, settings, sites.put_settings, valid, if_match)
    if is_new:
        note(store, by, "settings_changed", site)
    return new


def put_list(
    store: Store, site: str, drafts: Sequence[Draft], by: By, if_match: str | None
) -> Listed:
    """Put these entries in this order in place of a site's list, as seen under an ETag.

    Raises:
        BadEntry, InvalidInput: an entry cannot be; they are too many, or too long together.
        NotFound, StaleChoice, StoreDown: as `put_settings`.
    """

    def change(known: Listed) -> Listed:
        return bounded(rewritten(known, drafts, by.who, now_ms()))

    new, is_new = changed(store, site, listed, sites.put_list, change, if_match)
    if is_new:
        note(store, by, "list_changed", site)
    return new


def put_keys(store: Store, site: str, new: Keys, by: By, if_match: str | None) -> Keys:
    """Put these keys in place of a site's, as seen under an ETag (None: whatever they are).

    Raises:
        InvalidInput: they are too many. NotFound, StaleChoice, StoreDown: as `put_settings`.
    """
    checked_keys = checked(new)
    saved, is_new = changed(store, site, keys, sites.put_keys, lambda _: checked_keys, if_match)
    if is_new:
        note(store, by, "keys_changed", site)
    return saved


def change_list(
    store: Store, site: str, change: Callable[[list[Draft]], list[Draft]], by: By
) -> Listed:
    """Change a site's list, whatever it is by now; raises as `put_list`."""

    def rewrite(known: Listed) -> Listed:
        drafts = change([draft_of(entry) for entry in known.entries])
        return bounded(rewritten(known, drafts, by.who, now_ms()))

    new, is_new = changed(store, site, listed, sites.put_list, rewrite, None)
    if is_new:
        note(store, by, "list_changed", site)
    return new


def bounded(new: Listed) -> Listed:
    """Return a list that is no longer than one may be; raises `InvalidInput`."""
    if len(msgspec.json.encode(new)) > LIST_BYTES:
        raise InvalidInput(f"a list has at most {LIST_BYTES:,} bytes")
    return new


def hold_everything(store: Store, site: str, until_ms: int, by: By) -> Attack:
    """Have everything of a site held until a time (ms since 1970; 0: end it now).

    Raises:
        InvalidInput: the time is over, or too far ahead. NotFound: there is no such site.
    """
    now = now_ms()
    if until_ms and not now < until_ms <= now + ATTACK_AT_MOST_MS:
        raise InvalidInput("everything is held until a time that is to come, within 30 days")

    def change(known: Attack) -> Attack:
        if not until_ms:
            return Attack()
        since = known.since_ms if known.is_on(now) else now
        return Attack(until_ms, by.who, since)

    new, is_new = changed(store, site, attack, sites.put_attack, change, None)
    if is_new:
        note(store, by, "attack_begun" if until_ms else "attack_ended", site)
    return new


def attacked(store: Store, of_sites: Sequence[str]) -> list[tuple[str, Attack]]:
    """Return those of some sites of which everything is held now, with until when."""
    now, asked = now_ms(), set(of_sites)
    found = [(site, sites.policy(store, site).attack)
             for site in sites.attacked(store, now) if site in asked]  # fmt: skip
    return [(site, one) for site, one in found if one.is_on(now)]


def note(store: Store, by: By, what: str, site: str, about: str = "") -> None:
    """Write into the audit log what somebody did to a site."""
    people.note(store, Act(now_ms(), by.who, what, by.address, site, about))


def changed(
    store: Store,
    site: str,
    read: Callable[[Store, str], Choice],
    put: Callable[[Store, str, Choice, int], int],
    change: Callable[[Choice], Choice],
    if_match: str | None,
) -> tuple[Choice, bool]:
    """Return what is chosen now, and whether it was not before."""
    for _ in range(TRIES):
        revision = sites.read(store, site).settings
        known = read(store, site)
        if if_match is not None and etag(known) != if_match:
            raise StaleChoice("somebody else changed this since you read it; nothing was changed")
        new = change(known)
        if new == known:
            return known, False
        if put(store, site, new, revision):
            return new, True
    raise StoreDown("this is being changed by others again and again")
