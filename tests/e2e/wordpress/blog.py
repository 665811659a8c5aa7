"""A WordPress under PHP's own server, used as its people use it: by its pages alone."""

import html
import itertools
import os
import re
import shutil
import time
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from tests.e2e.running import ROOT, free_port
from tests.processes import Running

HERE = Path(__file__).parent
ADMIN, PASSWORD = "editor", "only for this test, 7 words"
SETTINGS = "/wp-admin/options-general.php?page=akismet-key-config"
QUEUE = "/wp-admin/edit-comments.php"


class Blog(Running):
    """A running WordPress with our must-use plugin; `admin` is the browser of its editor."""

    def __init__(self, root: Path, socket: Path, winnow: str) -> None:
        self.socket, port = socket, free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._visitors = itertools.count(2)
        for plugin in (ROOT / "deploy/wordpress/winnow.php", HERE / "for_tests.php"):
            folder = root / "wp-content/mu-plugins"
            folder.mkdir(exist_ok=True)
            shutil.copy(plugin, folder)
        shutil.copy(HERE / "wp-config.php", root)
        own = {
            "PHP_CLI_SERVER_WORKERS": "4",
            "WORDPRESS_SOCKET": str(socket),
            "WORDPRESS_URL": self.url,
            "WINNOW_URL": winnow,
        }
        settings = ["display_errors=0", "log_errors=1", "sendmail_path=/bin/true"]
        words = [word for each in settings for word in ("-d", each)]
        address = f"127.0.0.1:{port}"
        super().__init__(["php", *words, "-S", address, "-t", str(root)], {**os.environ, **own})
        self.says("Development Server", 20)
        self.admin = httpx.Client(base_url=self.url, timeout=60, follow_redirects=True)

    def end(self) -> None:
        """End it and the editor's connections."""
        self.admin.close()
        super().end()

    # --- what its editor does

    def install(self) -> Self:
        """Fill in the install page, log in, activate the Akismet plugin."""
        page = "/wp-admin/install.php?step=2"
        fields = {"weblog_title": "A blog", "user_name": ADMIN, "admin_email": "ed@example.org"}
        words = {"admin_password": PASSWORD, "admin_password2": PASSWORD, "pw_weak": "1"}
        assert "Success!" in self.post(page, {**fields, **words, "blog_public": "0"})
        self.log_in()
        self.follow("/wp-admin/plugins.php", r"plugins\.php\?action=activate[^\"']*akismet[^\"']*")
        return self

    def log_in(self) -> None:
        """Log in as the editor."""
        self.get("/wp-login.php")
        login = {"log": ADMIN, "pwd": PASSWORD, "testcookie": "1", "wp-submit": "Log In"}
        assert "Dashboard" in self.post("/wp-login.php", login)

    def other_plugin_calls(self, url: str, **args: Any) -> Any:
        """Return the body that another plugin gets for a request; an object if it was an error."""
        asked = {"url": url, "args": args}
        return self.admin.post("/?rest_route=/tests/call", json=asked).json()

    def get(self, path: str) -> str:
        """Return a page as the editor sees it."""
        answer = self.admin.get(path)
        assert answer.status_code == 200, (path, answer.status_code, self.output)
        return answer.text

    def follow(self, path: str, link: str) -> str:
        """Return the page behind the first link on a page that matches an expression."""
        found = re.search(link, html.unescape(self.get(path)))
        assert found, (path, link)
        return self.get(urljoin(path, found[0]))

    def post(self, path: str, fields: dict[str, str]) -> str:
        """Return the page after the editor sent a form."""
        answer = self.admin.post(path, data=fields)
        assert answer.status_code == 200, (path, answer.status_code, self.output)
        return answer.text

    def enter_key(self, key: str) -> str:
        """Type a key into the Akismet plugin's page; return the page that follows."""
        page = self.get(f"{SETTINGS}&view=start")
        fields = {"_wpnonce": _hidden(page, "_wpnonce"), "action": "enter-key", "key": key}
        return self.post(SETTINGS, fields)

    def forget_key(self) -> None:
        """Disconnect by the link on the Akismet plugin's page."""
        self.follow(SETTINGS, r"[^\"']*action=delete-key[^\"']*")

    def choose_to_discard(self, discard: bool) -> None:
        """Choose on the Akismet plugin's page what becomes of blatant spam."""
        page = self.get(SETTINGS)
        fields = {"_wpnonce": _hidden(page, "_wpnonce"), "action": "enter-key"}
        strictness = {"akismet_strictness": str(int(discard)), "key": _hidden(page, "key")}
        chosen = self.post(SETTINGS, {**fields, **strictness})
        assert re.search(
            rf'name="akismet_strictness"[^>]* value="{int(discard)}"\s+checked', chosen
        )

    def comment_as_editor(self, text: str) -> int:
        """Fill in the comment form while logged in; return the comment's number."""
        hidden = _comment_form(self.get("/?p=1"))
        sent = self.admin.post("/wp-comments-post.php", data={**hidden, "comment": text})
        return comment_in(str(sent.history[0].headers["Location"]))

    def press(self, button: str, comment: int) -> None:
        """Press `spam`, `unspam` or `approve` below a comment in the editor's list."""
        queue = f"{QUEUE}?comment_status={'spam' if button == 'unspam' else 'all'}"
        the_comment = rf"(?=[^\"']*\bc={comment}&)"
        self.follow(queue, rf"comment\.php\?{the_comment}[^\"']*\baction={button}comment&[^\"']*")

    def check_for_spam(self) -> dict[str, int]:
        """Press "Check for Spam" above the list; return what it counted."""
        page = self.get(f"{QUEUE}?comment_status=moderated")
        nonce = re.search(r'data-nonce="(\w+)"', page)
        assert nonce, page
        action = {"action": "akismet_recheck_queue", "nonce": nonce[1], "offset": "0"}
        answer = self.admin.post("/wp-admin/admin-ajax.php", data={**action, "limit": "100"})
        return dict(answer.json()["counts"])

    def run_scheduled(self) -> None:
        """Do what is due, as a machine's cron would have WordPress do."""
        assert httpx.get(f"{self.url}/wp-cron.php", timeout=60).status_code == 200

    def status_of(self, comment: int) -> Any:
        """Return the list that a comment stands in: approved, moderated or spam."""
        for name in ("moderated", "approved", "spam"):
            if f"id='comment-{comment}'" in self.get(f"{QUEUE}?comment_status={name}"):
                return name
        return None

    def waits_for_a_check(self, comment: int) -> bool:
        """Say whether the list says so of a comment that could not be checked."""
        page = self.get(f"{QUEUE}?comment_status=moderated")
        row = page.partition(f"<tr id='comment-{comment}'")[2].partition("</tr>")[0]
        return "Awaiting spam check" in row

    def history_of(self, comment: int) -> str:
        """Return what the Akismet plugin notes on a comment's page, oldest last."""
        page = self.get(f"/wp-admin/comment.php?action=editcomment&c={comment}")
        box = page.partition("Comment History</h2>")[2].partition('class="inside">')[2]
        return html.unescape(re.sub(r"<[^>]*>", "", box.partition("</div>")[0]))

    # --- what its visitors do

    def visitor(self, name: str) -> "Visitor":
        """Return somebody with an address of their own."""
        return Visitor(self.url, name, f"127.0.1.{next(self._visitors)}")


class Visitor:
    """Somebody who reads the first post and comments on it."""

    def __init__(self, blog: str, name: str, address: str) -> None:
        self._blog, self._name, self._address = blog, name, address

    def comment(self, text: str) -> int:
        """Fill in the comment form as a browser does; return the comment's number, 0 for none."""
        transport = httpx.HTTPTransport(local_address=self._address)
        with httpx.Client(base_url=self._blog, transport=transport, timeout=60) as browser:
            hidden = _comment_form(browser.get("/?p=1", follow_redirects=True).text)
            given = {"author": self._name, "email": f"{_slug(self._name)}@example.net"}
            sent = browser.post(
                "/wp-comments-post.php",
                data={**hidden, **given, "url": "", "comment": text},
                headers={"Referer": f"{self._blog}/?p=1"},
            )
        assert sent.status_code == 302, (sent.status_code, sent.text, hidden)
        return comment_in(sent.headers["Location"])


def comment_in(location: str) -> int:
    """Return the comment that an address points at, 0 for none."""
    parts = urlsplit(location)
    named = parts.fragment.partition("comment-")[2] or parse_qs(parts.query).get("c", [""])[0]
    return int(named or 0)


def _comment_form(page: str) -> dict[str, str]:
    """Return what a browser sends with the comment form of a post besides what somebody typed."""
    form = page[page.index('id="commentform"') :].partition("</form>")[0]
    hidden = dict(re.findall(r"""type=.hidden.[^>]* name=.(\w+). value=['"]([^'"]*)""", form))
    return hidden | {"ak_js": str(time.time_ns() // 1_000_000), "ak_hp_textarea": ""}


def _slug(name: str) -> str:
    return re.sub(r"\W+", ".", name.lower())


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    assert found, (name, page)
    return html.unescape(found[1])
