"""Pages for people."""

import html
import json
import re

import pytest

from moderation.api.kinds import KINDS
from moderation.settings import Settings
from moderation.wording import catalogue
from tests.moderation.api.conftest import Caller, is_problem

OURS = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
PILLS = "Cheap viagra without prescription, order now: https://pills.example/buy"


@pytest.fixture
def embedded(settings: Settings, app) -> None:
    """Return the app runs on the embedded store, as `up` says in its file."""
    settings.data.mkdir(exist_ok=True)
    (settings.data / "run.json").write_text(json.dumps({"redis_url": settings.redis_url}))


@pytest.mark.usefixtures("embedded")
def test_the_box_shows_the_verdict_and_why_and_keeps_nothing(
    anyone: Caller, api: Caller, caller
) -> None:
    assert "<textarea" in anyone.get("/").text
    demo = caller("moderate", site="demo")
    answer = anyone.post("/", data={"content": PILLS, "author": "cheap pills"}, headers=OURS)
    assert answer.status_code == 200
    assert re.search(
        '<b class="word band-[34]">(Likely|Sure) spam</b> <span class="score">', answer.text
    )
    assert "This site holds from" in answer.text and 'class="needle"' in answer.text
    assert re.search('<mark class="towards-spam[^>]*><bdi class="unseen-label">', answer.text)
    assert re.search('<span class="chip towards-spam" title="[^"]+">', answer.text)
    assert demo.stored() == 0
    assert demo.get("/v1/stats").json["data"][-1]["comments"] == 0


@pytest.mark.usefixtures("embedded")
def test_what_was_pasted_is_shown_as_text(anyone: Caller) -> None:
    hostile = '</textarea><script>alert(1)</script>" onfocus="x'
    answer = anyone.post("/", data={"content": hostile, "author": hostile}, headers=OURS)
    assert "<script" not in answer.text
    assert '" onfocus' not in answer.text
    assert "&lt;script&gt;" in answer.text


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize(("language", "direction"), [("de", "ltr"), ("ar", "rtl")])
def test_the_page_is_in_one_language_that_of_the_reader(
    anyone: Caller, language: str, direction: str
) -> None:
    words = catalogue(language).gettext
    headers = {**OURS, "Accept-Language": language}
    answer = anyone.post("/", data={"content": PILLS, "author": "cheap pills"}, headers=headers)
    assert f'<html lang="{language}" dir="{direction}">' in answer.text
    for said in ("Comment moderation that your site teaches", "Try it", "Spam", "Sure spam"):
        assert f">{words(said)}<" in answer.text
    for english in ("Towards spam", "Score", "This site holds", "Nothing is stored", "Pages"):
        assert english not in answer.text


@pytest.mark.usefixtures("embedded")
def test_an_empty_box_is_asked_to_be_filled(anyone: Caller) -> None:
    answer = anyone.post("/", data={"content": " \0 "}, headers=OURS)
    assert "Write or paste a comment first." in answer.text


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        {"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)
def test_the_box_is_closed_to_other_sites(anyone: Caller, headers: dict[str, str]) -> None:
    answer = anyone.post("/", data={"content": PILLS}, headers=headers)
    is_problem(answer, 403, "forbidden")


def test_with_a_store_of_the_operators_there_is_no_box(anyone: Caller) -> None:
    assert "<textarea" not in anyone.get("/").text
    is_problem(anyone.post("/", data={"content": PILLS}, headers=OURS), 404, "not-found")


@pytest.mark.usefixtures("embedded")
def test_a_large_form_is_refused(anyone: Caller) -> None:
    answer = anyone.post("/", data={"content": "a" * 2_000_000}, headers=OURS)
    is_problem(answer, 413, "too-large")


@pytest.mark.parametrize("path", ["/", "/docs", "/problems", "/problems/stale"])
def test_a_page_runs_no_script_and_loads_nothing_from_elsewhere(anyone: Caller, path: str) -> None:
    answer = anyone.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for forbidden in ("<script", "style=", "http://", "https://cdn", 'src="//'):
        assert forbidden not in answer.text
    assert anyone.get("/assets/pages.css").status_code == 200


BROWSERS = [
    "text/html,application/xhtml+xml,*/*;q=0.8",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;"
    "q=0.8,application/signed-exchange;v=b3;q=0.7",
]


@pytest.mark.parametrize("accept", BROWSERS, ids=["Firefox", "Chromium"])
def test_a_browser_is_told_of_an_error_by_a_page_and_the_api_never(
    anyone: Caller, accept: str
) -> None:
    browser = {"headers": {"Accept": accept}}
    answer = anyone.get("/nowhere/at-all", **browser)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "There is no such thing" in answer.text
    assert "at-all" not in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert anyone.get("/console/nowhere", **browser).mimetype == "text/html"
    refused = anyone.post("/", data={"content": "x"}, **browser)
    assert (refused.status_code, refused.mimetype) == (404, "text/html")
    is_problem(anyone.get("/nowhere/at-all"), 404, "not-found")
    is_problem(anyone.get("/v1/comments", **browser), 401, "unauthorised")


def test_links_lead_somewhere(anyone: Caller) -> None:
    for path in ("/", "/docs", "/problems", "/problems/stale"):
        page = anyone.get(path).text
        for link in set(re.findall(r'href="([^"]+)"', page)):
            target, _, anchor = link.partition("#")
            answer = anyone.get(target or path)
            assert answer.status_code == 200, link
            if anchor:
                assert f'id="{anchor}"' in answer.text, link


def test_the_docs_page_shows_every_call(anyone: Caller) -> None:
    page = anyone.get("/docs").text
    for path in anyone.get("/openapi.json").json["paths"]:
        assert path in page
    assert "`" not in page


def shown_text(page: str) -> str:
    """Return the text of a page as people see it."""
    return re.sub(r"<[^>]*>", "", page)


@pytest.mark.parametrize("path", ["/", "/docs", "/problems", *(f"/problems/{k}" for k in KINDS)])
def test_no_page_shows_the_signs_of_markdown(anyone: Caller, path: str) -> None:
    assert "`" not in shown_text(anyone.get(path).text)


def test_every_problem_type_stands_in_the_index(anyone: Caller) -> None:
    page = anyone.get("/problems")
    assert page.status_code == 200
    for name, kind in KINDS.items():
        assert f'href="/problems/{name}"' in page.text
        assert html.escape(kind.title) in page.text
    assert 'href="/problems"' in anyone.get("/problems/stale").text


def test_browsers_find_an_icon_where_no_page_names_one(anyone: Caller) -> None:
    answer = anyone.get("/favicon.ico", follow_redirects=True)
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
