"""Rules of the console: who may see what, what is loaded, what is vendored, what is translated."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from flask import Flask

from moderation.console import screens
from moderation.domain.people import ROLES
from tests.structure.tree import ROOT

CONSOLE = ROOT / "moderation" / "console"
TEMPLATES = sorted((CONSOLE / "templates").rglob("*.html"))
STATIC = CONSOLE / "static"
FOR_ANYONE = {
    ("GET", "/console/login"),
    ("POST", "/console/login"),
    ("GET", "/console/login/code"),
    ("POST", "/console/login/code"),
    ("GET", "/console/login/forgotten"),
    ("POST", "/console/login/forgotten"),
    ("GET", "/console/link/<secret>"),
    ("POST", "/console/link"),
    ("GET", "/console/static/<path:filename>"),
}


@pytest.fixture(scope="module")
def app() -> Flask:
    made = Flask("structure", static_folder=None)
    made.register_blueprint(screens.blueprint)
    return made


def rules(app: Flask):
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method, rule.rule, app.view_functions[rule.endpoint]


def test_every_screen_says_who_may_see_it(app: Flask) -> None:
    open_ones = {(m, path) for m, path, view in rules(app) if getattr(view, "role", None) is None}
    assert open_ones == FOR_ANYONE
    assert {view.role for m, path, view in rules(app) if (m, path) not in FOR_ANYONE} <= set(ROLES)


def test_what_changes_something_asks_for_more_than_a_look(app: Flask) -> None:
    own = re.compile(r"/console/(?:login|logout|account)")
    loose = [
        path
        for method, path, view in rules(app)
        if method == "POST" and view.role == "viewer" and not own.match(path)
    ]
    assert loose == []


def test_every_form_that_sends_carries_the_token() -> None:
    bare = []
    for path in TEMPLATES:
        for form in re.findall(r'<form\b[^>]*method="post".*?</form>', path.read_text(), re.S):
            if 'name="csrf_token"' not in form and "hidden(" not in form:
                bare.append(f"{path.name}: {form[:80]}")
    assert bare == []


def test_no_template_names_another_server_or_runs_text_as_a_script() -> None:
    bad = re.compile(
        r"(?:https?:)?//[a-z]|<script(?![^>]*\bsrc=)|\son[a-z]+=['\x22]|\sstyle=|\|\s*safe\b|javascript:"
        r"|<style|autoescape|\bhx-on",
        re.I,
    )
    found = [
        (path.name, match.group(0))
        for path in TEMPLATES
        for match in bad.finditer(path.read_text())
    ]
    assert found == []


def test_no_script_makes_markup_of_what_is_not_the_servers() -> None:
    """`parse` of sending.js takes pieces that the server wrote, and nothing else."""
    uses = {
        path.name: len(
            re.findall(
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", path.read_text()
            )
        )
        for path in STATIC.glob("*.js")
    }
    assert {name: n for name, n in uses.items() if n} == {"sending.js": 1}


@pytest.mark.parametrize(
    "folder", [STATIC / "vendor", ROOT / "tests" / "e2e" / "console"], ids=["served", "tests"]
)
def test_what_is_vendored_is_what_it_says(folder: Path) -> None:
    listed = json.loads((folder / "vendored.json").read_text())
    for entry in listed:
        data = (folder / entry["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["sha256"], entry["file"]
        assert all(entry[key] for key in ("name", "version", "source", "licence"))
    scripts = {path.name for path in folder.glob("*.js")}
    assert scripts == {entry["file"] for entry in listed}


def test_a_screen_has_its_templates_in_a_folder_of_its_name() -> None:
    from moderation.console import SCREENS

    names = {module.__name__.rpartition(".")[2] for module in SCREENS}
    folders = {path.name for path in (CONSOLE / "templates" / "console").iterdir() if path.is_dir()}
    assert folders == names


def test_nothing_moves_for_who_asked_for_less_motion() -> None:
    block = re.compile(
        r"@media \(prefers-reduced-motion: no-preference\) \{(?:[^{}]|\{[^{}]*\})*\}"
    )
    moving = re.compile(r"\b(?:animation|transition|scroll-behavior)\b[^;}]*")
    styles = {path.name: path.read_text() for path in STATIC.glob("*.css")}
    found = {name: moving.findall(block.sub("", text)) for name, text in styles.items()}
    assert {name for name, text in styles.items() if moving.search(text)} == {"console.css"}
    assert {name: words for name, words in found.items() if words} == {}


def test_passwords_and_codes_say_to_browsers_what_they_are() -> None:
    known = {
        "password": {"current-password", "new-password"},
        "code": {"one-time-code", "off"},  # A recovery code is none of the authenticator's.
    }
    seen = []
    for path in TEMPLATES:
        for field in re.findall(r"<input\b[^>]*>", path.read_text()):
            is_password, is_code = 'type="password"' in field, 'name="code"' in field
            if is_password or is_code:
                said = re.search(r'autocomplete="([^"]+)"', field)
                assert said and said[1] in known["password" if is_password else "code"], path.name
                seen.append(said[1])
    assert {"current-password", "new-password", "one-time-code"} <= set(seen)


def test_every_key_is_documented() -> None:
    text = (STATIC / "keys.js").read_text()
    block = re.search(r"DEFAULTS = \{(.*?)\};", text, re.S)
    assert block
    keys = dict(re.findall(r'"?([a-z-]+)"?: "(.)"', block.group(1)))
    page = (ROOT / "docs" / "console.md").read_text()
    documented = dict(re.findall(r"^\| `(.)` \| `([a-z-]+)` \|", page, re.M))
    assert documented == {letter: name for name, letter in keys.items()}
    sheet = (CONSOLE / "templates" / "console" / "keys.html").read_text()
    assert set(re.findall(r'\("([a-z-]+)", "(.)", ', sheet)) == set(keys.items())


def test_every_word_of_a_template_goes_through_gettext() -> None:
    bare = {
        (path.name, words)
        for path in TEMPLATES
        for words in untranslated(path)
        if words not in ("Winnow", "· Winnow", "./winnow user reset", "./winnow user sites SITE")
    }
    assert bare == set()


def untranslated(path: Path) -> list[str]:
    """Return the words that stand in a template outside of tags and of what Jinja fills in."""
    text = re.sub(
        r"\{% block (?:place|body_class) %\}.*?\{% endblock %\}", " ", path.read_text(), flags=re.S
    )
    text = re.sub(r"\{[{%#].*?[}%#]\}", " ", text, flags=re.S)
    text = re.sub(r"<[^>]*>", "\n", text)
    return [" ".join(line.split()) for line in text.splitlines() if re.search(r"[A-Za-z]{2}", line)]


CSS = (STATIC / "tokens.css").read_text()
TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", CSS
    )
}
TEXT = [
    ("ink", "surface"), ("ink-2", "surface"), ("ink-2", "spam-bg-2"), ("ink-2", "fine-bg-2"),
    ("ink-3", "surface"), ("ink-3", "bg"), ("ink-3", "selected"), ("ink-3", "sunken"),
    ("ink", "spam-bg-2"), ("ink", "fine-bg-2"), ("spam", "spam-bg"), ("spam", "spam-bg-2"),
    ("fine", "fine-bg"), ("fine", "fine-bg-2"), ("unsure", "unsure-bg"), ("spam", "surface"),
    ("fine", "surface"), ("unsure", "surface"), ("accent", "surface"), ("accent", "accent-bg"),
    ("on-accent", "accent"), ("surface", "ink"),
]  # fmt: skip
GRAPHICS = [
    ("control", "surface"), ("control", "sunken"), ("spam-fill", "surface"),
    ("fine-fill", "surface"), ("unsure-fill", "surface"),
]  # fmt: skip


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("least, pairs", [(4.5, TEXT), (3, GRAPHICS)], ids=["text", "graphics"])
def test_colours_keep_their_contrast(
    theme: int, least: float, pairs: list[tuple[str, str]]
) -> None:
    """WCAG 2 §1.4.3 and §1.4.11, recomputed from the stylesheet."""
    low = {
        pair: round(ratio, 2)
        for pair in pairs
        if (ratio := contrast(TOKENS[pair[0]][theme], TOKENS[pair[1]][theme])) < least
    }
    assert low == {}


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
