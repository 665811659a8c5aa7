"""One WordPress and one Winnow for all tests of a module; nothing of the machine is changed."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.wordpress.blog import Blog
from tests.e2e.wordpress.database import Database
from tests.e2e.wordpress.debian import unpack
from tests.e2e.wordpress.service import Service

PACKAGES = ("wordpress", "wordpress-theme-twentytwentythree")
PROGRAMS = {
    "mariadbd": "mariadb-server-core",
    "my_print_defaults": "mariadb-client-core",
    "php": "php-cli php-mysql",
    "dpkg-deb": "dpkg",
}


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Return a folder with the module's `RELEASE` of WordPress; its path leaves room for a
    socket's.
    """
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    if missing:
        pytest.skip(f"NOT TESTED WITH WORDPRESS: apt-get install {' '.join(missing)}")
    if "mysqli" not in subprocess.run(["php", "-m"], capture_output=True, text=True).stdout:
        pytest.skip("NOT TESTED WITH WORDPRESS: apt-get install php-mysql")
    with tempfile.TemporaryDirectory(prefix="wn-", dir="/tmp") as made:
        try:
            unpack(request.module.RELEASE, PACKAGES, Path(made))
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"NOT TESTED WITH WORDPRESS: its package could not be fetched: {error}")
        yield Path(made)


@pytest.fixture(scope="module")
def winnow(folder: Path, kernels: None) -> Iterator[Service]:
    """Return a Winnow that is starting; tests that stop it start it again."""
    with contextlib.ExitStack() as stack:
        service = Service(folder)
        stack.callback(service.end)
        yield service


@pytest.fixture(scope="module")
def blog(folder: Path, winnow: Service) -> Iterator[Blog]:
    """Return a blog whose Akismet plugin has a key of Winnow's."""
    with contextlib.ExitStack() as stack:
        database = Database(folder)
        stack.callback(database.end)
        winnow.ready()
        running = Blog(folder / "usr/share/wordpress", database.socket, winnow.url)
        stack.callback(running.end)
        running.install().enter_key(winnow.akismet_key)
        # The plugin's default is to store no blatant spam, which would leave nothing to look at.
        running.choose_to_discard(False)
        yield running
