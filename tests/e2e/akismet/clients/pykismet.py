"""PyPI `pykismet3`: calls http://KEY.rest.akismet.com; it knows neither verify nor discard."""

import json
import os

from pykismet3 import Akismet, AkismetServerError

key, blog = os.environ["KEY"], os.environ["BLOG"]
ham, blatant = os.environ["HAM"], os.environ["BLATANT"]
client, stranger = Akismet(key, blog, "test/1"), Akismet(key[::-1], blog, "test/1")


def call(method, author, text):
    return method(
        {
            "user_ip": "203.0.113.7",
            "user_agent": "Mozilla/5.0",
            "referrer": "",
            "comment_author": author,
            "comment_content": text,
        }
    )


def refused(method, *fields):
    try:
        call(method, *fields)
    except AkismetServerError:
        return True
    return False


print(
    json.dumps(
        {
            "ham": call(client.check, "Ada", ham) is False,
            "spam": call(client.check, "viagra-test-123", ham) is True,
            "submit_spam": not refused(client.submit_spam, "Ada", ham),
            "submit_ham": not refused(client.submit_ham, "pills", blatant),
            "bad_key": refused(stranger.check, "Ada", ham),
        }
    )
)
