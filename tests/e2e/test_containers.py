"""The processes of docker-compose.yml and deploy/compose-cluster, run as these files say: their
commands, order, settings and health checks, by nobody in particular on a read-only root.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.containers import host, image
from tests.containers.project import START_SECONDS, Project
from tests.processes import until
from tests.structure.tree import ROOT

GIVEN = {"WINNOW_SECRET_KEY": "a secret of the test suite, long enough to sign"}
Made = Callable[..., Project]


@pytest.fixture
def project(short_tmp: Path, kernels: None) -> Iterator[Made]:
    """Return compose files by name, with the kernels of this machine in their image: those of an
    image are for every processor, and take minutes to compile.
    """
    if reason := host.why_not():
        pytest.skip(f"NOT RUN as containers: {reason}")
    made: list[Project] = []

    def make(file: str, given: Mapping[str, str], *, is_built: bool = False) -> Project:
        environment = image.environment()
        if not is_built:
            environment = {k: v for k, v in environment.items() if k not in image.COMPILED_FOR}
        made.append(Project(short_tmp, ROOT / file, {**GIVEN, **given}, environment))
        if is_built:
            made[-1].build()
        else:
            image.kernels(made[-1].app)
        return made[-1]

    yield make
    for one in made:
        one.close()


def judged(project: Project, at: str) -> None:
    """Send a comment to an address, and see that a worker gives it a verdict."""
    told = project.credentials()
    says = (
        "-H",
        f"Authorization: Bearer {told['api_token']}",
        "-H",
        "Content-Type: application/json",
    )
    body = json.dumps({"content": "Thanks, the second example fixed my build."})

    def call(path: str, *more: str) -> dict[str, object]:
        return dict(json.loads(project.network.ask(*says, *more, f"http://{at}{path}") or "{}"))

    sent = call("/v1/comments", "-d", body)
    assert sent["status"] == "queued", sent
    until(
        lambda: call(f"/v1/comments/{sent['id']}")["verdict"],
        START_SECONDS,
        lambda: "".join(one.output for one in project.containers.values()),
    )
    assert call(f"/v1/comments/{sent['id']}")["status"] == "approved"
    checked = call("/v1/check", "-d", body)
    assert checked["verdict"]["decided_by"] == "model", checked  # type: ignore[index]


def goes_on(project: Project) -> list[str]:
    """Return the services that do not end by themselves, in the order in which they started."""
    return [name for name in project.containers if name not in ("init", "cluster")]


@pytest.mark.timeout(600)
def test_one_host(project: Made) -> None:
    running = project("docker-compose.yml", {})
    running.up()
    for name in goes_on(running):
        running.wait(name, "service_healthy")
    judged(running, f"{running.containers['web'].address}:8000")
    shell = running.containers["web"].run("./winnow", "user", "list")
    assert "admin" in shell.stdout, shell.stderr
    for name in ("/app/new", "/etc/new", "/new"):
        assert running.containers["worker"].run("touch", name).returncode != 0
    assert running.containers["web"].run("touch", "/data/new").returncode == 0
    started = goes_on(running)
    stopped = {name: running.stop(name) for name in reversed(started)}
    assert stopped == dict.fromkeys(started, 0)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_an_image_brings_the_kernels_that_its_processes_ask_for(project: Made) -> None:
    running = project("docker-compose.yml", {}, is_built=True)
    running.up()
    running.wait("web", "service_healthy")
    judged(running, f"{running.containers['web'].address}:8000")
    for name in ("web", "worker"):
        assert "compiling" not in running.containers[name].output


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_cluster_goes_on_without_a_web_server_and_without_a_primary(project: Made) -> None:
    running = project("deploy/compose-cluster/docker-compose.yml", {"BROKER_PASSWORD": "b" * 64})
    running.up()
    for name in goes_on(running):
        running.wait(name, "service_healthy")
    at = f"{running.containers['balancer'].address}:8000"
    judged(running, at)
    assert "404" in running.network.ask(
        "-o", "/dev/null", "-w", "%{http_code}", f"http://{at}/metrics"
    )
    running.containers["web-1"].end()
    running.containers["store-1"].end()
    until(lambda: "ready" in running.network.ask(f"http://{at}/readyz"), START_SECONDS)
    judged(running, at)
    left = [name for name in goes_on(running) if name not in ("web-1", "store-1")]
    stopped = {name: running.stop(name) for name in reversed(left)}
    assert stopped == dict.fromkeys(left, 0)
