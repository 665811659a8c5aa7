"""docker-compose.yml and the Dockerfile keep the promises that docs/operating.md makes."""

import re
from typing import Any

import pytest
import yaml

from moderation.cli import COMMANDS
from moderation.settings import VARIABLES
from tests.structure.tree import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("init", "web", "worker", "beat", "search")
DOCKERFILE = (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_can_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    uid = int(service["user"].split(":")[0])
    assert uid > 0
    assert "privileged" not in service


@pytest.mark.parametrize("name", OURS)
def test_our_parts_run_real_commands_with_real_settings(name: str) -> None:
    service = SERVICES[name]
    assert service["command"][0] in COMMANDS
    assert set(service["environment"]) <= {variable.name for variable in VARIABLES}
    assert service["environment"]["WINNOW_REDIS_URL"].startswith("redis://store:")


@pytest.mark.parametrize("name", ["store", "web", "worker", "beat", "search"])
def test_what_goes_on_is_watched_and_started_again(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["web", "worker", "beat", "search"])
def test_parts_wait_for_a_prepared_store(name: str) -> None:
    assert SERVICES[name]["depends_on"] == {
        "store": {"condition": "service_healthy"},
        "init": {"condition": "service_completed_successfully"},
    }


def test_the_store_keeps_what_it_answered_and_is_reachable_by_ours_alone() -> None:
    store = SERVICES["store"]
    words = store["command"]
    options = dict(zip(words[1::2], words[2::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--appendfsync"] == "always"
    assert options["--maxmemory-policy"] == "noeviction"
    assert "ports" not in store
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert store["networks"] == ["inside"]
    assert any(volume.endswith(":/data") for volume in store["volumes"])


def test_who_calls_sites_or_is_called_is_not_shut_in() -> None:
    open_ones = {name for name, s in SERVICES.items() if "outside" in s["networks"]}
    assert open_ones == {"web", "worker"}, "the web server is asked, the worker tells sites"
    assert not (COMPOSE["networks"]["outside"] or {}).get("internal")


def test_every_setting_that_an_operator_may_need_is_passed_on() -> None:
    ours = {"WINNOW_BIND", "WINNOW_DATA", "WINNOW_DEMO_BIND", "WINNOW_FSYNC", "WINNOW_MODEL"}
    for name in OURS:
        passed = set(SERVICES[name]["environment"])
        assert passed == {variable.name for variable in VARIABLES} - ours


def test_there_is_one_beat() -> None:
    assert [name for name, s in SERVICES.items() if s["command"] == ["beat"]] == ["beat"]
    assert "deploy" not in SERVICES["beat"]


def test_no_secret_has_a_default() -> None:
    for name in OURS:
        assert ":?" in SERVICES[name]["environment"]["WINNOW_SECRET_KEY"]


def test_images_are_pinned_to_a_version() -> None:
    images = [SERVICES["store"]["image"], *re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)]
    for image in images:
        assert re.search(r":\d+\.\d+\.\d+", image), image


def test_the_image_runs_as_nobody_in_particular_on_hashed_packages() -> None:
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001:10001$", last_stage, re.MULTILINE)
    assert "--require-hashes -r requirements.txt" in DOCKERFILE
    assert "requirements-dev" not in DOCKERFILE
    kernels = re.search(r"NUMBA_CACHE_DIR=(\S+) \S+ -m moderation\.cli\.kernels", DOCKERFILE)
    assert kernels
    assert kernels.group(1) in (ROOT / "deploy" / "docker" / "entrypoint").read_text()


def test_the_image_holds_only_what_it_needs() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    for path in rules:
        if path.startswith("!"):
            assert (ROOT / path[1:]).exists() or path == "!README.md", path
