"""A running Winnow that a blog uses, stopped and started again on its folder."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.e2e.running import ROOT, Up, free_port


class Service:
    """`up` on one folder and one port, with the word of its command line and its API."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self._tokens: dict[str, str] = {}
        self.start()

    @property
    def url(self) -> str:
        """Its address, the same after every start."""
        return self._up.url

    @property
    def akismet_key(self) -> str:
        """The key that its first run told."""
        return str(self._up.credentials["akismet_key"])

    def start(self) -> None:
        """Start it; the blog's address is no public one, so the operator must allow it."""
        self._up = Up(self._folder / "var", self._port, WINNOW_OUTBOUND_ALLOW="127.0.0.0/8")

    def ready(self) -> None:
        """Wait until it answers."""
        self._up.ready()

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self._up.send(signal.SIGTERM)
        self._up.process.wait(30)
        self._up.end()

    def end(self) -> None:
        """End it and everything that it started."""
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in self._up.family():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        self._up.end()

    def command(self, *words: str) -> str:
        """Run `winnow …` beside it; return what it prints."""
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "WINNOW_DATA": str(self._up.data),
            "XDG_RUNTIME_DIR": str(self._up.runtimes),
        }
        argv = [sys.executable, "-m", "moderation", *words]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def limit(self, monthly: int) -> None:
        """Give the blog's account so many checks a month; 0: any number."""
        account = self.command("key", "list").split()[0]
        self.command("key", "limit", account, "--monthly", str(monthly))

    @property
    def site(self) -> str:
        """The site that the blog became."""
        (site,) = self._sites()
        return site

    def _sites(self) -> list[str]:
        return re.findall(r"^ak-\w+", self.command("site", "list"), re.MULTILINE)

    def found(self, text: str) -> dict[str, Any]:
        """Return the newest comment of the blog with this text, as the API shows it: a test that is
        tried again has written it before."""
        comment, *_ = self.call("GET", "/v1/comments", params={"q": text}).json()["data"]
        return dict(comment)

    def decide(self, text: str, label: str) -> None:
        """Return a person's word on the comment with this text."""
        path = f"/v1/comments/{self.found(text)['id']}/decision"
        assert self.call("POST", path, json={"label": label}).status_code == 200

    def forget(self) -> None:
        """Withdraw every decision on the blog's comments, so that nothing of them is learned."""
        if not self._sites():
            return
        for comment in self.call("GET", "/v1/comments", params={"limit": 100}).json()["data"]:
            while comment["decision"]:
                path = f"/v1/comments/{comment['id']}/decision/undo"
                comment = self.call("POST", path).json()

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Call the API with a token of the blog's site."""
        site = self.site
        if site not in self._tokens:
            self._tokens[site] = self.command("token", "add", site)
        headers = {"Authorization": f"Bearer {self._tokens[site]}", "If-Match": "*"}
        answer = httpx.request(method, self.url + path, headers=headers, timeout=20, **more)
        assert answer.is_success, answer.text
        return answer
