"""The compose files and the Dockerfile keep the promises that docs/deploying.md makes."""

from __future__ import annotations

import json
import re
from typing import Any

import compose_spec
import pytest

import moderation
from moderation.cli import COMMANDS
from moderation.settings import VARIABLES, Settings
from tests.containers import compose, image
from tests.containers.project import addresses
from tests.structure.tree import ROOT

ONE, CLUSTER = "docker-compose.yml", "deploy/compose-cluster/docker-compose.yml"
GIVEN = {"WINNOW_SECRET_KEY": "k" * 64, "BROKER_PASSWORD": "p" * 64}
READ = {file: compose.read(ROOT / file, GIVEN) for file in (ONE, CLUSTER)}
SERVICES: dict[tuple[str, str], dict[str, Any]] = {
    (file, name): service for file in READ for name, service in READ[file]["services"].items()
}
ONCE = {"init", "cluster"}
OURS = [key for key, service in SERVICES.items() if service["image"].startswith("winnow:")]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def parsed(file: dict[str, Any]) -> compose_spec.PyCompose:
    """Return what a parser of the specification makes of a file; ValueError where it is none."""
    plain = {key: value for key, value in file.items() if not key.startswith("x-")}
    found = compose_spec.PyCompose.from_json(json.dumps(plain))
    found.validate()
    return found


@pytest.mark.parametrize("file", READ)
def test_a_compose_file_is_one(file: str) -> None:
    assert set(parsed(READ[file]).service_names()) == set(READ[file]["services"])


@pytest.mark.parametrize("wrong", [{"mem_limits": "1g"}, {"networks": ["elsewhere"]}])
def test_what_is_wrong_in_a_compose_file_is_seen(wrong: dict[str, Any]) -> None:
    services = READ[ONE]["services"] | {"web": READ[ONE]["services"]["web"] | wrong}
    with pytest.raises(ValueError):
        parsed(READ[ONE] | {"services": services})


@pytest.mark.parametrize("key", SERVICES, ids=":".join)
def test_a_container_can_do_no_more_than_it_must(key: tuple[str, str]) -> None:
    service = SERVICES[key]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].split(":")[0]) > 0
    assert service["mem_limit"] and service["pids_limit"]
    assert service["init"] is True
    assert "privileged" not in service


@pytest.mark.parametrize("key", OURS, ids=":".join)
def test_our_parts_run_real_commands_with_real_settings(key: tuple[str, str]) -> None:
    service = SERVICES[key]
    assert service["command"][0] in COMMANDS
    assert set(service["environment"]) <= {variable.name for variable in VARIABLES}
    Settings.from_env(service["environment"])
    assert service["image"] == f"winnow:{moderation.__version__}"
    hosts = re.findall(r"[/,@]([\w-]+):\d+", service["environment"]["WINNOW_REDIS_URL"])
    hosts += re.findall(r"[/@]([\w-]+):\d+", service["environment"]["WINNOW_BROKER_URL"])
    assert hosts and set(hosts) <= READ[key[0]]["services"].keys()


@pytest.mark.parametrize("key", SERVICES, ids=":".join)
def test_what_goes_on_is_watched_and_started_again(key: tuple[str, str]) -> None:
    service = SERVICES[key]
    if key[1] in ONCE:
        assert service["restart"] == "on-failure"
    else:
        assert service["healthcheck"]["test"]
        assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("file", READ)
def test_parts_wait_for_a_prepared_store(file: str) -> None:
    for key in OURS:
        if key[0] == file and key[1] not in ONCE:
            waits = SERVICES[key]["depends_on"]
            assert waits["init"] == {"condition": "service_completed_successfully"}
    order = compose.in_order(READ[file]["services"])
    stores = [name for name in order if name.startswith("store")]
    assert max(map(order.index, stores)) < order.index("init")


def options(words: list[str]) -> dict[str, str]:
    return dict(zip(words[1::2], words[2::2], strict=True))


@pytest.mark.parametrize(
    "key", [key for key in SERVICES if key[1].startswith("store")], ids=":".join
)
def test_the_store_keeps_what_it_answered_and_is_reachable_by_ours_alone(
    key: tuple[str, str],
) -> None:
    store, file = SERVICES[key], READ[key[0]]
    given = options(store["command"])
    assert given["--appendonly"] == "yes"
    # A node of the cluster has a replica instead of a disk that each answer waits for.
    assert given["--appendfsync"] == ("always" if key[0] == ONE else "everysec")
    assert given["--maxmemory-policy"] == "noeviction"
    assert "ports" not in store
    assert file["networks"]["inside"]["internal"] is True
    assert set(store["networks"]) == {"inside"}
    assert any(volume.endswith(":/data") for volume in store["volumes"])


def test_nodes_and_web_servers_go_by_the_addresses_that_they_have() -> None:
    services = READ[CLUSTER]["services"]
    known = addresses(services)
    nodes = re.findall(r"^(172[\d.]+):6379$", "\n".join(services["cluster"]["command"]), re.M)
    assert nodes == [known[f"store-{number}"] for number in range(1, 7)]
    balancer = (ROOT / "deploy/compose-cluster/haproxy.cfg").read_text()
    servers = dict(re.findall(r"^ +server (\S+) ([\d.]+):8000$", balancer, re.MULTILINE))
    assert servers == {name: known[name] for name in ("web-1", "web-2")}
    for name in ("web-1", "worker-1"):
        trusted = services[name]["environment"]["WINNOW_TRUSTED_PROXIES"]
        assert trusted == known["balancer"]


def test_who_calls_sites_or_is_called_is_not_shut_in() -> None:
    for file in READ:
        open_ones = {
            name.rpartition("-")[0] or name
            for name, service in READ[file]["services"].items()
            if "outside" in service["networks"]
        }
        called = {"web", "worker"} | ({"balancer"} if file == CLUSTER else set())
        assert open_ones == called, "the web server is asked, the worker tells sites"
        assert not (READ[file]["networks"]["outside"] or {}).get("internal")
        published = [name for name, s in READ[file]["services"].items() if "ports" in s]
        assert published == (["balancer"] if file == CLUSTER else ["web"])


def test_every_setting_that_an_operator_may_need_is_passed_on() -> None:
    ours = {"WINNOW_BIND", "WINNOW_DATA", "WINNOW_DEMO_BIND", "WINNOW_FSYNC", "WINNOW_MODEL"}
    for file, name in OURS:
        if file == ONE:
            passed = set(SERVICES[file, name]["environment"])
            assert passed == {variable.name for variable in VARIABLES} - ours


def test_who_upgrades_is_told_of_the_limits_of_the_store_first() -> None:
    store = SERVICES[ONE, "store"]
    assert (options(store["command"])["--maxmemory"], store["mem_limit"]) == ("1gb", "2g")
    given = GIVEN | {"STORE_MEMORY": "6gb", "STORE_LIMIT": "12g"}
    larger = compose.read(ROOT / ONE, given)["services"]["store"]
    assert (options(larger["command"])["--maxmemory"], larger["mem_limit"]) == ("6gb", "12g")
    unreleased = (ROOT / "CHANGELOG.md").read_text().split("\n## [")[1]
    for text in (unreleased, (ROOT / "docs" / "upgrading.md").read_text()):
        assert re.search(r"Before you upgrade.*STORE_MEMORY.*STORE_LIMIT", text, re.DOTALL)


def test_there_is_one_beat() -> None:
    for file in READ:
        services = READ[file]["services"]
        beats = [name for name, s in services.items() if s.get("command") == ["beat"]]
        assert beats == ["beat"]
        assert "deploy" not in services["beat"]


@pytest.mark.parametrize("name", GIVEN)
def test_no_secret_has_a_default(name: str) -> None:
    with pytest.raises(compose.Missing, match=name):
        compose.read(ROOT / CLUSTER, {key: GIVEN[key] for key in GIVEN if key != name})


def test_images_are_pinned_to_a_version_and_one_program_to_one() -> None:
    images = {service["image"] for service in SERVICES.values()}
    images |= set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))
    kubernetes = "".join(p.read_text() for p in (ROOT / "deploy/kubernetes").glob("*.yaml"))
    images |= {one for one in re.findall(r"image: (\S+)$", kubernetes, re.M) if one != "winnow"}
    for one in images:
        assert re.search(r":\d+\.\d+\.\d+", one), one
        assert "." not in one.split("/")[0] or "/" not in one, f"{one} names a registry"
    programs = [one.rpartition(":")[0] for one in images]
    assert len(programs) == len(set(programs)), images


def test_the_image_runs_as_nobody_in_particular_on_hashed_packages() -> None:
    assert image.instruction("USER") == ["10001:10001"]
    assert "--require-hashes -r requirements.txt" in DOCKERFILE
    assert "requirements-dev" not in DOCKERFILE


def test_the_kernels_of_an_image_are_those_that_its_processes_ask_for() -> None:
    build, ran = image.environment(image.BUILD), image.environment()
    for name in image.COMPILED_FOR:
        assert build[name] == ran[name]
    assert ran["NUMBA_CPU_NAME"] == "generic", "an image may run on any processor"
    kernels = re.search(r"NUMBA_CACHE_DIR=(\S+) \S+ -m moderation\.cli\.kernels", DOCKERFILE)
    assert kernels
    assert "chmod -R a+rX .kernels" in DOCKERFILE, "its user is not who compiled them"
    assert kernels.group(1) in (ROOT / "deploy" / "docker" / "entrypoint").read_text()


def test_the_image_holds_only_what_it_needs() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    for path in rules:
        if path.startswith("!"):
            assert (ROOT / path[1:]).exists() or path == "!README.md", path
