"""A person erased: nothing is left in any key, in the index of searches or in the store's file."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from moderation.domain.sites import SiteSettings
from moderation.flow import jobs
from moderation.flow.comments.checking import check
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.privacy import erasing
from moderation.flow.runtime import Runtime
from moderation.flow.search import folders
from moderation.flow.search.following import Indexer
from moderation.store import checkpoints, codec, keys, sites
from tests.factories import SITE, put_settings, submission
from tests.moderation.flow.models.taught import grant_of
from tests.moderation.flow.privacy.lived import (
    EMAIL,
    ID,
    IP,
    NAME,
    OTHER_SITE,
    PERSON,
    WORD,
    begin,
    indexed,
    learner,
    left,
    left_on_disk,
    mixed,
    never_saw,
    others,
    teach,
    theirs,
    write,
)

MODERATOR = Word("ann", "console")


def keep_index(runtime: Runtime) -> Path:
    """Make the index of searches, and return its folder."""
    folder = folders.root(runtime.settings)
    assert folder is not None
    assert Indexer(runtime.store, folder, Event()).make()
    return folder


def written_file(runtime: Runtime) -> Path:
    """Return the folder of the server's append-only file."""
    return Path(runtime.store.redis.config_get("dir")["dir"]) / "appendonlydir"


EVIDENT = 6


def lived(runtime: Runtime, all_of_them: int, of_the_person: int) -> str:
    """Let the person write so many comments of all on two sites; return one of his that was
    labelled."""
    many = mixed(all_of_them, of_the_person - EVIDENT)
    labelled = all_of_them // 10
    # What was published before somebody labels becomes evidence: here the person's alone.
    put_settings(runtime.store, SITE, SiteSettings(hold=0.999998, reject=0.999999))
    write(runtime, SITE, [theirs(100_000 + n) for n in range(EVIDENT)])
    shown = check(runtime, grant_of(runtime, SITE), others(0)).comment.id
    decide(runtime, SITE, shown, "spam", MODERATOR, None)
    write(runtime, SITE, many[:labelled])
    taught = many[labelled : 2 * labelled]
    ids = teach(runtime, SITE, taught)
    write(runtime, SITE, many[2 * labelled : 6 * labelled])
    teach(runtime, OTHER_SITE, many[6 * labelled : 7 * labelled])
    write(runtime, OTHER_SITE, many[7 * labelled :])
    return ids[[one.author for one in taught].index(PERSON)]


def whole(runtime: Runtime, all_of_them: int, of_the_person: int) -> None:
    """Erase the person, and look everywhere."""
    expired = lived(runtime, all_of_them, of_the_person)
    # A label whose comment has expired, a revision that somebody else wrote over.
    redis, prefix = runtime.store.redis, keys.of_site(SITE).comment.encode()
    redis.delete(prefix + codec.id_bytes(expired))
    write(
        runtime, SITE, [submission("Written over", external_id="p-over", author={"email": EMAIL})]
    )
    write(runtime, SITE, [submission("by somebody", external_id="p-over")])
    folder, appended = keep_index(runtime), written_file(runtime)
    assert indexed(folder) >= {EMAIL.lower(), "quillfeather", WORD}
    assert left_on_disk(appended)
    assert {trace for _, trace in left(runtime)} >= {EMAIL.lower(), IP, ID, NAME.lower(), WORD}
    expected = {site: never_saw(runtime, site) for site in (SITE, OTHER_SITE)}
    epochs = {site: sites.read(runtime.store, site).epoch for site in expected}
    noted: list[tuple[str, int, int]] = []
    began = monotonic()
    job = begin(runtime, email=EMAIL.upper())
    erasing.work_on(runtime, job.id, lambda s, n, of, _: noted.append((s, n, of)), here=True)
    print(f"erased in {monotonic() - began:.1f} s among {all_of_them:,} comments")
    done = jobs.find(runtime, job.id)
    assert (done.state, done.error) == ("succeeded", "")
    assert left(runtime) == []
    assert indexed(folder) == set()
    assert left_on_disk(folder) == []
    assert left_on_disk(appended) == []
    for site, bytes_of_it in expected.items():
        assert learner(runtime, site) == bytes_of_it
        assert sites.read(runtime.store, site).epoch > epochs[site]
        (newest, *_) = checkpoints.kept(runtime.store, site, runtime.shipped.name)
        assert checkpoints.read(runtime.store, site, newest) == bytes_of_it
    assert done.result is not None
    one_expired = one_written_over = 1
    assert done.result["comments"] == of_the_person - one_expired + one_written_over
    assert done.result["labels"] >= of_the_person // 5 - 2
    assert done.result["evidence"] > 0
    assert (done.result["sites"], done.result["left"]) == (sorted([SITE, OTHER_SITE]), 0)
    assert done.result["search"] == "made anew"
    assert (done.result["append_only_file"], done.result["store"]) == ("rewritten", "outside")
    stages = list(dict.fromkeys(stage for stage, _, _ in noted))
    assert stages[0] == "erasing"
    assert {"unlearning", "writing the append-only file anew"} & set(stages)
    assert all(of >= n for _, n, of in noted if of)


@pytest.mark.one_server  # Its files are read.
def test_nothing_is_left_of_a_person_among_many(both: Runtime) -> None:
    whole(both, 2_000, 50)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nothing_is_left_of_a_person_among_very_many(both: Runtime) -> None:
    whole(both, 100_000, 500)
