// Lists by keys: j and k move, and the keys of decisions press the buttons of the current row.
import { listen } from "./keys.js";

const rows = [...document.querySelectorAll("[data-row], [data-list] tbody tr")];
let at = rows.findIndex((row) => row.getAttribute("aria-current"));

export const current = () => rows[at];

const focusRow = () => (rows[at].querySelector("a.excerpt") ?? rows[at]).focus({ preventScroll: true });

export function move(by) {
  if (!rows.length) return;
  rows[at]?.removeAttribute("aria-current");
  at = Math.max(0, Math.min(rows.length - 1, at + by));
  rows[at].setAttribute("aria-current", "true");
  rows[at].scrollIntoView({ block: "nearest" });
  focusRow();
}
// Who changed something comes back to where it was.
if (at >= 0) {
  rows[at].scrollIntoView({ block: "nearest" });
  focusRow();
}

const press = (name) => () => (rows.length ? current() : document)?.querySelector(`button[data-key="${name}"]`)?.click();
listen({ next: () => move(1), previous: () => move(-1), approve: press("approve"), spam: press("spam"), undo: press("undo") });
