"""PyPI `akismet`: calls https://rest.akismet.com and no other host."""

import json
import os

import akismet

key, blog = os.environ["KEY"], os.environ["BLOG"]
ham, blatant = os.environ["HAM"], os.environ["BLATANT"]
client = akismet.SyncClient.validated_client(akismet.Config(key, blog))
stranger = akismet.SyncClient(akismet.Config(key[::-1], blog))


def check(**fields):
    return client.comment_check("203.0.113.7", user_agent="Mozilla/5.0", **fields).name


def refused():
    try:
        stranger.comment_check("203.0.113.7", comment_content=ham)
    except akismet.APIKeyError:
        return True
    return False


print(
    json.dumps(
        {
            "verify": client.verify_key(),
            "verify_bad": stranger.verify_key(),
            "ham": check(comment_author="Ada", comment_content=ham) == "HAM",
            "spam": check(comment_author="akismet-guaranteed-spam", comment_content=ham) == "SPAM",
            "discard": check(comment_author="pills", comment_content=blatant) == "DISCARD",
            "submit_spam": client.submit_spam(
                "203.0.113.7", comment_author="Ada", comment_content=ham
            ),
            "submit_ham": client.submit_ham(
                "203.0.113.7", comment_author="pills", comment_content=blatant
            ),
            "bad_key": refused(),
        }
    )
)
