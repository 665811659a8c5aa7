// Lists by keys: j and k move, and the keys of decisions press the buttons of the current row.
import { listen } from "./keys.js";

const rows = [...document.querySelectorAll("[data-row], [data-list] tbody tr")];
let at = -1;

export const current = () => rows[at];

export function move(by) {
  if (!rows.length) return;
  rows[at]?.removeAttribute("aria-current");
  at = Math.max(0, Math.min(rows.length - 1, at + by));
  rows[at].setAttribute("aria-current", "true");
  rows[at].scrollIntoView({ block: "nearest" });
  (rows[at].querySelector("a.excerpt") ?? rows[at]).focus({ preventScroll: true });
}

const press = (name) => () => (rows.length ? current() : document)?.querySelector(`button[data-key="${name}"]`)?.click();
listen({ next: () => move(1), previous: () => move(-1), approve: press("approve"), spam: press("spam"), undo: press("undo") });
