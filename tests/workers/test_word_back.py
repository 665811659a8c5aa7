"""A real worker tells a real web server what a person decided."""

from __future__ import annotations

import threading
from urllib.parse import parse_qs

import msgspec
import pytest

from moderation.cli import services
from moderation.domain.akismet import Check, normalise_blog
from moderation.domain.comments import Author, Submission
from moderation.flow.akismet import accounts
from moderation.flow.akismet.checking import check_comment
from moderation.flow.akismet.keys import authorise_blog
from moderation.flow.akismet.word_back import TELLERS
from moderation.flow.comments.reading import Filter, list_comments
from moderation.flow.comments.submitting import submit
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.lookup import find
from moderation.flow.outbound.request import READ_SECONDS
from moderation.flow.runtime import Runtime
from moderation.settings import Settings
from tests.processes import Running, until
from tests.webserver import Site

pytestmark = pytest.mark.usefixtures("kernels")


def test_sites_that_do_not_listen_keep_no_verdict_waiting(
    settings: Settings, runtime: Runtime, blog: Site
) -> None:
    _, key = accounts.create_account(runtime.store, runtime.secret, "test")
    address = f"http://127.0.0.1:{blog.port}"
    grant = authorise_blog(runtime, key, normalise_blog(address))
    for n in range(12):
        asked = Submission(content=f"Is there a manual, part {n}?", author=Author(name="Ada"))
        check_comment(runtime, grant, Check(submission=asked, callback=f"{address}/hook"))
    over = threading.Event()
    blog.body = lambda sent: over.wait(60) and b""
    env = services.environment(settings)
    env |= {"WINNOW_OUTBOUND_ALLOW": "127.0.0.1", "WINNOW_WORKERS": "1"}
    one = msgspec.structs.replace(settings, workers=1)
    worker = Running(services.worker(one), env)
    try:
        worker.says("ready.", 60)
        for comment in list_comments(runtime, grant.site, Filter(), "", 20).comments:
            decide(runtime, grant.site, comment.id, "spam", Word("ann", "console"), None)
        until(lambda: len(blog.heard) == TELLERS, 60, lambda: worker.output)
        (waiting,) = submit(runtime, grant, [Submission(content="Which port does it use?")])
        scored = lambda: find(runtime, grant.site, waiting.id).verdict is not None  # noqa: E731
        until(scored, READ_SECONDS, lambda: worker.output)
    finally:
        over.set()
        worker.end()


def test_a_decision_reaches_the_site_that_asked(
    settings: Settings, runtime: Runtime, blog: Site
) -> None:
    _, key = accounts.create_account(runtime.store, runtime.secret, "test")
    address = f"http://127.0.0.1:{blog.port}"
    grant = authorise_blog(runtime, key, normalise_blog(address))
    asked = Submission(content="Is there a manual?", author=Author(name="Ada"))
    answer = check_comment(runtime, grant, Check(submission=asked, callback=f"{address}/hook"))
    (comment,) = list_comments(runtime, grant.site, Filter(), "", 10).comments
    env = services.environment(settings) | {"WINNOW_OUTBOUND_ALLOW": "127.0.0.1"}
    worker = Running(services.worker(settings), env)
    try:
        worker.says("ready.", 60)
        decide(runtime, grant.site, comment.id, "spam", Word("ann", "console"), None)
        until(lambda: blog.heard, 60, lambda: worker.output)
        form = parse_qs(blog.heard[0][2].decode())
        assert form["comments[0][guid]"] == [answer.guid]
        assert form["comments[0][result]"] == ["true"]
        assert key not in worker.output
    finally:
        worker.end()
