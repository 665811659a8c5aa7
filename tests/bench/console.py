"""The console over a store with many comments: its screens, searches, keys, and memory in use."""

from __future__ import annotations

import itertools
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import psutil
from flask import Flask

from moderation.console import SCREENS, screens
from tests.bench.seeded import QUESTIONS
from tests.e2e.running import Up
from tests.processes import until

SITE = "demo"
TIMES = 20
KEYS = 60
MINUTES = 5
Show = Callable[..., None]
Progress = Callable[[str], None]

_OBSERVE = """
() => {
  window.taken = [];
  let pressed = 0;
  const id = () => document.querySelector("article.item")?.dataset.id;
  let last = id();
  addEventListener("keydown", () => { pressed = performance.now(); }, true);
  new MutationObserver(() => {
    if (id() && id() !== last && pressed) {
      const from = pressed;
      last = id();
      pressed = 0;
      requestAnimationFrame(() => window.taken.push(performance.now() - from));
    }
  }).observe(document.body, { childList: true, subtree: true, attributes: true });
}
"""


def p95(times: list[float]) -> float:
    """Return the 95th percentile of some times."""
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]


def measure(up: Up, show: Show, progress: Progress, comments: int) -> None:
    """Fill the demo site, wait for its index, and measure all of it."""
    seeded(up, progress, comments)
    with closing(log_in(up)) as client:
        ids = some_ids(client)
        of_screens(up, client, ids, show, progress, comments)
        of_searches(up, client, show, progress, comments)
        of_keys(up, show, progress, comments)
        of_memory(up, client, ids, show, progress)


def seeded(up: Up, progress: Progress, comments: int) -> None:
    """Have as many comments as are asked for, all of them in the index."""
    progress(f"console: filling up to {comments:,} comments")
    environment = {**os.environ, "WINNOW_DATA": str(up.data)}
    command = [sys.executable, "-m", "moderation"]
    filled = [*command, "seed", str(comments), "--site", SITE, "--yes"]
    subprocess.run(filled, env=environment, check=True, stdout=subprocess.DEVNULL)
    status = [*command, "search", "status"]

    def is_fresh() -> bool:
        return not subprocess.run(status, env=environment, stdout=subprocess.DEVNULL).returncode

    until(is_fresh, 3600, lambda: up.output)


def log_in(up: Up) -> httpx.Client:
    """Return a browser of the administrator."""
    client = httpx.Client(base_url=up.url, timeout=30)
    page = client.get("/console/login").text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    known = up.credentials["console"]
    fields = {"name": known["user"], "password": known["password"], "csrf_token": found.group(1)}
    assert client.post("/console/login", data=fields).status_code == 303
    return client


def some_ids(client: httpx.Client) -> list[str]:
    """Return ids of comments of each status."""
    found: list[str] = []
    for path in ("/console/queue", "/console/queue?status=approved", "/console/spam"):
        found += re.findall(r'data-id="(\w{26})"', client.get(path).text)[:10]
    assert found
    return found


def paths(ids: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Return the addresses to ask of each screen that is read, by its rule, and the rules whose
    parts are not known here."""
    assert SCREENS
    app = Flask("bench", static_folder=None)
    app.register_blueprint(screens.blueprint)
    known, unknown = {}, []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or "static" in rule.endpoint:
            continue
        parts = {"site": [SITE], "comment_id": ids}
        if not rule.arguments <= set(parts):
            unknown.append(rule.rule)
            continue
        names = sorted(rule.arguments)
        known[rule.rule] = [
            _filled(rule.rule, dict(zip(names, one, strict=True)))
            for one in itertools.product(*(parts[name] for name in names))
        ]
    return known, unknown


def _filled(rule: str, values: dict[str, str]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: values[part[1]], rule)


FILTERS = {
    "/console/queue": (
        "", "?status=approved", "?escalated=1", "?band=unsure&band=likely+spam", "?reason=link",
        "?author=ba*", "?status=approved&q=photograph&days=30",
    ),
    "/console/spam": ("", "?q=casino", "?days=7"),
}  # fmt: skip


def spent(up: Up) -> float:
    """Return the processor time that web and store have used so far, in seconds: on a machine that
    others use too it says more than the clock."""
    web = up.part("web")
    # A child of the store rewrites its append-only file: no request's work.
    times = [p.cpu_times() for p in (web, *web.children(recursive=True), up.part("store"))]
    return sum(t.user + t.system for t in times)


def of_screens(
    up: Up, client: httpx.Client, ids: list[str], show: Show, progress: Progress, comments: int
) -> None:
    """Show the slowest screen's 95th percentile, and that of each."""
    progress("console_p95_ms")
    known, unknown = paths(ids)
    found, first, cpu, failed = {}, {}, {}, {}
    for rule, filled in known.items():
        asked = [path + query for path in filled for query in FILTERS.get(rule, ("",))]
        # The first time a process shows a screen it compiles templates and makes a learner ready:
        # told apart, for of twenty times the 95th percentile is the slowest. One connection stays
        # with one process.
        began = time.perf_counter()
        client.get(asked[0])
        first[rule] = round(1000 * (time.perf_counter() - began), 1)
        times, before = [], spent(up)
        for path in itertools.islice(itertools.cycle(asked), max(TIMES, 3 * len(asked))):
            began = time.perf_counter()
            answer = client.get(path)
            times.append(1000 * (time.perf_counter() - began))
            if answer.status_code >= 400:
                failed[rule] = answer.status_code
        found[rule] = round(p95(times), 1)
        cpu[rule] = round(1000 * (spent(up) - before) / len(times), 1)
    show("console_p95_ms", max(found.values()), "ms", budget=100, comments=comments,
         screens=found, first_ms=first, cpu_ms=cpu, left_out=unknown, failed=failed)  # fmt: skip


def of_searches(
    up: Up, client: httpx.Client, show: Show, progress: Progress, comments: int
) -> None:
    """Show the 95th percentile of searches, by words of several scripts and by fields."""
    progress("search_p95_ms")
    times, found, before = [], 0, spent(up)
    for question in QUESTIONS * 5:
        began = time.perf_counter()
        page = client.get("/console/search", params={"q": question})
        times.append(1000 * (time.perf_counter() - began))
        assert page.status_code == 200 and "off or behind" not in page.text, question
        found += page.text.count("data-id=")
    show("search_p95_ms", p95(times), "ms", budget=300, comments=comments,
         median_ms=round(statistics.median(times), 1), searches=len(times),
         cpu_ms=round(1000 * (spent(up) - before) / len(times), 1), found=found)  # fmt: skip


def of_keys(up: Up, show: Show, progress: Progress, comments: int) -> None:
    """Show the 95th percentile from pressing a key to the frame with the next comment."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        progress("chromium is missing: keys are not measured (Debian: apt-get install chromium)")
        return
    progress("key_press_p95_ms")
    known, chance = up.credentials["console"], random.Random(3)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{up.url}/console/review")
        page.get_by_label("User name").fill(known["user"])
        page.get_by_label("Password").fill(known["password"])
        page.get_by_role("button", name="Log in").click()
        page.wait_for_selector("article.item")
        page.evaluate(_OBSERVE)
        for number in range(KEYS):
            page.keyboard.press(chance.choice("as"))
            until(lambda n=number: page.evaluate("window.taken.length") > n, 30)
            page.wait_for_timeout(300)  # As fast as somebody reads whom the next comment waits for.
        times = page.evaluate("window.taken")
        browser.close()
    show("key_press_p95_ms", p95(times), "ms", budget=150, comments=comments,
         median_ms=round(statistics.median(times), 1), presses=len(times))  # fmt: skip


def of_memory(up: Up, client: httpx.Client, ids: list[str], show: Show, progress: Progress) -> None:
    """Show the web processes' memory after five minutes of use over that after one."""
    progress(f"web_memory_ratio: {MINUTES} minutes of use")
    use, began, sizes = _use(ids), time.monotonic(), []
    for minute in range(1, MINUTES + 1):
        while time.monotonic() < began + 60 * minute:
            client.get(next(use))
        sizes.append(anonymous_mib(up.part("web")))
    show("web_memory_ratio", sizes[-1] / sizes[0], "", budget=1.05,
         mib=[round(size, 1) for size in sizes])  # fmt: skip


def _use(ids: list[str]) -> Iterator[str]:
    chance, known = random.Random(4), paths(ids)[0]
    rules = sorted(known)
    while True:
        yield chance.choice(known[chance.choice(rules)])
        yield f"/console/search?q={chance.choice(QUESTIONS)}"


def anonymous_mib(process: psutil.Process) -> float:
    """Return the memory that a process and its children have for themselves: pages of files, such
    as those of the index, are the system's to take back."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        rollup = Path(f"/proc/{one.pid}/smaps_rollup").read_text()
        total += int(re.search(r"^Anonymous:\s+(\d+) kB", rollup, re.M)[1])  # type: ignore[index]
    return total / 1024
