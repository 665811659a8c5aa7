"""Docs say what the code does: settings, links."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

import classifier
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import POLICY_NAMES, POLICY_REASONS
from moderation.server.limits import Limits
from moderation.settings import VARIABLES
from tests.structure.tree import ROOT, tracked

PAGES = [path for path in tracked(".md") if path.name != "LICENSE"]


def table(heading: str) -> dict[str, str]:
    """Return first and second column of the table under a heading of docs/settings.md."""
    text = (ROOT / "docs" / "settings.md").read_text()
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    body = next(part for part in section if part.startswith(heading))
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]*) \|", body, flags=re.MULTILINE)
    return {name: default.strip().strip("`") for name, default in rows}


def test_every_environment_variable_is_documented_with_its_default() -> None:
    expected = {variable.name: variable.default for variable in VARIABLES}
    assert table("Environment") == expected


def defaults(struct: Any, prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for field in msgspec.structs.fields(struct):
        value = field.default
        if isinstance(value, msgspec.Struct):
            found |= defaults(type(value), f"{prefix}{field.name}.")
        else:
            found[prefix + field.name] = (
                value if isinstance(value, str) else msgspec.json.encode(value).decode()
            )
    return found


def test_every_site_setting_is_documented_with_its_default() -> None:
    assert table("Site settings") == defaults(SiteSettings)


def test_defaults_in_the_table_of_variables_are_those_of_the_code() -> None:
    from moderation.settings import Settings

    untouched = Settings.from_env({})
    for variable in VARIABLES:
        if variable.default and not re.search(r"[ /]", variable.default):
            assert variable.parse(variable.default) == getattr(untouched, variable.field)


def test_every_reason_is_documented_with_its_text() -> None:
    text = (ROOT / "docs" / "reasons.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]*) \| ([^|]*) \|$", text, flags=re.MULTILINE)
    assert {code: said for code, said, _ in rows} == POLICY_REASONS | classifier.REASONS
    assert {code: name for code, _, name in rows} == POLICY_NAMES | classifier.NAMES


def test_every_reason_has_a_name_for_where_there_is_little_room() -> None:
    names = POLICY_NAMES | classifier.NAMES
    assert {name for name in names.values() if not 0 < len(name) <= 30} == set()
    assert len(set(names.values())) == len(names)


def slug(heading: str) -> str:
    plain = re.sub(r"[`*]", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{target} in {page.name}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", found.read_text(), flags=re.MULTILINE)
            assert anchor in map(slug, headings), f"{target} in {page.name}"


UNITS = {"KiB": 1 << 10, "KiB/s": 1 << 10, "MiB": 1 << 20, "s": 1, "": 1}


def test_the_limits_of_the_web_server_are_documented_with_their_values() -> None:
    text = (ROOT / "docs" / "operating.md").read_text()
    rows = re.findall(r"^\| `([a-z_]+)` \| ([\d.,]+) ?([A-Za-z/]*) \|", text, flags=re.MULTILINE)
    said = {name: float(value.replace(",", "")) * UNITS[unit] for name, value, unit in rows}
    internal = ("linger_seconds", "tick_seconds")
    limits = msgspec.structs.asdict(Limits())
    assert said == {name: value for name, value in limits.items() if name not in internal}
