"""What browsers hand to who reads the screen: the tree of a page, and what its live regions say."""

from __future__ import annotations

import itertools
from typing import Any

from playwright.sync_api import Page

from tests.e2e.console.conftest import Desk
from tests.processes import until

LISTEN = """
const SAID = '[role=status], [role=alert], [aria-live="polite"], [aria-live="assertive"]';
globalThis.heard = [];
addEventListener("DOMContentLoaded", () => new MutationObserver((changes) => {
  const said = new Set();
  for (const change of changes) {
    const at = change.target.nodeType === 1 ? change.target : change.target.parentElement;
    // A region that is new itself is not heard, unless it is an alert.
    const isNew = (node) => changes.some((one) =>
      [...one.addedNodes].some((added) => added.contains(node)));
    const region = at?.closest(SAID);
    if (region?.isConnected && !isNew(region)) said.add(region);
    for (const node of change.addedNodes) {
      if (node.nodeType !== 1) continue;
      if (node.matches("[role=alert]")) said.add(node);
      for (const alert of node.querySelectorAll("[role=alert]")) said.add(alert);
    }
  }
  for (const region of said) {
    const words = region.textContent.replace(/\\s+/g, " ").trim();
    if (words) globalThis.heard.push(words);
  }
}).observe(document, { childList: true, subtree: true, characterData: true }));
"""
"""Keeps what live regions say as a page changes, as browsers hand it to who reads the screen."""

NAMED = {
    "button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "spinbutton",
    "image", "region", "navigation", "dialog", "article", "progressbar", "meter", "complementary",
}  # fmt: skip
"""What nobody can use, or pass by, who does not hear what it is."""


class Node:
    """A node of the tree that is given to who reads the screen."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.role = str(told.get("role", {}).get("value", ""))
        self.name = str(told.get("name", {}).get("value", "")).strip()
        self.about = str(told.get("description", {}).get("value", ""))
        self.has = {p["name"]: p["value"].get("value") for p in told.get("properties", ())}

    def __repr__(self) -> str:
        return f"{self.role} “{self.name[:60]}”"


def heard_tree(page: Page) -> list[Node]:
    """Return what is heard of a page from its beginning to its end."""
    told = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    by_id = {one["nodeId"]: one for one in told}
    found: list[Node] = []

    def walk(one: dict[str, Any]) -> None:
        if not one.get("ignored"):
            found.append(Node(one))
        for child in one.get("childIds", ()):
            if child in by_id:
                walk(by_id[child])

    walk(told[0])
    return found


def listening(desk: Desk, **options: Any) -> Page:
    """Return the page of a new person that keeps what is said."""
    page = desk.person(**options)
    page.context.add_init_script(LISTEN)
    page.reload()
    return page


def says(page: Page, words: str) -> None:
    """Wait until something is said that has these words; nothing said before is kept."""
    heard: list[str] = []

    def is_heard() -> bool:
        heard.extend(page.evaluate("heard.splice(0)"))
        return any(words in one for one in heard)

    until(is_heard, 20, lambda: f"{words!r} among {heard}")


def order_of(page: Page) -> dict[str, Any]:
    """Return what is wrong with the headings, landmarks, names and tables of a page."""
    nodes = heard_tree(page)
    levels = [int(one.has["level"]) for one in nodes if one.role == "heading"]
    faults: dict[str, Any] = {}
    if levels[:1] != [1] or levels.count(1) != 1:
        faults["headings"] = [one for one in nodes if one.role == "heading"]
    if any(after > before + 1 for before, after in itertools.pairwise(levels)):
        faults["levels"] = levels
    if [one.role for one in nodes].count("main") != 1:
        faults["main"] = True
    if nameless := [one.role for one in nodes if one.role in NAMED and not one.name]:
        faults["without a name"] = nameless
    tables = [one for one in nodes if one.role == "table"]
    if tables and not any(one.role == "columnheader" for one in nodes):
        faults["tables"] = tables
    return faults
