"""Sites by command: removed with all that is theirs, changed to nothing that contradicts itself."""

import datetime as dt
import io
from pathlib import Path

import pytest

from moderation.store import Store, keys, sites
from tests.factories import all_keys
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
    assert [key for key in all_keys(store) if key.startswith(prefix)] == []


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


def test_rules_are_tried_and_saved_by_command(
    winnow: Winnow, prepared: dict[str, str], store: Store, tmp_path: Path
) -> None:
    assert "of the last 0 comments" in winnow("site", "test", "demo", "hold_first_time=true")
    winnow("site", "set", "demo", "hold_first_time=true", "close_after_days=14")
    assert sites.settings(store, "demo").close_after_days == 14
    (tmp_path / "keys.txt").write_text("kiln\n\npottery\n")
    given = ("list", "keys", "demo", "--disallowed", str(tmp_path / "keys.txt"))
    assert "of the last 0 comments" in winnow(*given, "--test")
    assert "0 disallowed" in winnow("list", "keys", "demo")
    assert "2 disallowed and 0 moderation" in winnow(*given)
    assert "2 disallowed and 0 moderation" in winnow("list", "keys", "demo")


def test_subscriptions_are_changed_and_fetched_by_command(
    winnow: Winnow, prepared: dict[str, str], store: Store
) -> None:
    url = "http://127.0.0.1:9/list.txt"
    add = ("list", "subscriptions", "add", "demo", url, "--reads", "domains")
    assert "number 1 is new" in winnow(*add)
    said = winnow("list", "subscriptions", "fetch", "demo")
    assert said.startswith("number 1: 0 entries, not fetched: ")
    row = winnow("list", "subscriptions", "show", "demo").rstrip("\n").split("\t")
    assert (row[:4], row[-1]) == (["1", "domains", "hold", "0"], url)
    with pytest.raises(AssertionError, match="no such list"):
        winnow("list", "subscriptions", "remove", "demo", "7")
    assert "0 lists" in winnow("list", "subscriptions", "remove", "demo", "1")
