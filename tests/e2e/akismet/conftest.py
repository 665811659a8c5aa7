"""An installation with one account, and Winnow under Akismet's names for its clients."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from moderation.cli import services
from moderation.domain.akismet import Account, Check, normalise_blog
from moderation.domain.comments import Author, Submission
from moderation.flow.akismet import accounts
from moderation.flow.akismet.keys import authorise_blog, site_of
from moderation.flow.akismet.reporting import report
from moderation.flow.opening import open_runtime
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import migrations
from tests.conftest import SECRET, Server
from tests.e2e.akismet.installation import Box
from tests.processes import until

BLATANT = (
    "Buy cheap viagra without prescription http://best-pills-24h.example/buy-viagra online now"
)


@dataclass
class Installation:
    """What the tests look at and the clients talk to."""

    runtime: Runtime
    settings: Settings
    account: Account
    key: str

    def blog(self, name: str) -> str:
        """Return a blog of the account whose filter has been taught what is blatant."""
        address = f"https://{name}.example"
        grant = authorise_blog(self.runtime, self.key, normalise_blog(address))
        for n in range(12):
            author = Author(name=f"pills {n}")
            taught = Submission(content=f"{BLATANT} {n}", author=author)
            report(self.runtime, grant, Check(submission=taught), "spam")
        return address

    def site(self, address: str) -> str:
        """Return the site that a blog is."""
        return site_of(self.runtime.secret, self.account.id, normalise_blog(address))


@pytest.fixture(scope="module")
def installation(
    servers: Callable[[str], Server], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """Return an installation on a store that is empty but for its account."""
    server = servers("valkey")
    with server.client() as client:
        client.flushall()
    settings = Settings.from_env(
        {
            "WINNOW_DATA": str(tmp_path_factory.mktemp("akismet") / "var"),
            "WINNOW_REDIS_URL": server.url,
            "WINNOW_BROKER_URL": server.broker_url,
            "WINNOW_SECRET_KEY": SECRET,
            "WINNOW_WEB_WORKERS": "1",
        }
    )
    runtime = open_runtime(settings)
    migrations.migrate(runtime.store, print)
    first_run.use_shipped(runtime.store, settings)
    account, key = accounts.create_account(runtime.store, runtime.secret, "clients")
    yield Installation(runtime, settings, account, key)
    runtime.close()


@pytest.fixture(scope="module")
def box(
    installation: Installation, kernels: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Box]:
    """Winnow as rest.akismet.com, in namespaces of its own."""
    folder = tmp_path_factory.mktemp("box")
    folder.chmod(0o755)
    settings = msgspec.structs.replace(installation.settings, bind=("127.0.0.1", 80))
    env = services.environment(installation.settings)
    keys = [installation.key, installation.key[::-1]]
    made = Box(folder, services.web(settings), env, keys)

    def answers() -> bool:
        assert made.process.poll() is None, Path(made.log.name).read_text()
        ask = ["curl", "-fsS", "--cacert", str(made.authority)]
        both = [*ask, "http://rest.akismet.com/1.1/test", "https://rest.akismet.com/1.1/test"]
        return made.run(both, {}, folder).stdout == "connectedconnected"

    until(answers, 60, lambda: Path(made.log.name).read_text())
    yield made
    made.close()


@pytest.fixture
def tool() -> Callable[[str, str], str]:
    """Find a program, or skips loudly what needs it."""

    def find(name: str, package: str) -> str:
        found = shutil.which(name)
        if not found:
            pytest.skip(f"NOT TESTED WITH {name}: apt-get install {package}")
        return found

    return find
