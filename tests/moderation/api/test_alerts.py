"""Metrics worth an alert, and the rules that the docs give: each names what is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

import moderation
from moderation.flow import heartbeat
from moderation.flow.runtime import Runtime
from moderation.flow.sites import watching
from moderation.store import Store, processes
from tests.moderation.api.conftest import Caller
from tests.processes import until

ROOT = Path(__file__).parents[3]
DASHBOARD = ROOT / "deploy" / "grafana" / "winnow.json"
RULES = ROOT / "deploy" / "prometheus" / "winnow.rules.yml"
_SAMPLE = re.compile(r"^(\w+(?:\{[^}]*\})?) ([-+.\de]+)$", re.MULTILINE)


def scrape(anyone: Caller) -> dict[str, float]:
    return {name: float(value) for name, value in _SAMPLE.findall(anyone.get("/metrics").text)}


def test_processes_that_run_are_seen_and_their_starts_counted(
    anyone: Caller, runtime: Runtime
) -> None:
    before = scrape(anyone)
    assert before['winnow_processes{kind="worker"}'] == 0
    with heartbeat.telling(runtime.store, "worker"):
        until(lambda: scrape(anyone)['winnow_processes{kind="worker"}'] == 1, 30)
    found = scrape(anyone)
    assert found['winnow_processes{kind="worker"}'] == 0
    assert found['winnow_processes_silent{kind="worker"}'] == 0
    until(lambda: scrape(anyone)['winnow_process_starts_total{kind="worker"}'] == 1, 30)
    assert found['winnow_processes{kind="beat"}'] == 0


def test_a_process_that_was_killed_is_silent(anyone: Caller, runtime: Runtime) -> None:
    known = processes.Process("worker", "elsewhere", 7, "1", 1)
    old = watching.now_ms() - 40_000
    processes.beat(runtime.store, known, old)
    found = scrape(anyone)
    assert found['winnow_processes{kind="worker"}'] == 0
    assert found['winnow_processes_silent{kind="worker"}'] == 1


def test_the_store_the_version_and_the_model_are_named(anyone: Caller, runtime: Runtime) -> None:
    found = scrape(anyone)
    assert found["winnow_store_bytes"] > 100_000
    assert found["winnow_store_persisted"] == 1
    assert "winnow_store_limit_bytes" in found
    assert "winnow_store_append_only" in found
    name = runtime.shipped.name
    assert found[f'winnow_info{{model="{name}",version="{moderation.__version__}"}}'] == 1


def test_answers_by_fail_mode_are_counted_while_the_store_is_down(
    api: Caller, anyone: Caller, runtime: Runtime
) -> None:
    name = 'winnow_fail_mode_answers_total{reason="store_unreachable"}'
    before = scrape(anyone).get(name, 0)
    assert api.post("/v1/check", {"content": "Hello"}).json["recorded"]
    runtime.store = Store.connect("unix:///nowhere.sock")
    assert not api.post("/v1/check", {"content": "Hello"}).json["recorded"]
    found = scrape(anyone)
    assert found[name] == before + 1
    assert found["winnow_store_up"] == 0
    assert found[f'winnow_info{{model="",version="{moderation.__version__}"}}'] == 1


def metrics(anyone: Caller) -> set[str]:
    """Return the names by which Prometheus can be asked."""
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", anyone.get("/metrics").text, re.MULTILINE))
    known = {name for name, kind in types.items() if kind in ("gauge", "counter")}
    return known | {
        f"{name}{end}"
        for name, kind in types.items()
        if kind == "histogram"
        for end in ("_bucket", "_count", "_sum")
    }


def test_every_panel_of_the_dashboard_asks_for_metrics_that_are_there(
    api: Caller, anyone: Caller
) -> None:
    api.post("/v1/check", {"content": "Hello"})
    known = metrics(anyone)
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) >= 15
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        for target in panel["targets"]:
            asked = set(re.findall(r"winnow_\w+", target["expr"]))
            assert asked and asked <= known, (panel["title"], asked - known)
            assert target["expr"].count("(") == target["expr"].count(")")
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_every_rule_asks_for_metrics_that_are_there_and_says_what_to_do(
    api: Caller, anyone: Caller, runtime: Runtime
) -> None:
    api.post("/v1/check", {"content": "Hello"})
    known = metrics(anyone)
    found = yaml.safe_load(RULES.read_text())
    rules = [rule for group in found["groups"] for rule in group["rules"]]
    assert len(rules) >= 10
    page = (ROOT / "docs" / "alerts.md").read_text()
    for rule in rules:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        asked = set(re.findall(r"winnow_\w+", rule["expr"]))
        assert asked and asked <= known, (rule["alert"], asked - known)
        assert rule["expr"].count("(") == rule["expr"].count(")")
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert f"`{rule['alert']}`" in page, "what it means and what to do stands in the docs"
    assert set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE)) == {r["alert"] for r in rules}
