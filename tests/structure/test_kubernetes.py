"""What `kubectl apply -k deploy/kubernetes` sends is valid, hangs together and grants little."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

import moderation
from moderation.api.stored_metrics import Stored
from moderation.cli import COMMANDS
from moderation.flow.runtime import Runtime
from moderation.flow.tasks import QUEUE_OF
from moderation.settings import VARIABLES, Settings
from moderation.store import keys
from tests.structure.tree import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
SECRETS = {"WINNOW_SECRET_KEY": "k" * 64, "WINNOW_METRICS_TOKEN": "t" * 64}
OURS = ("init", "web", "scorer", "worker", "beat")


@functools.cache
def built(outside: bool = False) -> list[dict[str, Any]]:
    """Return what kustomize makes of the folder, once the operator has written the secrets, and
    with `outside` has taken in a store of their own.
    """
    tool = shutil.which("kubectl")
    if tool is None:
        pytest.skip("NOT TESTED that kustomize builds deploy/kubernetes: install kubectl")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(FOLDER, Path(name) / "kubernetes"))
        lines = (folder / "secrets.env.example").read_text().splitlines()
        filled = [line + SECRETS.get(line.rstrip("="), "") for line in lines]
        (folder / "secrets.env").write_text("\n".join(filled) + "\n")
        if outside:
            file = folder / "kustomization.yaml"
            text = file.read_text().replace("  - store.yaml\n", "")
            file.write_text(text.replace("# components:", "components:"))
        run = subprocess.run([tool, "kustomize", str(folder)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return list(yaml.safe_load_all(run.stdout))


def kinds(*names: str) -> dict[str, dict[str, Any]]:
    """Return the objects of some kinds by name."""
    return {one["metadata"]["name"]: one for one in built() if one["kind"] in names}


def pods() -> dict[str, dict[str, Any]]:
    """Return the templates of all pods by the name of what makes them."""
    return {
        name: one["spec"]["template"]
        for name, one in kinds("Deployment", "StatefulSet", "Job").items()
    }


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, pod in pods().items():
        for container in pod["spec"]["containers"]:
            yield name, container


@pytest.mark.parametrize("version", ["1.28", "1.37"])
def test_every_object_is_of_its_schema(version: str) -> None:
    for one in built():
        kubernetes_validate.validate(one, version, strict=True)


def test_what_is_misspelt_is_not_of_its_schema() -> None:
    web = kinds("Deployment")["web"]
    broken = yaml.safe_load(yaml.safe_dump(web).replace("readinessProbe", "readynessProbe"))
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, "1.37", strict=True)


def test_every_name_leads_to_something_that_is_there() -> None:
    maps, secrets, services = kinds("ConfigMap"), kinds("Secret"), kinds("Service")
    for name, container in containers():
        for source in container.get("envFrom", ()):
            assert source.get("configMapRef", {}).get("name") in {*maps, None}, name
            assert source.get("secretRef", {}).get("name") in {*secrets, None}, name
        spec = pods()[name]["spec"]
        claims = [c["metadata"]["name"] for c in stateful(name).get("volumeClaimTemplates", ())]
        there = {volume["name"] for volume in spec.get("volumes", ())} | set(claims)
        assert {mount["name"] for mount in container["volumeMounts"]} == there, name
    for one in built():
        target = one.get("spec", {}).get("scaleTargetRef")
        assert target is None or target["name"] in kinds(target["kind"]), one["metadata"]
        assert one["metadata"].get("namespace", "winnow") == "winnow"
    (settings,) = maps.values()
    for name in ("WINNOW_REDIS_URL", "WINNOW_BROKER_URL"):
        host, port = re.findall(r"//(\w+):(\d+)/", settings["data"][name])[0]
        assert int(port) in {p["port"] for p in services[host]["spec"]["ports"]}


def stateful(name: str) -> dict[str, Any]:
    return dict(kinds("StatefulSet").get(name, {}).get("spec", {}))


def test_every_selector_selects_a_pod_and_every_named_port_is_one() -> None:
    for one in built():
        for path in ("selector", "podSelector"):
            found = one.get("spec", {}).get(path)
            if not found:
                continue
            wanted = found if one["kind"] == "Service" else found["matchLabels"]
            selected = [p for p in pods().values() if wanted.items() <= labels(p).items()]
            assert selected, one["metadata"]
            for port in one["spec"].get("ports", ()):
                assert all(port["targetPort"] in named_ports(pod) for pod in selected)
    for name, container in containers():
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            port = container.get(probe, {}).get("httpGet", {}).get("port")
            assert port in {None, *named_ports(pods()[name])}


def labels(pod: dict[str, Any]) -> dict[str, str]:
    return dict(pod["metadata"]["labels"])


def named_ports(pod: dict[str, Any]) -> list[str]:
    return [p["name"] for c in pod["spec"]["containers"] for p in c.get("ports", ())]


def test_who_needs_the_store_may_reach_it_and_nobody_else() -> None:
    policies = kinds("NetworkPolicy")
    assert policies["nothing"]["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }
    reach = {name for name, pod in pods().items() if labels(pod).get("reaches") == "store"}
    assert reach == set(OURS)
    (rule,) = policies["to-store"]["spec"]["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": {"reaches": "store"}}}]
    outside = {name for name, pod in pods().items() if labels(pod).get("calls") == "sites"}
    assert outside == {"web", "worker"}, "the web server writes letters, the worker tells sites"
    (rule,) = policies["calls-sites"]["spec"]["egress"]
    assert "169.254.0.0/16" in rule["to"][0]["ipBlock"]["except"], "the cloud's own addresses"


def test_a_store_or_broker_outside_may_be_reached_by_those_who_need_it() -> None:
    made = built(outside=True)
    for one in made:
        kubernetes_validate.validate(one, "1.37", strict=True)
    assert "StatefulSet" not in {one["kind"] for one in made}
    (policy,) = [one for one in made if one["metadata"]["name"] == "reaches-outside"]
    assert policy["spec"]["podSelector"] == {"matchLabels": {"reaches": "store"}}
    assert policy["spec"]["policyTypes"] == ["Egress"]
    (rule,) = policy["spec"]["egress"]
    assert {port["port"] for port in rule["ports"]} == {6379, 26379, 5671, 5672}
    assert "reaches-outside" not in kinds("NetworkPolicy"), "only where an operator asks for it"


def age(probe: dict[str, Any]) -> int:
    """Return how old, in seconds, a probe lets the file of health checks be."""
    ((number, unit),) = re.findall(
        r"-newermt '-(\d+) (second|minute)s'", probe["exec"]["command"][-1]
    )
    return int(number) * {"second": 1, "minute": 60}[unit]


def test_nothing_is_killed_for_a_broker_that_is_away_for_minutes() -> None:
    for name in ("scorer", "worker", "beat"):
        (container,) = pods()[name]["spec"]["containers"]
        assert age(container["livenessProbe"]) >= 900, name
        assert age(container["readinessProbe"]) == age(container["startupProbe"]) == 30, name
        start = container["startupProbe"]
        assert start["periodSeconds"] * start["failureThreshold"] >= 900, name


def test_a_container_can_do_no_more_than_it_must() -> None:
    for name, container in containers():
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        pod = pods()[name]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert re.search(r":\d+\.\d+\.\d+", container["image"]), container["image"]


def test_what_goes_on_is_watched_and_has_time_to_stop() -> None:
    for name, container in containers():
        assert pods()[name]["spec"]["terminationGracePeriodSeconds"] >= 30
        if name != "init":
            assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()


def test_web_servers_stay_in_service_without_their_store() -> None:
    (web,) = pods()["web"]["spec"]["containers"]
    assert web["startupProbe"]["httpGet"]["path"] == "/readyz"
    assert web["readinessProbe"]["httpGet"]["path"] == "/healthz"
    assert web["livenessProbe"]["httpGet"]["path"] == "/healthz"


def test_our_parts_run_real_commands_with_real_settings() -> None:
    known = {variable.name: variable for variable in VARIABLES}
    (settings,) = kinds("ConfigMap").values()
    (secrets,) = kinds("Secret").values()
    assert secrets["data"].keys() == SECRETS.keys()
    assert settings["data"].keys() | secrets["data"].keys() <= known.keys()
    Settings.from_env(settings["data"] | SECRETS)
    ours = {name: c for name, c in containers() if c["image"].startswith("winnow")}
    assert set(ours) == set(OURS)
    for container in ours.values():
        for one in container.get("env", ()):
            known[one["name"]].parse(one["value"])
        assert container["image"] == f"winnow:{moderation.__version__}"
        command, *more = container["args"]
        assert command in COMMANDS
        assert more in ([], ["--only", QUEUE_OF["workers.score_inbox"]])


def test_what_must_not_go_all_at_once_has_a_budget_and_beat_is_alone() -> None:
    budgets = kinds("PodDisruptionBudget")
    scaled = {
        one["spec"]["scaleTargetRef"]["name"] for one in kinds("HorizontalPodAutoscaler").values()
    }
    assert set(budgets) == {"web", "scorer", "worker"}
    assert scaled == {"web", "scorer"}
    for name in scaled:
        assert "replicas" not in kinds("Deployment")[name]["spec"], (
            "applying would undo the scaling"
        )
    beat = kinds("Deployment")["beat"]["spec"]
    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})


def test_the_scorers_follow_a_metric_that_there_is(runtime: Runtime) -> None:
    scaling = kinds("HorizontalPodAutoscaler")["scorer"]["spec"]
    (metric,) = scaling["metrics"]
    assert scaling["maxReplicas"] == keys.LANES, (
        "each takes a lane; more would find nothing to take"
    )
    name = metric["external"]["metric"]["name"]
    rules = yaml.safe_load((ROOT / "deploy/prometheus/adapter.rules.yml").read_text())
    (rule,) = [one for one in rules["externalRules"] if one["name"]["as"] == name]
    # Each web server tells what the one store knows: the largest, not all of them together.
    assert rule["metricsQuery"].startswith("max(")
    (series,) = re.findall(r"^(\w+)", rule["seriesQuery"])
    assert series in {family.name for family in Stored(runtime).collect()}
