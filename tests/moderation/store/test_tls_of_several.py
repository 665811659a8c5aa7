"""A Cluster, Sentinels and their servers behind TLS: whom they show, and whom they let in."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from moderation.cli import embedded
from moderation.domain.errors import StoreDown
from moderation.store import Store, keys, sites
from moderation.store.comments import inbox
from tests.certificates import Certificate, certificate
from tests.clusters import Cluster
from tests.conftest import program
from tests.factories import SITE
from tests.processes import until
from tests.sentinels import Watched

OTHER_NAME = "127.1"
"""Leads to the same place, and no certificate is for it."""

pytestmark = pytest.mark.timeout(300)

KINDS: dict[str, Callable[[Path, Certificate], Cluster | Watched]] = {
    "cluster": lambda folder, shown: Cluster(folder, program("redis"), certificate=shown),
    "sentinel": lambda folder, shown: Watched(folder, program("redis"), shown),
}


@pytest.fixture(
    scope="module", params=["cluster", pytest.param("sentinel", marks=pytest.mark.slow)]
)
def several(request: pytest.FixtureRequest) -> Iterator[Cluster | Watched]:
    """Return servers that speak TLS alone, with each other too, to clients with a certificate."""
    folder = embedded.make_runtime_folder()
    try:
        made = KINDS[request.param](folder, certificate(folder))
        try:
            yield made
        finally:
            made.end()
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def shown(several: Cluster | Watched) -> Certificate:
    """Return what the servers show."""
    assert several.certificate is not None
    return several.certificate


def answers(store: Store) -> bool:
    try:
        store.ping()
    except StoreDown:
        return False
    return True


def test_each_shard_is_reached(several: Cluster | Watched) -> None:
    store = Store.connect(several.url)
    try:
        until(lambda: answers(store))
        sites.create(store, SITE, 7)
        assert sites.read(store, SITE).created_ms == 7
        assert inbox.lengths(store) == [0] * keys.SHARDS
        assert len(store.facts()) == (3 if isinstance(several, Cluster) else 1)
    finally:
        store.close()


@pytest.mark.parametrize("fault", ["authority", "system", "host", "nobody", "plain", "no file"])
def test_a_wrong_certificate_is_refused_and_said(
    fault: str, several: Cluster | Watched, shown: Certificate, tmp_path: Path
) -> None:
    trusted, url = str(shown.authority), several.url
    client = f"&ssl_certfile={shown.public}&ssl_keyfile={shown.key}"
    changed, why = {
        "authority": (url.replace(trusted, str(certificate(tmp_path).authority)), "certificate"),
        "system": (url.replace(f"ssl_ca_certs={trusted}&", ""), "certificate"),
        "host": (url.replace("127.0.0.1", OTHER_NAME), "certificate"),
        "nobody": (url.replace(client, ""), "answer|TLS"),
        "plain": (url.replace("rediss", "redis").partition("?")[0], "answer"),
        "no file": (url.replace(trusted, str(tmp_path / "none.pem")), "ssl_ca_certs"),
    }[fault]
    assert changed != url
    store = Store.connect(changed)
    try:
        # Sentinels that take long are silent: a busy machine may keep them from saying why.
        until(lambda: re.search(why, refusal(store)) is not None)
        assert "127.0.0.1" not in refusal(store)
    finally:
        store.close()


def refusal(store: Store) -> str:
    """Return why the store is away; it must be."""
    with pytest.raises(StoreDown) as raised:
        store.ping()
    return str(raised.value)


def test_names_are_not_compared_where_the_address_says_so(several: Cluster | Watched) -> None:
    url = several.url.replace("127.0.0.1", OTHER_NAME) + "&ssl_check_hostname=no"
    store = Store.connect(url)
    try:
        until(lambda: answers(store))
    finally:
        store.close()


@pytest.mark.slow
def test_who_takes_the_place_of_a_server_is_met_by_tls(several: Cluster | Watched) -> None:
    if isinstance(several, Cluster):
        pytest.skip("its nodes have no replicas here")
    store = Store.connect(several.url)
    try:
        until(lambda: answers(store))
        sites.create(store, SITE, 7)
        several.kill_primary()
        until(lambda: answers(store))
        store.check_writes()
    finally:
        store.close()
