"""One comment at its own address, and what people do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import jsonify, make_response, render_template, request

from moderation.console import entering, kept
from moderation.console.entering import address, runtime
from moderation.console.item import agreement_words, item_of, json_of, today_words
from moderation.console.review import asked_order
from moderation.console.revisions import Piece, differences
from moderation.console.screens import back_to, screen, wants_json
from moderation.domain.comments import Comment
from moderation.domain.errors import InvalidInput, Overruled, StaleState
from moderation.domain.verdicts import Label
from moderation.flow.lookup import find
from moderation.flow.models import withdrawing
from moderation.flow.people.access import site_of
from moderation.flow.review import deciding, history, looking, sampling, tally

LABELS: dict[str, Label] = {"ham": "ham", "spam": "spam"}


@screen("/comments/<site>/<comment_id>", "viewer")
def page(site: str, comment_id: str) -> str:
    """Return everything that is known of a comment."""
    comment = find(runtime(), site_of(runtime(), entering.user(), site), comment_id)
    older = history.revisions(runtime(), comment)
    wanted = request.args.get("revision", type=int)
    shown = next((revision for revision in older if revision.revision == wanted), comment)
    before = next((one for one in older if one.revision == shown.revision - 1), None)
    return render_template(
        "console/comment/page.html",
        comment=comment,
        item=item_of(runtime(), looking.look_of(runtime(), shown)),
        revisions=[*older, comment],
        changes=_changes(before, shown),
        said=history.of_comment(runtime(), comment),
        withdrawn=withdrawing.names(runtime()),
        escalation=looking.look_of(runtime(), comment).escalation,
    )


def _changes(before: Comment | None, after: Comment) -> list[Piece]:
    """Return what a revision changed in the one before; nothing where that is not kept."""
    if before is None or before.submission.content == after.submission.content:
        return []
    return differences(before.submission.content, after.submission.content)


@screen("/comments/<site>/<comment_id>/decision", "moderator", "POST")
def decide(site: str, comment_id: str) -> Any:
    """Decide a comment as the person saw it."""
    label = LABELS.get(request.form.get("label", ""))
    if label is None:
        raise InvalidInput("a decision is ham or spam")
    who, etag = entering.user().name, request.form.get("etag", "")
    as_sample = bool(request.form.get("sample"))
    site_of(runtime(), entering.user(), site)
    try:
        done = deciding.decide(
            runtime(), site, comment_id, label, who, address(), etag, as_sample=as_sample
        )
    except StaleState as error:
        return _conflict(error.current, label, was_saved=isinstance(error, Overruled))
    return _answer(done, "decided", sampling.agreement(done, label) if as_sample else None)


@screen("/comments/<site>/<comment_id>/undo", "moderator", "POST")
def undo(site: str, comment_id: str) -> Any:
    """Withdraw the decision that holds, as the person saw it."""
    return _withdraw(site, comment_id, deciding.undo)


@screen("/comments/<site>/<comment_id>/escalate", "moderator", "POST")
def escalate(site: str, comment_id: str) -> Any:
    """Ask for another person to look at a held comment."""
    site_of(runtime(), entering.user(), site)
    note = request.form.get("note", "")
    try:
        done = looking.escalate(runtime(), site, comment_id, entering.user().name, note, address())
    except StaleState as error:
        return _conflict(error.current, None, 422)
    return _answer(done, "escalated")


@screen("/comments/<site>/<comment_id>/escalate/undo", "moderator", "POST")
def undo_escalation(site: str, comment_id: str) -> Any:
    """Withdraw that the person asked for another one to look at a comment."""
    return _withdraw(site, comment_id, looking.ask_no_longer)


def _withdraw(site: str, comment_id: str, withdraw: Callable[..., Comment]) -> Any:
    who, etag = entering.user().name, request.form.get("etag", "")
    site_of(runtime(), entering.user(), site)
    try:
        done = withdraw(runtime(), site, comment_id, who, address(), etag)
    except StaleState as error:
        return _conflict(error.current, None)
    return _answer(done, "undone")


def _answer(comment: Comment, what: str, agreement: sampling.Agreement | None = None) -> Any:
    """Return what a script must know, or the way back to where the form stood."""
    if wants_json():
        answer = json_of(comment)
        if agreement:
            answer["told"] = agreement_words(agreement)
        if request.form.get("from") == "review":
            answer["today"] = today_words(tally.decided_today(runtime(), entering.user().name))
        return jsonify(answer)
    return back_to(_back(comment, what))


def _filters() -> list[tuple[str, str]]:
    """Return the filters of the list that the form stood on, where its address is known."""
    page = urlsplit(kept.form_page())
    fields = parse_qsl(page.query) if page.path == "/console/decisions" else []
    return [(name, value) for name, value in fields if name not in ("now", "what")]


def _back(comment: Comment, what: str) -> str:
    place = {"site": comment.site, "id": comment.id}
    came_from = request.form.get("from", "")
    if came_from == "decisions":
        return f"/console/decisions?{urlencode([*_filters(), ('now', comment.id), ('what', what)])}"
    if came_from != "review":
        return f"/console/comments/{comment.site}/{comment.id}?what={what}"
    if what == "undone":
        return f"/console/review?{urlencode(place)}"
    done = {"done": f"{comment.site}/{comment.id}"}
    return f"/console/review?{urlencode({'after': comment.id, **done, **asked_order()})}"


def _conflict(now: Comment, label: Label | None, status: int = 412, was_saved: bool = False) -> Any:
    """Return who decided what meanwhile: before what was asked was saved, or after it was."""
    found = item_of(runtime(), looking.look_of(runtime(), now))
    template = "conflict.html" if wants_json() else "conflict_page.html"
    page = render_template(
        f"console/review/{template}",
        item=found,
        wanted=label,
        was_saved=was_saved,
        today=today_words(tally.decided_today(runtime(), entering.user().name)),
    )
    return make_response(page, status, {"Content-Type": "text/html; charset=utf-8"})
