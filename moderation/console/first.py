"""The first minute: send a comment, see why, overrule it, see one like it judged anew."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import render_template, request
from msgspec.structs import replace

from moderation.console import entering
from moderation.console.entering import address, runtime
from moderation.console.item import Item, item_of
from moderation.console.language import _
from moderation.console.screens import back_to, screen
from moderation.domain.comments import Comment
from moderation.domain.errors import InvalidInput, NotFound, StaleState
from moderation.domain.verdicts import Label
from moderation.flow.comments.phrases import phrases
from moderation.flow.lookup import find
from moderation.flow.people.access import site_of
from moderation.flow.review import deciding, looking
from moderation.flow.sites import first_steps
from moderation.flow.sites.first_run import DEMO_SITE

LONGEST = 20_000
_COMMAND = r"""curl -s %s/v1/check \
  -H "Authorization: Bearer %s" -H 'Content-Type: application/json' \
  -d '{"content": "Used kilns at the best price, order now: https://kilns.example/deal"}'"""
LABELS: dict[str, Label] = {"ham": "ham", "spam": "spam"}


@screen("/first", "administrator")
def page() -> Any:
    """Return the four steps, as far as the comment in the address has come."""
    if request.args.get("newest") and (found := first_steps.newest(runtime(), _site())):
        return back_to(_address(found))
    return _page()


@screen("/first/send", "administrator", "POST")
def send() -> Any:
    """Send the comment that was written, and show what the filter thinks."""
    content = _content("content")
    if not content:
        return back_to("/console/first")
    return back_to(_address(first_steps.send(runtime(), _site(), content, entering.actor())))


@screen("/first/decide", "administrator", "POST")
def decide() -> Any:
    """Decide the comment, and show what the filter says of it and of one like it then."""
    label = LABELS.get(request.form.get("label", ""))
    if label is None:
        raise InvalidInput("a decision is ham or spam")
    who, comment_id = entering.user().name, request.form.get("id", "")
    etag = request.form.get("etag", "")
    try:
        done = deciding.decide(runtime(), _site(), comment_id, label, who, address(), etag)
    except StaleState as error:
        done = error.current
    return back_to(_address(done))


@screen("/first/keys", "administrator", "POST")
def make_keys() -> str:
    """Show what the site is pointed at Winnow with, once."""
    return _page(first_steps.keys(runtime(), _site(), entering.actor()))


def _page(keys: first_steps.Keys | None = None) -> str:
    site, wanted = _site(), request.values.get("id", "")
    comment = find(runtime(), site, wanted) if wanted else None
    server = runtime().settings.public_url
    like = _content("like") if comment and comment.decision else ""
    return render_template(
        "console/first/page.html",
        site=site,
        item=_item(comment) if comment else None,
        # The shipped filter holds the first, and once it is approved no more of the second.
        example=_(
            "Hello, we sell used kilns at the best price. "
            "Order now: https://kilns.example/deal or message me on WhatsApp"
        ),
        like=like
        or _(
            "Hello, we sell kilns and wheels at the best price. "
            "Order here: https://kilns.example/wheels or message me on WhatsApp"
        ),
        alike=first_steps.alike(runtime(), site, like) if like else None,
        keys=keys,
        command=_COMMAND % (server, keys.token if keys else "$TOKEN"),
        wordpress=f"define( 'WINNOW_URL', '{server}' );",
        importing=f"./winnow import blog.sql.gz --site {site}",
    )


def _item(comment: Comment) -> Item:
    """Return a comment; one that was decided without marks, which would be those of after that."""
    item = item_of(runtime(), looking.look_of(runtime(), comment))
    if comment.decision is None:
        return item
    return replace(item, text=phrases(comment.submission.content, []))


def _site() -> str:
    """Return the site of the steps: the one that is asked for, the demo site, or the first."""
    wanted, known = request.values.get("site", ""), entering.my_sites()
    if wanted:
        return site_of(runtime(), entering.user(), wanted)
    if not known:
        raise NotFound("there is no site")
    return DEMO_SITE if DEMO_SITE in known else known[0]


def _content(field: str) -> str:
    return request.values.get(field, "").replace("\0", "")[:LONGEST].strip()


def _address(comment: Comment) -> str:
    return f"/console/first?{urlencode({'site': comment.site, 'id': comment.id})}"
