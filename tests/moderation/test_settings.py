"""Settings: what an operator writes, what they are told when it is wrong."""

import stat
import threading
from pathlib import Path

import pytest

from moderation import settings as module
from moderation.settings import Settings, SettingsError, unknown_variables


def test_nothing_set_gives_a_local_installation() -> None:
    settings = Settings.from_env({})
    assert settings.bind == ("127.0.0.1", 8000)
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.redis_url == settings.broker_url == ""


@pytest.mark.parametrize(
    "name, value, advice",
    [
        ("WINNOW_BIND", "8000", "host:port"),
        ("WINNOW_BIND", "127.0.0.1:0", "host:port"),
        ("WINNOW_BIND", "127.0.0.1:http", "host:port"),
        ("WINNOW_REDIS_URL", "localhost:6379", "redis://host:6379/0"),
        ("WINNOW_REDIS_URL", "redis://:6379", "redis://host:6379/0"),
        ("WINNOW_REDIS_URL", "redis://host:none", "redis://host:6379/0"),
        ("WINNOW_REDIS_URL", "redis://host/?replicas=one", "redis://host:6379/0"),
        ("WINNOW_REDIS_URL", "redis+cluster://host,host/?replicas=-1", "redis+cluster://host"),
        ("WINNOW_REDIS_URL", "redis+sentinel://host/name?replicas=", "redis+sentinel://host"),
        ("WINNOW_REDIS_URL", "redis+cluster://host,host/?replica=1", "redis+cluster://host"),
        ("WINNOW_REDIS_URL", "redis://host/?ssl_ca_certs=/a", "redis://host:6379/0"),
        ("WINNOW_REDIS_URL", "unix:///run/store.sock?db=two", "redis://host:6379/0"),
        ("WINNOW_BROKER_URL", "kafka://host", "redis://host:6379/1"),
        ("WINNOW_BROKER_URL", "amqp://", "amqp://name:password@host:5672/"),
        ("WINNOW_BROKER_URL", "amqp://one;redis://two", "amqp://name:password@host:5672/"),
        ("WINNOW_BROKER_URL", "amqps://one;amqps://two", "nodes of amqps:// must have one name"),
        ("WINNOW_BROKER_URL", "amqp://one;amqps://one", "nodes of amqps:// must have one name"),
        ("WINNOW_BROKER_URL", "amqp://one//?ssl_ca_certs=/a", "amqp://name:password@host:5672/"),
        ("WINNOW_BROKER_URL", "amqps://one//?cacertfile=/a", "amqp://name:password@host:5672/"),
        (
            "WINNOW_BROKER_URL",
            "amqps://one//?ssl_ca_certs=/a;amqps://one:1//?ssl_ca_certs=/b",
            "amqp://name:password@host:5672/",
        ),
        ("WINNOW_BROKER_URL", "amqps://one//?ssl_cert_reqs=some", "amqp://name:password@host"),
        ("WINNOW_BROKER_URL", "redis://one/?socket_timeout=9", "redis://host:6379/1"),
        ("WINNOW_BROKER_URL", "redis://one/?ssl_ca_certs=/a", "redis://host:6379/1"),
        ("WINNOW_REDIS_URL", "rediss://host/?ssl_cert_reqs=some", "redis://host:6379/0"),
        ("WINNOW_REDIS_URL", "rediss+cluster://host/?ssl_check_hostname=", "redis+cluster://host"),
        ("WINNOW_SECRET_KEY", "short", "openssl rand -hex 32"),
        ("WINNOW_PUBLIC_URL", "winnow.example.org", "https://winnow.example.org"),
        ("WINNOW_PUBLIC_URL", "https://example.org/winnow", "without a path"),
        ("WINNOW_TRUSTED_PROXIES", "nginx", "127.0.0.1,10.0.0.0/8"),
        ("WINNOW_WEB_WORKERS", "0", "a number from 1 to 256"),
        ("WINNOW_WORKERS", "many", "a number from 1 to 256"),
        ("WINNOW_FSYNC", "no", "everysec or always"),
        ("WINNOW_LOG_LEVEL", "loud", "one of DEBUG"),
        ("WINNOW_MODEL", "/no/such/model", "the path of a model file"),
        ("WINNOW_DATA", "/etc/hostname", "the path of a folder"),
        ("WINNOW_SMTP_URL", "mail.example.org:25", "smtp://name:password@host:587"),
        ("WINNOW_SMTP_URL", "smtp://", "smtp://name:password@host:587"),
        ("WINNOW_SMTP_URL", "smtp://a:p%C3%A4ss@host", "smtp://name:password@host:587"),
        ("WINNOW_MAIL_FROM", "a@b\nBcc: c@d", "an e-mail address"),
        ("WINNOW_MAIL_FROM", "winnow", "an e-mail address"),
        ("WINNOW_DIGEST_AT", "25:00", "a time UTC as 07:00"),
    ],
)
def test_a_bad_value_names_the_variable_and_what_to_write(
    name: str, value: str, advice: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_env({name: value})
    assert str(raised.value).startswith(f"{name} cannot be used: write ")
    assert advice in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "redis_url, broker_url",
    [
        ("redis://host:6379/2", "redis://host:6379/2"),
        ("redis://host:6379/2?replicas=1", "redis://host:6379/2"),
        ("rediss://host/?ssl_cert_reqs=none&replicas=2", "rediss://host/?ssl_cert_reqs=none"),
        ("redis://host/?db=2&client_name=winnow&socket_keepalive=yes", "redis://host/2"),
        ("redis://host/2?username=a&password=p%40", "redis://a:p%40@host/2"),
        ("unix:///run/s?password=p", "redis+socket://:p@/run/s?virtual_host=0"),
        ("unix:///run/store.sock", "redis+socket:///run/store.sock?virtual_host=0"),
        ("unix:///run/store.sock?db=3", "redis+socket:///run/store.sock?virtual_host=3"),
        ("unix://:word@/run/s", "redis+socket://:word@/run/s?virtual_host=0"),
    ],
)
def test_the_broker_is_the_store_unless_set(redis_url: str, broker_url: str) -> None:
    assert Settings.from_env({"WINNOW_REDIS_URL": redis_url}).broker_url == broker_url
    named = Settings.from_env({"WINNOW_REDIS_URL": redis_url, "WINNOW_BROKER_URL": "redis://b/1"})
    assert named.broker_url == "redis://b/1"


@pytest.mark.parametrize(
    "url",
    [
        "amqp://one//;amqp://two:1//",
        "amqps://one:1//;amqps://one:2//",
        "amqps://one//",
        "amqps://one:1//;amqps://one:2//?ssl_ca_certs=/a&ssl_check_hostname=no",
    ],
)
def test_a_broker_may_have_several_nodes(url: str) -> None:
    assert Settings.from_env({"WINNOW_BROKER_URL": url}).broker_url == url


@pytest.mark.parametrize(
    "bind, url",
    [
        ("0.0.0.0:80", "http://localhost:80"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("example.org:8000", "http://example.org:8000"),
    ],
)
def test_the_public_address_follows_the_bound_one(bind: str, url: str) -> None:
    assert Settings.from_env({"WINNOW_BIND": bind}).public_url == url


def test_an_unknown_variable_is_named_with_the_one_that_was_meant() -> None:
    environ = {"WINNOW_REDISURL": "x", "WINNOW_BIND": "x", "HOME": "x", "WINNOW_QQQQ": "x"}
    assert unknown_variables(environ) == [
        "WINNOW_QQQQ is not a setting and is ignored",
        "WINNOW_REDISURL is not a setting and is ignored; did you mean WINNOW_REDIS_URL?",
    ]


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = Settings.from_env({"WINNOW_DATA": str(tmp_path / "var")})
    key = settings.secret_key
    module._secret_in.cache_clear()
    assert settings.secret_key == key
    assert len(key) == 64
    path = tmp_path / "var" / "secret_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in (tmp_path / "var").iterdir()] == ["secret_key"]


def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    made: list[bytes] = []
    together = threading.Barrier(8)

    def read() -> None:
        together.wait()
        made.append(module._secret_in.__wrapped__(tmp_path))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1


def test_a_damaged_secret_is_refused_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("cut")
    with pytest.raises(SettingsError, match="put back the key"):
        _ = Settings.from_env({"WINNOW_DATA": str(tmp_path)}).secret_key
    assert (tmp_path / "secret_key").read_text() == "cut"


def test_what_is_logged_of_settings_holds_no_secret() -> None:
    secret, password = "s" * 40, "pass-word"
    settings = Settings.from_env(
        {
            "WINNOW_SECRET_KEY": secret,
            "WINNOW_REDIS_URL": f"redis://:{password}@host/0",
            "WINNOW_METRICS_TOKEN": "met-ric",
        }
    )
    shown = f"{settings!r} {settings}"
    assert secret not in shown
    assert password not in shown
    assert "met-ric" not in shown
