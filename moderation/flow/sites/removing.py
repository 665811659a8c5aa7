"""Removing a site with all that is its: as a job that says how far it is."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from moderation.domain.jobs import Job
from moderation.flow import jobs, performing
from moderation.flow.akismet.keys import month_of
from moderation.flow.people import accounts as people
from moderation.flow.people.links import By
from moderation.flow.performing import Watch, Work
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sites import founding
from moderation.flow.sites.choosing import note, there
from moderation.store import Store, akismet, compaction, removals, sites

KIND = "removal"
PASSES = 10
"""So often the keys are looked through, until a look finds nothing: what was under way when the
site was closed may write once more."""
_MONTHS_MS = 31 * 86_400_000


def begin(runtime: Runtime, site: str, by: By, send: bool = True) -> Job:
    """Close a site and return the job that removes it: one that is under way, else a new one.

    Without `send` the caller takes it up.

    Raises:
        NotFound: there is no such site.
    """
    job = _begun(runtime, site, by)
    if send:
        jobs.send(runtime, job)
    return job


def _begun(runtime: Runtime, site: str, by: By) -> Job:
    known = under_way(runtime, site)
    if known is not None:
        return known
    store = runtime.store
    created = _created(store, there(store, site))
    if not sites.standing(store, site)[1]:
        founding.retire(store, site, by)
    note(store, by, "site_removed", site)
    # The job is the installation's: those of the site go with it.
    return jobs.begin(runtime, KIND, by.who, "", {"site": site, "created_ms": created})


def work_on(runtime: Runtime, job_id: str, watch: Watch | None = None) -> None:
    """Remove the site that a job names; one that was cut off goes on with what is left."""
    performing.work_on(runtime, job_id, lambda work: _remove(runtime, work), watch)


def _remove(runtime: Runtime, work: Work) -> dict[str, Any]:
    site, store = str(work.job.asked["site"]), runtime.store
    if _created(store, site) not in (0, work.job.asked["created_ms"]):
        return {"site": site, "keys": 0}  # It was removed, and one of its name was made since.
    work.note("closing", 0)
    _close(store, site)
    deleted = 0
    for at in range(PASSES):
        found = 0
        if at == 1:
            # Now that it is empty it is there no longer; what still knows it is looked for again.
            removals.end(store, site)
        total = max(removals.size(store), 1)
        for looked, gone in removals.sweep(store, site):
            found += gone
            work.note("removing", min(looked, total), total)
        for gone in removals.drop_waiting(store, site):
            found += gone
            work.note("emptying", deleted + found)
        found += compaction.drop_pointers(store, site)
        deleted += found
        if at and not found:
            break
    removals.drop_mentions(store, site)
    return {"site": site, "keys": deleted}


def _created(store: Store, site: str) -> int:
    """Return when the site of a name was made (ms since 1970), 0 where there is none."""
    return sites.made(store, [site])[0].created_ms


def _close(store: Store, site: str) -> None:
    """Take away every way in, and the site from all who may look into it."""
    for digest, token in sites.tokens(store).items():
        if token.site == site:
            sites.revoke_token(store, digest, site)
    _close_akismet(store, site)
    for user in sites.users(store):
        if site in user.sites:
            people.leave_site(store, user.name, site)
    while removals.drop_jobs(store, site):
        pass
    removals.drop_mentions(store, site)


def _close_akismet(store: Store, site: str) -> None:
    """Revoke a site's blogs; an account that has no other goes with its keys."""
    for account in akismet.accounts(store):
        blogs = akismet.blogs(store, account.id)
        ours = {name: blog for name, blog in blogs.items() if blog.site == site}
        if (ours or account.name == site) and len(ours) == len(blogs):
            for digest, key in akismet.all_keys(store).items():
                if key.account == account.id:
                    akismet.drop_key(store, digest)
            now = now_ms()
            months = [month_of(now - back * _MONTHS_MS) for back in range(3)]
            removals.drop_account(store, account.id, months)
        else:
            # Its key would make the site anew at the next call.
            for name, blog in ours.items():
                akismet.put_blog(store, account.id, name, replace(blog, revoked=True))


def under_way(runtime: Runtime, site: str) -> Job | None:
    """Return the job that removes a site, None where none does."""
    found = [job for job in jobs.unfinished(runtime, KIND) if job.asked.get("site") == site]
    return found[0] if found else None
