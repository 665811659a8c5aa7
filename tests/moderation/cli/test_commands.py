"""Commands as an operator types them: what they print, what they change, how they fail."""

import json
import stat
from unittest.mock import Mock

import pytest
import redis

from moderation.app import create_app
from moderation.cli import main
from moderation.domain.accounts import token_digest
from moderation.domain.errors import SchemaMismatch
from moderation.flow.opening import open_runtime
from moderation.settings import Settings
from moderation.store import Store, keys, migrations, schema, sites
from tests.e2e.running import free_port
from tests.factories import all_keys
from tests.moderation.cli.conftest import Winnow


def test_the_first_run_writes_its_keys_for_its_owner_alone(
    prepared: dict[str, str], settings: Settings, store: Store
) -> None:
    path = settings.data / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(prepared) == {"url", "console", "site", "api_token", "admin_token", "akismet_key"}
    assert set(prepared["console"]) == {"user", "password"}
    assert prepared["url"] == settings.public_url
    assert len(prepared["akismet_key"]) == 12
    assert int(prepared["akismet_key"], 16) >= 0
    token = sites.token(store, token_digest(prepared["api_token"]))
    assert token is not None
    assert token.site == prepared["site"] == "demo"
    assert set(token.scopes) == {"submit", "moderate"}


def test_a_second_run_changes_no_key(
    winnow: Winnow, prepared: dict[str, str], settings: Settings, store: Store
) -> None:
    assert "was prepared before" in winnow("init")
    assert json.loads((settings.data / "credentials.json").read_text()) == prepared
    assert len(sites.tokens(store)) == 2


def test_a_first_run_that_was_cut_short_is_made_whole(
    winnow: Winnow, settings: Settings, store: Store
) -> None:
    migrations.migrate(store, lambda line: None)
    assert "prepared\n" in winnow("init")
    assert [person.name for person in sites.users(store)] == ["admin"]


def test_a_newer_store_is_refused_by_every_command_and_left_alone(
    winnow: Winnow,
    prepared: dict[str, str],
    store: Store,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WINNOW_BIND", f"127.0.0.1:{free_port()}")
    monkeypatch.setattr("os.execve", lambda *_: pytest.fail("it became its program"))
    store.redis.set(keys.SCHEMA, schema.VERSION + 1)
    before = everything(store)
    for words in COMMANDS_ON_THE_STORE:
        assert "was written by a newer Winnow" in winnow(*words.split(), status=1), words
    for start in (open_runtime, create_app):
        with pytest.raises(SchemaMismatch, match="newer Winnow"):
            start(settings)
    assert everything(store) == before


COMMANDS_ON_THE_STORE = (
    *("up", "init", "web", "worker", "beat", "migrate"),
    *("site list", "site add new", "site set demo mode=observe", "user list", "user add ada"),
    *("token list", "token add demo", "key list", "key create another"),
)


def everything(store: Store) -> dict[bytes, bytes]:
    """Return all keys of the store with what they hold."""
    return {key: store.redis.dump(key) for key in all_keys(store, "*")}


def test_sites_are_added_listed_and_set(winnow: Winnow, prepared: dict[str, str]) -> None:
    winnow("site", "add", "blog.example")
    assert winnow("site", "list").split() == ["blog.example", "demo"]
    winnow("site", "set", "blog.example", "mode=observe", "retention.spam=30", "hold=0.4")
    shown = json.loads(winnow("site", "show", "blog.example"))
    assert shown["mode"] == "observe"
    assert shown["retention"]["spam"] == 30
    assert shown["hold"] == 0.4
    assert shown["retention"]["held"] == 365
    assert json.loads(winnow("site", "show", "demo"))["mode"] == "enforce"


@pytest.mark.parametrize(
    "words, says",
    [
        (["site", "add", "demo"], "there is a site of this name already"),
        (["site", "add", "No Name"], "a site's name has 1 to 63 characters"),
        (["site", "show", "nowhere"], "there is no site nowhere"),
        (["site", "set", "demo", "mode=off"], "the settings stay as they were"),
        (["site", "set", "demo", "colour=blue"], "colour: there is no such setting"),
        (["site", "set", "demo", "mode"], "mode: write setting=value"),
        (["site", "set", "demo", "hold=0.9", "reject=0.5"], "hold: comments are held from"),
        (["token", "add", "nowhere"], "there is no site of this name"),
        (["token", "revoke", "01J"], "there is no token 01J"),
        (["user", "add", "admin"], "there is a user admin already"),
        (["user", "password", "nobody"], "there is no user nobody"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: list[str], says: str, winnow: Winnow, prepared: dict[str, str]
) -> None:
    assert says in winnow(*words, status=1)


def test_a_token_is_printed_once_and_can_be_revoked(
    winnow: Winnow, prepared: dict[str, str], store: Store
) -> None:
    made = winnow("token", "add", "demo", "--scope", "submit", "--name", "the blog").strip()
    found = sites.token(store, token_digest(made))
    assert found is not None
    assert found.scopes == ("submit",)
    listed = winnow("token", "list")
    assert f"{found.id}\tdemo\tsubmit\tthe blog" in listed
    assert made not in listed
    winnow("token", "revoke", found.id)
    assert sites.token(store, token_digest(made)) is None
    assert found.id not in winnow("token", "list")


def test_users_get_a_password_that_opens_their_account(
    winnow: Winnow, prepared: dict[str, str], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    from argon2 import PasswordHasher

    made = winnow("user", "add", "ada").split()[-1]
    ada = sites.user(store, "ada")
    assert ada is not None
    assert PasswordHasher().verify(ada.password, made)
    assert ada.role == "moderator"
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough one\n"))
    assert winnow("user", "password", "ada", "--password-stdin") == "ada can log in\n"
    ada = sites.user(store, "ada")
    assert ada is not None
    assert PasswordHasher().verify(ada.password, "a long enough one")
    assert ada.role == "moderator"
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert "at least 10 characters" in winnow(
        "user", "password", "ada", "--password-stdin", status=1
    )
    assert winnow("user", "list") == "ada\tmoderator\nadmin\tadministrator\n"


@pytest.mark.usefixtures("kernels")
def test_the_doctor_finds_a_whole_installation_whole(
    winnow: Winnow, prepared: dict[str, str]
) -> None:
    told = winnow("doctor")
    assert "WRONG" not in told
    for part in ("data folder", "store", "broker", "model"):
        assert f"ok     {part}: " in told


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize(
    "setting, value, told",
    [
        ("maxmemory", 1, "it is full and refuses comments"),
        ("min-replicas-to-write", 1, "the store refuses what is sent (NOREPLICAS): "),
    ],
)
def test_the_doctor_says_that_the_store_takes_no_comments(
    winnow: Winnow, prepared: dict[str, str], store: Store, capsys: pytest.CaptureFixture[str],
    setting: str, value: int, told: str,
) -> None:  # fmt: skip
    store.redis.config_set(setting, value)
    try:
        with pytest.raises(SystemExit) as ended:
            main(["doctor"])
    finally:
        store.redis.config_set(setting, 0)
    assert ended.value.code == 1
    assert f"WRONG  store: {told}" in capsys.readouterr().out


@pytest.mark.usefixtures("kernels")
def test_the_doctor_names_what_is_wrong_and_goes_on(
    winnow: Winnow,
    prepared: dict[str, str],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (settings.data / "credentials.json").chmod(0o644)
    monkeypatch.setenv("WINNOW_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("WINNOW_BROKER_URL", "redis://127.0.0.1:1/0")
    with pytest.raises(SystemExit) as ended:
        main(["doctor"])
    assert ended.value.code == 1
    told = capsys.readouterr().out
    assert "WRONG  data folder: " in told
    assert "chmod 600" in told
    assert "WRONG  store: the store at 127.0.0.1 does not answer" in told
    assert "WRONG  broker: it does not answer" in told
    assert "ok     model: " in told


def test_a_bad_setting_ends_any_command_with_status_2_and_what_to_write(
    winnow: Winnow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINNOW_BIND", "everywhere")
    for command in ("up", "web", "init", "doctor"):
        assert winnow(command, status=2) == (
            "winnow: WINNOW_BIND cannot be used: write host:port, for example 127.0.0.1:8000\n"
        )


def test_an_unknown_variable_is_warned_of(
    winnow: Winnow, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WINNOW_REDIS", "redis://host/0")
    winnow("migrate")
    assert any("WINNOW_REDIS is not a setting" in message for message in caplog.messages)


def test_help_needs_no_settings(winnow: Winnow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_BIND", "everywhere")
    assert "Ctrl-C ends" in winnow("up", "--help")
    listed = winnow("--help")
    for command in ("up", "init", "web", "worker", "beat", "site", "user", "token", "doctor"):
        assert f"\n  {command} " in listed


@pytest.mark.parametrize("part", ["web", "worker", "beat"])
def test_a_part_alone_needs_a_store(
    part: str, winnow: Winnow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WINNOW_REDIS_URL")
    assert winnow(part, status=1) == (
        "winnow: no store: set WINNOW_REDIS_URL, or run `up`, which brings its own\n"
    )


def test_a_part_alone_becomes_its_program_with_the_store_of_the_running_up(
    winnow: Winnow,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    store: Store,
) -> None:
    became: list[tuple[list[str], dict[str, str]]] = []

    def become(_path: object, argv: list[str], env: dict[str, str]) -> None:
        became.append((argv, env))

    monkeypatch.setattr("os.execve", become)
    monkeypatch.delenv("WINNOW_REDIS_URL")
    monkeypatch.delenv("WINNOW_BROKER_URL")
    settings.data.mkdir()
    told = {"redis_url": settings.redis_url, "broker_url": settings.broker_url}
    (settings.data / "run.json").write_text(json.dumps(told))
    winnow("worker")
    argv, env = became[0]
    assert "worker" in argv
    assert env["WINNOW_REDIS_URL"] == settings.redis_url
    assert env["WINNOW_BROKER_URL"] == settings.broker_url
    assert redis.Redis.from_url(env["WINNOW_REDIS_URL"]).ping()


def test_a_list_is_written_tried_and_shown_in_its_order(
    winnow: Winnow, prepared: dict[str, str], store: Store
) -> None:
    winnow("list", "add", "demo", "words", "cheap kilns", "--action", "spam", "--note", "again")
    assert "number 2 is new" in winnow("list", "add", "demo", "email", "*@mail.example",
                                       "--action", "approve", "--first")  # fmt: skip
    rows = [line.split("\t")[:4] for line in winnow("list", "show", "demo").splitlines()]
    assert rows == [
        ["2", "email", "*@mail.example", "approve"], ["1", "words", "cheap kilns", "spam"],
    ]  # fmt: skip
    assert "it would decide 0" in winnow("list", "test", "demo", "domain", "shop.example")
    assert "there is no such entry" in winnow("list", "remove", "demo", "9", status=1)
    assert "it is in the list already" in winnow("list", "add", "demo", "words", "cheap kilns",
                                                 status=1)  # fmt: skip
    winnow("list", "remove", "demo", "2")
    assert len(winnow("list", "show", "demo").splitlines()) == 1


def test_a_site_is_held_for_a_while_retired_and_taken_up_again(
    winnow: Winnow, prepared: dict[str, str]
) -> None:
    assert "is held until" in winnow("site", "attack", "demo", "--hours", "2")
    assert "within 30 days" in winnow("site", "attack", "demo", "--hours", "9999", status=1)
    winnow("site", "attack", "demo", "--end")
    winnow("site", "retire", "demo")
    assert "demo\tretired 20" in winnow("site", "list")
    assert "retired already" in winnow("site", "retire", "demo", status=1)
    winnow("site", "retire", "demo", "--undo")
    assert winnow("site", "list").split() == ["demo"]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError("no \x1b[2J layer"), "no [2J layer"),
        (OSError(None, None), "it cannot be read or written"),
        (OSError(13, "Permission denied"), "Permission denied"),
    ],
)
def test_an_error_of_a_file_says_why_also_where_the_system_had_no_words(
    winnow: Winnow, monkeypatch: pytest.MonkeyPatch, error: OSError, why: str
) -> None:
    error.filename = "x\x1b.gz"
    monkeypatch.setattr("moderation.cli.cli", Mock(side_effect=error))
    assert winnow("site", status=1).splitlines() == [f"winnow: x .gz: {why}"]
