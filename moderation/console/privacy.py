"""The public page on which a site's authors read how their comments are handled."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, make_response, render_template

from moderation.console.entering import runtime
from moderation.console.language import direction, language
from moderation.domain.errors import InvalidInput
from moderation.domain.people import mail_address
from moderation.domain.sites import site_name
from moderation.flow.privacy.promise import promise
from moderation.page_headers import PAGE_HEADERS

blueprint = Blueprint("console_privacy", __name__, url_prefix="/privacy")

_WEB = re.compile(r"https?://[^\s<>\"]+")


@blueprint.get("/<site>")
def page(site: str) -> Response:
    """Return how a site's comments are handled, by its settings as they are now.

    It says nothing of who wrote there, by which scores it judges, who its moderators are or how
    much there is; of a name that no site has it says what any unknown address is answered.
    """
    try:
        promised = promise(runtime(), site_name(site))
    except InvalidInput:
        promised = None
    if promised is None:
        abort(404)
    body = render_template(
        "console/privacy.html",
        promise=promised,
        lang=language(),
        dir=direction(),
        mail=_mail(promised.contact),
        web=promised.contact if _WEB.fullmatch(promised.contact) else "",
    )
    headers = {**PAGE_HEADERS, "Cache-Control": "no-cache", "Vary": "Accept-Language"}
    return make_response(body, headers)


def _mail(contact: str) -> str:
    """Return a contact that is an e-mail address, '' for any other."""
    try:
        return mail_address(contact)
    except InvalidInput:
        return ""
