"""Two machines, one store, one broker, no disk in common: whatever is begun on one goes on on the
other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import histories
from tests.conftest import Server
from tests.e2e.hosts import Host
from tests.processes import until
from tests.rabbit import Rabbit

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(600)]

EMAIL = "ada@mail.example"
SPAM = "Cheap pills without prescription, order now at http://pills.example/buy"
HAM = "Thanks, the second example fixed my build."


class Two:
    """Machine `a` serves the web alone; `b` serves it too, and has the worker and beat."""

    def __init__(self, folder: Path, redis_url: str, broker_url: str) -> None:
        self.a, self.b = (Host(folder / name, redis_url, broker_url) for name in "ab")
        self.a.run("init")
        told = self.a.credentials()
        self.a.start("web")
        self.b.start("web", "worker", "beat")
        for host in (self.a, self.b):
            host.wait()
        self.console = told["console"]
        self.on_a, self.on_b = (host.client(told["api_token"]) for host in (self.a, self.b))
        self.admin_a, self.admin_b = (host.client(told["admin_token"]) for host in (self.a, self.b))

    def said(self) -> str:
        return self.a.said() + self.b.said()

    def end(self) -> None:
        for client in (self.on_a, self.on_b, self.admin_a, self.admin_b):
            client.close()
        self.a.end()
        self.b.end()

    def over(self, client: httpx.Client, job: str, seconds: float = 90.0) -> dict[str, Any]:
        """Wait for the end of a job, which must succeed."""
        found: dict[str, Any] = {}

        def is_over() -> bool:
            found.update(client.get(f"/v1/jobs/{job}").json())
            return found["state"] not in ("queued", "running")

        until(is_over, seconds, lambda: f"{found} {self.said()}")
        assert found["state"] == "succeeded", (found, self.said())
        return found

    def judged(self, client: httpx.Client, comment: str) -> dict[str, Any]:
        """Wait for the verdict of a comment."""
        found: dict[str, Any] = {}

        def has_verdict() -> bool:
            found.update(client.get(f"/v1/comments/{comment}").json())
            return found["verdict"] is not None

        until(has_verdict, 60, self.said)
        return found


@pytest.fixture(params=["store", pytest.param("rabbit", marks=pytest.mark.slow)])
def two(request: pytest.FixtureRequest, valkey: Server, tmp_path: Path) -> Iterator[Two]:
    """Return two machines; the broker is on the store's server, or RabbitMQ."""
    rabbit = None
    if request.param == "rabbit":
        (tmp_path / "rabbit").mkdir()
        rabbit = Rabbit(tmp_path / "rabbit")
    made = None
    try:
        made = Two(tmp_path, valkey.url, rabbit.url if rabbit else valkey.broker_url)
        yield made
    finally:
        if made:
            made.end()
        if rabbit:
            rabbit.end()


def post(client: httpx.Client, path: str, body: Any = None, **headers: str) -> Any:
    answer = client.post(
        path, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    assert answer.is_success, answer.text
    return answer.json()


def goes_by_the_api(two: Two) -> None:
    text = {"content": HAM, "external_id": "one", "author": {"email": EMAIL, "name": "Ada"}}
    made = post(two.on_a, "/v1/comments", text, Idempotency_Key="k-1")
    assert post(two.on_b, "/v1/comments", text, Idempotency_Key="k-1")["id"] == made["id"]
    assert two.judged(two.on_b, made["id"])["status"] == "approved"
    checked = post(two.on_a, "/v1/check", {"content": SPAM})
    decided = post(
        two.on_b, f"/v1/comments/{checked['id']}/decision", {"label": "spam"}, If_Match="*"
    )
    assert decided["decision"]["label"] == "spam"
    models = [
        post(c, "/v1/check", {"content": HAM})["verdict"]["model"] for c in (two.on_a, two.on_b)
    ]
    assert models[0] == models[1] != checked["verdict"]["model"]
    first = two.on_a.get("/v1/comments", params={"limit": 1}).json()
    path = first["next"].replace(two.a.url, "")
    later = two.on_b.get(path).json()["data"]
    assert later and later[0]["id"] != first["data"][0]["id"], "the cursor is good there as well"
    for client in (two.on_a, two.on_b):
        found = client.get("/v1/comments", params={"q": "prescription"}).json()["data"]
        assert [one["id"] for one in found] == [checked["id"]]


def goes_by_the_console(two: Two) -> None:
    with httpx.Client(timeout=30) as browser:

        def token(host: Host) -> str:
            page = browser.get(f"{host.url}/console/account", follow_redirects=True).text
            found = re.search(r'name="csrf-token" content="([^"]+)"', page)
            assert found, page
            return found.group(1)

        form = {"name": two.console["user"], "password": two.console["password"]}
        answer = browser.post(
            f"{two.a.url}/console/login", data=form | {"csrf_token": token(two.a)}
        )
        assert answer.status_code == 303 or answer.status_code == 302, answer.text
        page = browser.get(f"{two.b.url}/console/health")
        assert page.status_code == 200 and "worker" in page.text
        comment = post(two.on_a, "/v1/check", {"content": "Is there a version for my camera?"})
        answer = browser.post(
            f"{two.b.url}/console/comments/demo/{comment['id']}/decision",
            data={"label": "ham", "etag": comment["etag"], "csrf_token": token(two.a)},
        )
        assert answer.status_code in (200, 302, 303), answer.text
        assert two.on_a.get(f"/v1/comments/{comment['id']}").json()["decision"]["label"] == "ham"
        answer = browser.post(f"{two.b.url}/console/logout", data={"csrf_token": token(two.b)})
        assert browser.get(f"{two.a.url}/console/health").status_code in (302, 303)


def imports_where_the_file_is(two: Two, file: Path) -> None:
    job = two.on_a.post(
        "/v1/imports",
        content=histories.write("disqus", file, 40).read_bytes(),
        headers={"Content-Type": "application/octet-stream"},
    ).json()
    found = two.over(two.on_b, job["id"])
    assert found["result"]["imported"] > 0, found
    assert not list((two.b.folder / "var").glob("imports/sent-*"))


def erases_everywhere(two: Two) -> None:
    held = post(two.admin_a, "/v1/people/search", {"email": EMAIL})["data"]
    assert held
    job = post(two.admin_a, "/v1/erasures", {"email": EMAIL})
    two.over(two.admin_b, job["id"])
    for client in (two.admin_a, two.admin_b):
        assert post(client, "/v1/people/search", {"email": EMAIL})["data"] == []


def counts_by_machine(two: Two) -> None:
    before = [host.metric("winnow_request_seconds_count") for host in (two.a, two.b)]
    for _ in range(7):
        post(two.on_a, "/v1/check", {"content": HAM})
    after = [host.metric("winnow_request_seconds_count") for host in (two.a, two.b)]
    assert after[0] - before[0] >= 7 > after[1] - before[1]
    told = two.b.run("doctor")
    assert "WRONG" not in told
    processes = re.search(r"processes: .*: (.*) of ", told)
    assert processes
    assert {"2 web", "1 worker", "1 beat"} <= set(processes[1].split(", "))


def test_whatever_is_begun_on_one_machine_goes_on_on_the_other(two: Two, tmp_path: Path) -> None:
    goes_by_the_api(two)
    goes_by_the_console(two)
    imports_where_the_file_is(two, tmp_path / "history.xml")
    erases_everywhere(two)
    counts_by_machine(two)


@pytest.mark.slow
def test_a_model_trained_by_one_machine_is_promoted_on_another(two: Two) -> None:
    rows = [
        {"content": f"{(HAM, SPAM)[n % 2]} {n}", "label": ("ham", "spam")[n % 2]}
        for n in range(200)
    ]
    post(two.on_a, "/v1/labels", rows)
    job = post(two.admin_a, "/v1/models")
    name = two.over(two.admin_b, job["id"], 400)["result"]["name"]
    post(two.admin_a, f"/v1/models/{name}/promote", {"override": True, "reason": "a test"})
    for client in (two.on_b, two.on_a):
        assert post(client, "/v1/check", {"content": HAM})["verdict"]["model"].startswith(name)
