// What was decided in this tab and can be withdrawn, the last at the end; it outlives the page.
const KEPT = "winnow.done", AT_MOST = 50;
const who = document.querySelector("[data-words]").dataset.who;
const entries = read();

// Each is {id, site, etag, excerpt, undo, saved}: etag once it is saved, `undo` what withdraws it where
// that is no decision, `saved` a promise of that.
export const done = () => entries;

function read() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
  // Another person may have logged in meanwhile: each withdraws their own.
  return kept?.who === who ? kept.entries : [];
}

// Keeps the entries for the next page: those that are saved.
export function remember() {
  const saved = entries.filter((entry) => entry.etag).map(({ id, site, etag, excerpt, undo }) => ({ id, site, etag, excerpt, undo }));
  sessionStorage.setItem(KEPT, JSON.stringify({ who, entries: saved }));
  offer();
}

export function undoable(entry) {
  entries.push(entry);
  if (entries.length > AT_MOST) entries.shift();
  remember();
}

export function forget(entry) {
  const at = entries.indexOf(entry);
  if (at >= 0) entries.splice(at, 1);
  remember();
}

// Shows what undoes the last one where there is one; a comment that comes into focus brings such a button.
export function offer() {
  for (const place of document.querySelectorAll("[data-undo-last]")) place.hidden = !entries.length;
}

offer();
