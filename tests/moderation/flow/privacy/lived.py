"""An installation on which a person wrote among many others, and all that is left of him."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tantivy

from classifier import Learner
from moderation.domain.comments import Author, Submission
from moderation.domain.jobs import Job
from moderation.flow import jobs
from moderation.flow.comments import draining
from moderation.flow.comments.submitting import submit
from moderation.flow.labels import replaying
from moderation.flow.labels.deciding import Word
from moderation.flow.labels.teaching import Lesson, teach_many
from moderation.flow.people.links import By
from moderation.flow.privacy import erasing
from moderation.flow.privacy.person import asked_for
from moderation.flow.runtime import Runtime
from moderation.store import keys, labels, sites
from tests.factories import SITE, contents
from tests.moderation.flow.models.taught import grant_of

BY = By("root", "127.0.0.1")
EMAIL, IP, ID = "Mabel.Quill@post.example", "203.0.113.77", "mabel-of-old"
NAME, WORD = "Mabel Quillfeather", "zanthoxylum"
PERSON = Author(name=NAME, email=EMAIL, ip=IP, id=ID)
OTHER_SITE = next(
    name
    for name in (f"forum{n}.example" for n in range(100))
    if keys.shard_of(name) != keys.shard_of(SITE)
)
TRACES = tuple(text.lower() for text in (EMAIL, IP, ID, NAME, "quillfeather", WORD))
BATCH = 100


def theirs(number: int) -> Submission:
    """Return a comment of the person."""
    return Submission(
        content=f"The {WORD} of number {number} was sold at herbs{number % 7}.example",
        author=PERSON,
        external_id=f"p{number}",
    )


def others(number: int) -> Submission:
    """Return a comment of somebody else."""
    author = Author(
        name=f"Otto {number}",
        email=f"otto{number}@mail.example",
        ip=f"198.51.100.{number % 200}",
        id=f"member-{number}",
    )
    words = ("a bench in oak", "cheap watches at watches.example")[number % 2]
    return Submission(content=f"Somebody has {words}, number {number}", author=author)


def mixed(all_of_them: int, of_the_person: int) -> list[Submission]:
    """Return comments of which some, evenly spread, are the person's."""
    step = all_of_them // of_the_person
    places = range(0, step * of_the_person, step)
    return [theirs(n // step) if n in places else others(n) for n in range(all_of_them)]


def write(runtime: Runtime, site: str, written: list[Submission]) -> None:
    """Submit comments and have them scored."""
    grant = grant_of(runtime, site)
    for first in range(0, len(written), BATCH):
        submit(runtime, grant, written[first : first + BATCH])
        if first // BATCH % 10 == 9:
            draining.drain_lane(runtime, keys.shard_of(site) % keys.LANES)
    draining.drain_lane(runtime, keys.shard_of(site) % keys.LANES)


def teach(runtime: Runtime, site: str, written: list[Submission]) -> list[str]:
    """Have comments labelled in turn ham and spam; return their ids."""
    return teach_as(runtime, site, [(s, ("ham", "spam")[n % 2]) for n, s in enumerate(written)])


def teach_as(runtime: Runtime, site: str, written: list[tuple[Submission, Any]]) -> list[str]:
    """Have comments labelled; return their ids."""
    lessons = [Lesson(one, label) for one, label in written]
    ids: list[str] = []
    for first in range(0, len(lessons), BATCH):
        some = lessons[first : first + BATCH]
        ids += teach_many(runtime, grant_of(runtime, site), some, Word("ann", "api"))
    return ids


def begin(runtime: Runtime, **person: str) -> Job:
    """Return a new erasure, of which nothing is done yet."""
    return erasing.begin(runtime, asked_for(runtime, **person), BY, send=False)


def erase(runtime: Runtime, **person: str) -> Job:
    """Erase somebody, and return the job that has done it."""
    job = begin(runtime, **person)
    erasing.work_on(runtime, job.id, here=True)
    done = jobs.find(runtime, job.id)
    assert done.state == "succeeded", done.error
    return done


def left(runtime: Runtime, but: tuple[str, ...] = ()) -> list[tuple[bytes, str]]:
    """Return each key of the store in which something of the person stands, and what."""
    return [
        (key, trace)
        for key, value in contents(runtime.store)
        for trace in TRACES
        if _has(key + b" " + _bytes(value), trace) and key.decode("latin-1") not in but
    ]


def left_on_disk(folder: Path) -> list[tuple[Path, str]]:
    """Return each file below a folder in which something of the person stands, and what."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [(path, t) for path in files for t in TRACES if _has(path.read_bytes(), t)]


def indexed(parent: Path) -> set[str]:
    """Return which of the person's words are in an index of searches: of its whole dictionary, in
    which also stands what was removed and is not merged away yet."""
    found = set()
    for meta in parent.glob("*/meta.json"):
        searcher = tantivy.Index.open(str(meta.parent)).searcher()
        for field in ("content", "author", "email"):
            found |= {term for term, _ in searcher.terms_with_prefix(field, "")}
    return found & {*EMAIL.lower().split("@"), EMAIL.lower(), "mabel", "quillfeather", WORD}


def _has(data: bytes, trace: str) -> bool:
    return trace.encode() in data.lower()


def _bytes(value: Any) -> bytes:
    """Return a value of the store with all that is in it, end to end."""
    if isinstance(value, bytes):
        return value
    return b" ".join(_parts(value))


def _parts(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        for pair in value.items():
            yield from map(_bytes, pair)
    elif isinstance(value, list | tuple | set):
        yield from map(_bytes, value)
    else:
        yield str(value).encode()


def never_saw(runtime: Runtime, site: str) -> bytes:
    """Return the learner that was taught what a site's log has, the person's labels left out, and
    what was drawn with them."""
    end = sites.read(runtime.store, site).labels
    entries = labels.entries(runtime.store, site, 0, end)
    his = {e.seq for e in entries if e.example and WORD.encode() in e.example.row}
    out = his | {at for e in entries if e.seq in his for at in range(e.seq - e.kept, e.seq)}
    rest = [e for e in entries if e.seq not in out]
    return replaying.replay(Learner(runtime.shipped), rest).to_bytes()


def learner(runtime: Runtime, site: str) -> bytes:
    """Return the learner that a process has of a site which knows nothing yet but the store."""
    from moderation.flow.labels.learning import Learners, context

    runtime.own(Learners).drop(site)
    found = context(runtime, site, sites.read(runtime.store, site)).learner
    assert found is not None
    return found.to_bytes()
