"""Sites by command: removed with all that is theirs, changed to nothing that contradicts itself."""

import datetime as dt
import io

import pytest

from moderation.store import Store, keys, sites
from tests.moderation.cli.conftest import Winnow


def test_a_site_is_removed_when_that_is_meant(
    winnow: Winnow, prepared: dict[str, str], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    winnow("site", "add", "blog.example")
    winnow("token", "add", "blog.example")
    winnow("user", "add", "vic", "--site", "blog.example")
    with pytest.raises(AssertionError):
        winnow("site", "remove", "blog.example")  # Nobody said yes.
    assert "blog.example" in sites.names(store)
    assert "blog.example is removed" in winnow("site", "remove", "blog.example", "--yes")
    assert sites.names(store) == ["demo"]
    assert {token.site for token in sites.tokens(store).values()} == {"demo", ""}
    assert [user.sites for user in sites.users(store) if user.name == "vic"] == [()]
    prefix = keys.of_site("blog.example").meta.encode()
    assert [key for key in store.redis.scan_iter() if key.startswith(prefix)] == []


@pytest.mark.parametrize("changes", [("hold=0.9", "reject=0.5"), ("reject=0.5", "hold=0.51")])
def test_settings_that_contradict_themselves_are_refused_whole(
    winnow: Winnow, prepared: dict[str, str], store: Store, changes: tuple[str, ...]
) -> None:
    before = sites.settings(store, "demo")
    with pytest.raises(AssertionError, match="hold: "):
        winnow("site", "set", "demo", "mode=observe", *changes)
    assert sites.settings(store, "demo") == before
    winnow("site", "set", "demo", "reject=0.5")
    with pytest.raises(AssertionError, match="hold: "):
        winnow("site", "set", "demo", "hold=0.9")


def test_tokens_are_listed_with_their_use_and_limit(
    winnow: Winnow, prepared: dict[str, str], store: Store
) -> None:
    winnow("token", "add", "demo", "--per-minute", "60", "--name", "feed")
    (fed,) = (token for token in sites.tokens(store).values() if token.name == "feed")
    used = dt.datetime(2026, 11, 20, 8, 30, tzinfo=dt.UTC)
    sites.note_uses(store, {fed.id: int(used.timestamp() * 1000)})
    rows = {row.split("\t")[0]: row.split("\t") for row in winnow("token", "list").splitlines()}
    assert rows[fed.id][-3:] == ["-", "2026-11-20T08:30+00:00", "60"]
    assert rows[fed.id][4].startswith(dt.datetime.now(dt.UTC).strftime("%Y-"))
    assert {tuple(row[-2:]) for name, row in rows.items() if name != fed.id} == {("-", "-")}
