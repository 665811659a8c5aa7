"""Whether all that a load was promised is there, once."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import Any

import httpx

from moderation.store import Store, codec, labels, sites
from moderation.store.comments import reading
from tests.e2e.load import Load, Served, edited
from tests.processes import until


def answer(client: httpx.Client, url: str) -> Any:
    """Return what the API says; ask again where the store of a busy machine was too slow."""
    last: list[httpx.Response] = []

    def is_answered() -> bool:
        last[:] = [client.get(url)]
        return last[0].status_code != HTTPStatus.SERVICE_UNAVAILABLE

    until(is_answered, 60, lambda: last[0].text)
    return last[0].raise_for_status().json()


def listed(up: Served) -> list[dict[str, Any]]:
    """Return every comment of the site, by the API."""
    headers = {"Authorization": f"Bearer {up.credentials['api_token']}"}
    found: list[dict[str, Any]] = []
    with httpx.Client(base_url=up.url, headers=headers, timeout=10) as client:
        url = "/v1/comments?limit=100"
        while url:
            page = answer(client, url)
            found += page["data"]
            url = page["next"]
    return found


def totals(up: Served) -> Counter[str]:
    headers = {"Authorization": f"Bearer {up.credentials['api_token']}"}
    with httpx.Client(base_url=up.url, headers=headers) as client:
        days = answer(client, "/v1/stats")["data"]
    total: Counter[str] = Counter()
    for day in days:
        total["comments"] += day["comments"]
        total["revisions"] += day["revisions"]
        total["undone"] += day["decisions"].pop("undone")
        total["verdicts"] += sum(day["statuses"].values())
        total["decisions"] += sum(day["decisions"].values())
    return total


def check_kept(up: Served, store_url: str, load: Load) -> None:
    """Wait for the verdicts of all that was accepted; compare what is there with the promises."""
    promised = load.promised
    assert load.errors == [], load.errors[:3]

    def scored() -> bool:
        try:
            comments, total = listed(up), totals(up)
        except httpx.TransportError:
            return False  # The process that had taken the connection was the one killed.
        revisions = sum(comment["revision"] for comment in comments)
        return all(c["verdict"] for c in comments) and total["verdicts"] >= revisions > 0

    until(scored, 60, lambda: up.output)
    comments = listed(up)
    assert {c["external_id"]: c["id"] for c in comments} == promised.comments
    assert len(comments) == len(promised.comments), "sent twice, kept once"
    for comment in comments:
        # An edit whose answer was lost may have come in or not; one that was answered has.
        name, revision = comment["external_id"], comment["revision"]
        assert revision == 1 + (comment["content"] == edited(name)), comment
        assert revision == 2 or name not in promised.revisions
    revisions = sum(comment["revision"] for comment in comments)

    total = totals(up)
    assert total["comments"] == len(comments)
    assert total["revisions"] == revisions - len(comments) >= len(promised.revisions) > 0
    assert total["verdicts"] == revisions, "one verdict for each revision, and counted once"

    store = Store.connect(store_url, any_layout=True)
    for comment in comments:
        for revision in range(1, comment["revision"] + 1):
            kept = reading.get(
                store, "demo", codec.id_bytes(comment["id"]),
                0 if revision == comment["revision"] else revision,
            )  # fmt: skip
            assert kept is not None and kept.verdict is not None
    log = labels.entries(store, "demo", 0, sites.read(store, "demo").labels)
    store.close()
    given = Counter(entry.example.comment for entry in log if entry.kind == "label")
    undone = sum(entry.kind == "undo" for entry in log)
    assert set(given.values()) == {1}, "each decision is in the log once"
    assert total["decisions"] == len(given)
    assert total["undone"] == undone

    by_id = {comment["id"]: comment for comment in comments}
    for comment_id, label in promised.decisions.items():
        assert given[comment_id] == 1
        decision = by_id[comment_id]["decision"]
        if comment_id in promised.undone:
            assert decision is None
        elif comment_id not in load.undo_tried:
            assert decision["label"] == label
    assert len(promised.decisions) > 0
    assert undone >= len(promised.undone) > 0
