"""PyPI `python-akismet`: calls https://KEY.rest.akismet.com; it cannot verify a key."""

import json
import os

from akismet import Akismet, SpamStatus
from akismet.exceptions import AkismetServerError

key, blog = os.environ["KEY"], os.environ["BLOG"]
ham, blatant = os.environ["HAM"], os.environ["BLATANT"]
client, stranger = Akismet(key, blog), Akismet(key[::-1], blog)


def call(method, author, text):
    return method("203.0.113.7", "Mozilla/5.0", comment_author=author, comment_content=text)


def refused(method, *fields):
    try:
        call(method, *fields)
    except AkismetServerError:
        return True
    return False


print(
    json.dumps(
        {
            "ham": call(client.check, "Ada", ham) == SpamStatus.Ham,
            "spam": call(client.check, "viagra-test-123", ham) == SpamStatus.ProbableSpam,
            "discard": call(client.check, "pills", blatant) == SpamStatus.DefiniteSpam,
            "submit_spam": not refused(client.submit_spam, "Ada", ham),
            "submit_ham": not refused(client.submit_ham, "pills", blatant),
            "bad_key": refused(stranger.check, "Ada", ham),
        }
    )
)
