"""A person who writes, as whoever asks about one knows them: an e-mail, an IP or an author id."""

from __future__ import annotations

import re
import unicodedata

import msgspec
from msgspec import Struct

from moderation.domain.addresses import in_ascii, mailbox
from moderation.domain.comments import Author
from moderation.domain.decisions import Example
from moderation.domain.errors import InvalidInput
from moderation.flow import sealing
from moderation.flow.people.records import WAYS, Way
from moderation.flow.rows import keyed_hash, personal_hash, training_row
from moderation.flow.runtime import Runtime
from moderation.store import sites

LONGEST = {"email": 320, "ip": 64, "author_id": 256}
"""Characters, as those of a comment's author."""
_SHORTEST_ID = 6
"""An author's id that is shorter stands in any text."""


class Person(Struct, frozen=True, omit_defaults=True):
    """Whoever is known by any of these; on one site, or on all ('').

    What an author is called by a site means nothing on another one.
    """

    email: str = ""
    ip: str = ""
    author_id: str = ""
    site: str = ""

    def value(self, way: Way) -> str:
        """Return by what the person is known in a way, '' where nobody said."""
        return {"email": self.email, "ip": self.ip, "author": self.author_id}[way]

    def is_named_in(self, *texts: str) -> bool:
        """Say whether a text that people wrote names the person by one of these."""
        long = self.author_id if len(self.author_id) >= _SHORTEST_ID else ""
        email = mailbox(self.email)
        named = dict.fromkeys((self.email, email, in_ascii(email), self.ip, long))
        found = [re.escape(unicodedata.normalize("NFC", value)) for value in named if value]
        if not found:
            return False
        texts = tuple(unicodedata.normalize("NFC", text) for text in texts)
        pattern = re.compile(rf"(?<![\w.@+-])(?:{'|'.join(found)})(?![\w@+-]|\.\w)", re.IGNORECASE)
        return any(pattern.search(text) for text in texts)


def asked_for(
    runtime: Runtime, *, email: str = "", ip: str = "", author_id: str = "", site: str = ""
) -> Person:
    """Return the person that somebody asks about.

    Raises:
        InvalidInput: nothing is said of the person, too much, or an author's id and no site though
        there are several. NotFound: there is no such site.
    """
    person = Person(email.strip(), ip.strip(), author_id.strip(), site.strip())
    if not (person.email or person.ip or person.author_id):
        raise InvalidInput("give an e-mail address, an IP address or an author's id")
    for name, most in LONGEST.items():
        if len(getattr(person, name)) > most:
            raise InvalidInput(f"{name} has {most} characters at most")
    known = sites.names(runtime.store)
    if person.site and person.site not in known:
        raise InvalidInput("there is no site of this name")
    if person.author_id and not person.site:
        if len(known) > 1:
            raise InvalidInput("an author's id is a site's own: name the site too")
        return msgspec.structs.replace(person, site=next(iter(known), ""))
    return person


class Sought(Struct, frozen=True):
    """A person by the keyed hashes under which labels and records know him.

    A label outlives its comment, and what was hashed while addresses were compared in lower case
    alone stays as it was: `before` are the hashes of the odd spellings that the address may have
    had (`Ann <ann@mail.example>`), `wrapped` its spellings that may stand behind a name.
    """

    secret: bytes
    hashes: dict[Way, str]
    before: frozenset[str] = frozenset()
    wrapped: tuple[str, ...] = ()

    def recorded(self) -> list[tuple[Way, str]]:
        """Return each hash under which a record of the person may stand, and what it is of."""
        older: list[tuple[Way, str]] = [("email", found) for found in sorted(self.before)]
        return [*self.hashes.items(), *older]

    def wrote(self, author: Author) -> bool:
        """Say whether a comment's author is the person."""
        values: dict[Way, str] = {"email": author.email, "ip": author.ip, "author": author.id}
        return any(
            values[way] and personal_hash(self.secret, way, values[way]) == found
            for way, found in self.hashes.items()
        )

    def taught(self, example: Example) -> bool:
        """Say whether what a label teaches was written by the person.

        Raises:
            codec.Unreadable: its row would have to be read, and cannot.
        """
        known: dict[Way, str] = {"email": example.email, "ip": example.ip, "author": example.author}
        if any(known[way] == found for way, found in self.hashes.items()):
            return True
        return bool(self.before and example.email) and self._is_spelt(example)

    def _is_spelt(self, example: Example) -> bool:
        """Say whether a label knows the person by an odd spelling, as it was hashed before."""
        if example.email in self.before:
            return True
        name = training_row(example.row).author.strip().lower()
        if not name:
            return False
        return any(
            keyed_hash(self.secret, "email", f"{shown} {address}") == example.email
            for address in self.wrapped
            for shown in (name, f'"{name}"')
        )


def sought(secret: bytes, person: Person) -> Sought:
    """Return a person as he is looked for."""
    hashes = {way: personal_hash(secret, way, person.value(way)) for way in WAYS}
    known = {way: found for way, found in hashes.items() if found}
    if not person.email:
        return Sought(secret, known)
    email = mailbox(person.email)
    forms = dict.fromkeys((email, in_ascii(email)))
    forms |= {unicodedata.normalize("NFD", form): None for form in forms}
    wrapped = tuple(f"<{form}>" for form in forms)
    odd = [person.email.strip().lower(), *wrapped]
    odd += [one for form in forms for one in (form, f"{form}.", f"mailto:{form}", f"<{form}.>")]
    before = frozenset(keyed_hash(secret, "email", one) for one in odd)
    return Sought(secret, known, before - {known.get("email", "")}, wrapped)


def mark_of(secret: bytes, person: Person) -> str:
    """Return a keyed hash by which two who ask about the same person are told to."""
    return keyed_hash(secret, "person", msgspec.json.encode(sought(secret, person).hashes).decode()
                      + person.site)  # fmt: skip


def seal(secret: bytes, person: Person) -> str:
    """Return a person as a job keeps him: readable under the installation's secret alone."""
    return sealing.seal(secret, msgspec.json.encode(person).decode()).decode()


def unseal(secret: bytes, sealed: str) -> Person:
    """Return the person that was sealed."""
    return msgspec.json.decode(sealing.unseal(secret, sealed.encode()), type=Person)
