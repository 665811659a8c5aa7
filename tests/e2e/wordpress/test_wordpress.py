"""An unmodified WordPress with an unmodified Akismet plugin lives with Winnow."""

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.e2e.wordpress.blog import QUEUE, SETTINGS, Blog
from tests.e2e.wordpress.service import Service
from tests.processes import until

# Debian 13: WordPress 6.8 with version 5.5 of the plugin, which listens to word back.
RELEASE = "trixie"

pytestmark = [pytest.mark.timeout(180)]

# None is like another: many of a kind within an hour are a campaign, whatever order the tests have.
HELPFUL = {
    "compost": "Thanks, the part about compost helped me a lot: my tomatoes are fine again.",
    "leaf mould": "We put leaf mould on the roses last autumn, and the bed looks better than ever.",
    "the thaw": "Good advice on the thaw, I had never thought of covering the pots until March.",
    "the ice": "Does the ice hurt strawberries as well? Ours stood under it for days and live.",
    "the frost": "My grandmother said it of the frost: no beans before the middle of May.",
    "nettles": "I made a brew of nettles as you describe. It smells awful and works very well.",
    "slugs": "We keep two ducks for slugs, which is more fun than picking them up at night.",
    "moss": "The moss in our lawn went away when the birch was cut, so it was the shade here too.",
    "rain water": "A barrel of rain water under the shed roof lasts us through a dry June.",
    "clay soil": "On clay soil I would add sand in autumn and dig it over once in spring.",
    "hedgehogs": "A heap of branches in the corner brought hedgehogs here within a single winter.",
    "ladybirds": "The children counted eleven ladybirds on one fennel after we had read this.",
    "earthworms": "How deep do earthworms go in winter? There were none where the apple tree went.",
    "woodlice": "I had taken woodlice for pests until your article; now they may stay there.",
}
PRAISE = "My horoscope reader told me exactly this about {}, you should write to her as well."


@pytest.fixture(autouse=True)
def nothing_learned(blog: Blog, winnow: Service) -> Iterator[None]:
    """No test teaches another one's filter."""
    yield
    winnow.forget()


def test_settings_page_refuses_a_wrong_key_and_accepts_ours(blog: Blog, winnow: Service) -> None:
    blog.forget_key()
    assert "The key you entered is invalid" in blog.enter_key("0123456789ab")
    assert "Akismet is now protecting your site from spam" in blog.enter_key(winnow.akismet_key)
    assert winnow.akismet_key in blog.get(SETTINGS)


def test_settings_page_shows_the_browser_no_frame_of_another_host(blog: Blog) -> None:
    policy = blog.admin.get(SETTINGS).headers["Content-Security-Policy"]
    assert policy == "frame-src 'self'"


def test_ham_waits_or_is_published_as_wordpress_own_rules_say(blog: Blog) -> None:
    visitor = blog.visitor("Hanna Vogel")
    first = visitor.comment(HELPFUL["compost"])
    assert blog.status_of(first) == "moderated"  # nobody approved anything of hers before
    assert "Akismet cleared this comment" in blog.history_of(first)
    blog.press("approve", first)
    assert blog.status_of(visitor.comment(HELPFUL["leaf mould"])) == "approved"


def test_magic_author_goes_to_the_spam_list(blog: Blog) -> None:
    comment = blog.visitor("viagra-test-123").comment("A friendly word about radishes.")
    assert blog.status_of(comment) == "spam"
    assert "Akismet caught this comment as spam" in blog.history_of(comment)


def test_blatant_spam_is_not_even_stored_where_the_editor_chose_that(blog: Blog) -> None:
    blog.choose_to_discard(True)
    try:
        blatant = "CHEAP VIAGRA!!! Buy now at http://pills.example http://casino.example {}"
        assert blog.visitor("Best Pills").comment(blatant.format("best price, click here")) == 0
    finally:
        blog.choose_to_discard(False)


def test_administrator_is_never_spam(blog: Blog) -> None:
    text = "CHEAP VIAGRA!!! Buy now at http://pills.example http://casino.example click here"
    assert blog.status_of(blog.visitor("Cheap Pills").comment(text)) == "spam"
    assert blog.status_of(blog.comment_as_editor(f"{text}!")) == "approved"


def test_what_the_moderator_marks_teaches_the_next_verdict(blog: Blog, winnow: Service) -> None:
    first = blog.visitor("Mia Berg").comment(PRAISE.format("my career"))
    assert blog.status_of(first) == "moderated"
    before = winnow.found("my career")["verdict"]
    assert before["label"] == "ham"

    blog.press("spam", first)
    assert blog.status_of(first) == "spam"
    decision = winnow.found("my career")["decision"]
    assert (decision["label"], decision["via"]) == ("spam", "akismet")

    second = blog.visitor("Lena Horn").comment(PRAISE.format("my marriage"))
    taught = winnow.found("my marriage")["verdict"]
    assert labels_in(taught) > labels_in(before)
    assert taught["score"] > before["score"]
    assert blog.status_of(second) == "spam"

    blog.press("unspam", second)
    assert blog.status_of(second) == "moderated"
    assert winnow.found("my marriage")["decision"]["label"] == "ham"
    blog.visitor("Ida Lund").comment(PRAISE.format("my children"))
    again = winnow.found("my children")["verdict"]
    assert labels_in(again) > labels_in(taught)
    assert again["score"] < taught["score"]


def test_recheck_of_the_queue_finds_what_was_learned_since(blog: Blog) -> None:
    praise = "I trained with coach Morten for {} weeks and sleep well. Ask him for his programme."
    marked = blog.visitor("Anke Roth").comment(praise.format("four"))
    waiting = blog.visitor("Jule Falk").comment(praise.format("seven"))
    assert blog.status_of(waiting) == "moderated"
    blog.press("spam", marked)
    counts = blog.check_for_spam()
    assert counts["spam"] >= 1 and counts["error"] == 0
    assert blog.status_of(waiting) == "spam"
    assert "Akismet re-checked and caught" in blog.history_of(waiting)


def test_comments_of_an_outage_are_judged_by_the_retry(blog: Blog, winnow: Service) -> None:
    known = blog.visitor("Per Holm")
    blog.press("approve", known.comment(HELPFUL["the thaw"]))
    winnow.stop()
    try:
        waits = known.comment(HELPFUL["the ice"])
        assert blog.status_of(waits) == "moderated", "nobody's comment is published unchecked"
        good = blog.visitor("Ove Dahl").comment(HELPFUL["the frost"])
        bad = blog.visitor("akismet-guaranteed-spam").comment("A word about carrots.")
        assert blog.status_of(good) == blog.status_of(bad) == "moderated"
        assert blog.waits_for_a_check(good) and blog.waits_for_a_check(bad)
    finally:
        winnow.start()
        winnow.ready()
    blog.run_scheduled()
    assert blog.status_of(bad) == "spam"
    assert "caught this comment as spam during an automatic retry" in blog.history_of(bad)
    assert blog.status_of(good) == "moderated"
    assert "cleared this comment during an automatic retry" in blog.history_of(good)
    assert not blog.waits_for_a_check(good)
    assert blog.status_of(waits) == "approved", "WordPress' own rules publish it, once checked"
    assert winnow.found("the frost")["verdict"]["status"] == "approved"


def test_a_quota_that_is_used_up_is_shown_to_the_editor_while_it_is(
    blog: Blog, winnow: Service
) -> None:
    restricted = "Your account has been restricted"
    visitor = blog.visitor("Uwe Korn")
    blog.press("approve", visitor.comment(HELPFUL["nettles"]))
    assert restricted not in blog.get(QUEUE) + blog.get(SETTINGS)
    winnow.limit(1)
    try:
        assert blog.status_of(visitor.comment(HELPFUL["slugs"])) == "moderated"
        assert restricted in blog.get(QUEUE)
        assert restricted in blog.get(SETTINGS)
        assert restricted in blog.get(QUEUE), "the answers on the settings page tell it too"
    finally:
        winnow.limit(0)
    assert restricted not in blog.get(QUEUE) + blog.get(SETTINGS)


def test_a_blog_that_the_operator_refuses_is_told_why(blog: Blog, winnow: Service) -> None:
    visitor = blog.visitor("Ina Moos")
    account = winnow.command("key", "list").split()[0]
    winnow.command("key", "deny", account, blog.url)
    try:
        assert blog.status_of(visitor.comment(HELPFUL["moss"])) == "moderated"
        assert "this site may not use the key any more" in blog.get(QUEUE)
    finally:
        winnow.command("key", "allow", account, blog.url)
    assert "may not use the key" not in blog.get(QUEUE)


def test_decision_in_winnow_reaches_the_blog(blog: Blog, winnow: Service) -> None:
    visitor = blog.visitor("Kai Brandt")
    blog.press("approve", visitor.comment(HELPFUL["rain water"]))
    comment = visitor.comment(HELPFUL["clay soil"])
    assert blog.status_of(comment) == "approved"
    winnow.decide("clay soil", "spam")
    comes_to(blog, comment, "spam")
    winnow.decide("clay soil", "ham")
    comes_to(blog, comment, "approved")


def test_decision_reaches_the_blog_after_a_recheck_too(blog: Blog, winnow: Service) -> None:
    comment = blog.visitor("Nora Stein").comment(HELPFUL["hedgehogs"])
    assert blog.check_for_spam()["ham"] >= 1
    assert blog.status_of(comment) == "moderated"
    winnow.decide("hedgehogs", "spam")
    comes_to(blog, comment, "spam")


def test_comment_that_a_person_must_look_at_waits_for_their_word(
    blog: Blog, winnow: Service
) -> None:
    visitor = blog.visitor("Rosa Thal")
    blog.press("approve", visitor.comment(HELPFUL["ladybirds"]))
    winnow.command("site", "set", winnow.site, "hold=0.0001")
    try:
        good = visitor.comment(HELPFUL["earthworms"])
        bad = visitor.comment(HELPFUL["woodlice"])
    finally:
        winnow.command("site", "set", winnow.site, "hold=null")
    assert winnow.found("earthworms")["status"] == "held"
    assert blog.status_of(good) == blog.status_of(bad) == "moderated"
    winnow.decide("earthworms", "ham")
    winnow.decide("woodlice", "spam")
    comes_to(blog, good, "approved")
    comes_to(blog, bad, "spam")


def test_other_plugins_calls_to_akismet_come_here_and_no_others(
    blog: Blog, winnow: Service
) -> None:
    key = winnow.akismet_key
    verify = {"method": "POST", "body": {"key": key, "blog": blog.url}}
    assert blog.other_plugin_calls("https://rest.akismet.com/1.1/verify-key", **verify) == "valid"
    by_address = {**verify, "headers": {"host": "rest.akismet.com"}}
    assert blog.other_plugin_calls("http://192.0.2.1/1.1/verify-key", **by_address) == "valid"
    named = f"https://{key}.REST.akismet.com/1.1/comment-check"
    check = {"blog": blog.url, "user_ip": "203.0.113.7", "is_test": "1", "comment_author": "Ada"}
    assert blog.other_plugin_calls(named, method="POST", body=check) == "false"
    assert blog.other_plugin_calls(named, method="POST", body=urlencode(check)) == "false"
    usage = f"https://{key}.rest.akismet.com/1.2/usage-limit?extended=true"
    assert '"notice_level"' in blog.other_plugin_calls(usage, method="GET")
    for host in ("rest.akismet.com.example", "notrest.akismet.com", "akismet.com"):
        refused = blog.other_plugin_calls(f"https://{host}/1.1/verify-key", **verify)
        assert refused["code"] in ("http_request_not_executed", "http_request_failed"), host


def test_nothing_is_sent_without_an_address_and_the_editor_is_told(
    blog: Blog, folder: Path
) -> None:
    for wrong in ("", "winnow.example.org", "https://user:word@winnow.example.org"):
        unset = Blog(folder / "usr/share/wordpress", blog.socket, wrong)
        try:
            unset.log_in()
            assert "define <code>WINNOW_URL</code>" in unset.get("/wp-admin/")
            answer = unset.other_plugin_calls("https://rest.akismet.com/1.1/test", method="GET")
            assert answer["code"] == "winnow_address"
            comment = unset.visitor(f"Bo Holm {wrong}").comment(f"{HELPFUL['slugs']} {wrong}")
            assert unset.status_of(comment) == "moderated"
        finally:
            unset.end()
    assert "define <code>WINNOW_URL</code>" not in blog.get("/wp-admin/")


def test_visitor_waits_for_one_failure_and_not_for_three(blog: Blog, folder: Path) -> None:
    calls: list[bytes] = []

    class Hangup(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            calls.append(self.request.recv(100))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Hangup) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        failing = f"http://127.0.0.1:{server.server_address[1]}"
        unlucky = Blog(folder / "usr/share/wordpress", blog.socket, failing)
        try:
            unlucky.visitor("Ulf Kern").comment(HELPFUL["nettles"])
        finally:
            unlucky.end()
            server.shutdown()
    assert [call.split()[1] for call in calls] == [b"/1.1/comment-check"]


def comes_to(blog: Blog, comment: int, status: str) -> None:
    """Wait until the blog shows a comment in one of its lists."""
    until(lambda: blog.status_of(comment) == status, 30, lambda: blog.history_of(comment))


def labels_in(verdict: dict[str, str]) -> int:
    """Return how many entries of the site's label log a verdict's model had learned."""
    return int(verdict["model"].partition("+")[2].partition(".")[0] or 0)
