"""An older WordPress, whose Akismet plugin knows neither word back nor guids, lives with Winnow."""

import pytest

from tests.e2e.wordpress.blog import QUEUE, SETTINGS, Blog
from tests.e2e.wordpress.service import Service

# Debian 12: WordPress 6.1 with version 5.0.2 of the plugin.
RELEASE = "bookworm"

pytestmark = [pytest.mark.timeout(180)]


def test_comments_are_judged_and_what_the_moderator_marks_is_learned(
    blog: Blog, winnow: Service
) -> None:
    blog.forget_key()
    assert "Akismet is now protecting your site from spam" in blog.enter_key(winnow.akismet_key)
    offer = "My horoscope reader told me exactly this about {}, you should write to her as well."
    first = blog.visitor("Mia Berg").comment(offer.format("my career"))
    waiting = blog.visitor("Lena Horn").comment(offer.format("my marriage"))
    magic = blog.visitor("viagra-test-123").comment("A friendly word about radishes.")
    assert blog.status_of(first) == blog.status_of(waiting) == "moderated"
    assert blog.status_of(magic) == "spam"
    assert "Akismet cleared this comment" in blog.history_of(first)

    blog.press("spam", first)
    decision = winnow.found("my career")["decision"]
    assert (decision["label"], decision["via"]) == ("spam", "akismet")
    assert blog.check_for_spam()["spam"] == 1
    assert blog.status_of(waiting) == "spam"
    blog.press("unspam", waiting)
    assert winnow.found("my marriage")["decision"]["label"] == "ham"


def test_a_quota_that_is_used_up_is_shown_to_the_editor_while_it_is(
    blog: Blog, winnow: Service
) -> None:
    restricted = "Your account has been restricted"
    blog.visitor("Uwe Korn").comment("Thanks, the part about nettles helped me a lot.")
    winnow.limit(1)
    comment = blog.visitor("Ute Korn").comment("Thanks, the part about slugs helped me a lot.")
    assert blog.status_of(comment) == "moderated"
    assert restricted in blog.get(QUEUE)
    assert restricted in blog.get(SETTINGS)
    winnow.limit(0)
    assert restricted not in blog.get(QUEUE) + blog.get(SETTINGS)
