"""Commands as an operator types them, on the test's store."""

import json
from collections.abc import Callable

import pytest

from moderation.cli import main
from moderation.settings import Settings
from tests.conftest import SECRET

Winnow = Callable[..., str]


@pytest.fixture
def winnow(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Winnow:
    """Run a command on the test's store and return what it printed."""
    monkeypatch.setenv("WINNOW_DATA", str(settings.data))
    monkeypatch.setenv("WINNOW_REDIS_URL", settings.redis_url)
    monkeypatch.setenv("WINNOW_BROKER_URL", settings.broker_url)
    monkeypatch.setenv("WINNOW_SECRET_KEY", SECRET)

    def run(*words: str, status: int = 0) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        out, err = capsys.readouterr()
        assert (ended.value.code or 0) == status, err
        if status:
            assert err.startswith("winnow: ")
            assert err.count("\n") == 1, "one line says what is wrong"
            return err
        return out

    return run


@pytest.fixture
def prepared(winnow: Winnow, settings: Settings) -> dict[str, str]:
    """Return what the first run told."""
    winnow("init")
    found: dict[str, str] = json.loads((settings.data / "credentials.json").read_text())
    return found
