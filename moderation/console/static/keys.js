// Keys: one letter does one thing. They are off in fields, may be changed, and may be off at all.
export const DEFAULTS = {
  approve: "a", spam: "s", undo: "u", escalate: "e", skip: "n", next: "j", previous: "k", select: "x",
  "approve-all": "A", "spam-all": "S", search: "/", help: "?", go: "g",
};
const KEPT = "winnow.keys", OFF = "winnow.keys.off";

let paused = false;

export const isOff = () => paused || localStorage.getItem(OFF) === "1";

// Takes the keys and the buttons that have one away for as long as nothing can be saved.
export function pause(on) {
  paused = on;
  for (const button of document.querySelectorAll("button[data-key]")) button.disabled = on;
  print();
}

export function keys() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEPT) || "{}") };
  } catch {
    return { ...DEFAULTS };
  }
}

export function change(name, letter) {
  localStorage.setItem(KEPT, JSON.stringify({ ...keys(), [name]: letter }));
}

export function reset() {
  localStorage.removeItem(KEPT);
}

export function turn(on) {
  if (on) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
}

// A key as its cap shows it, and as ARIA names it.
export const cap = (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : `⇧${letter}`);
const spoken = (letter) => (/[A-Z]/.test(letter) ? `Shift+${letter}` : letter);

// Writes the letters on the buttons as they are now.
export function print() {
  const now = keys();
  document.body.classList.toggle("keys-off", isOff());
  for (const button of document.querySelectorAll("[data-key]")) {
    const name = button.dataset.key;
    const letter = now[name === "leave-it" ? "skip" : name];
    const place = button.querySelector(".key");
    if (paused && button.matches("button")) button.disabled = true;
    if (place && letter) place.textContent = cap(letter);
    if (isOff() || !letter) button.removeAttribute("aria-keyshortcuts");
    else button.setAttribute("aria-keyshortcuts", spoken(letter));
  }
}

const handlers = {};
let waiting = null;

// Has functions called by what their key is for; those that were named later come first.
export function listen(more) {
  Object.assign(handlers, more);
}

// Returns what a key means: its letter whatever Caps Lock says, and where the layout has other letters
// (Arabic, Cyrillic, Greek) that of its place, for who has not given the key itself a meaning.
function letterOf(event) {
  const place = /^Key[A-Z]$/.test(event.code) ? event.code[3] : event.code === "Slash" ? (event.shiftKey ? "?" : "/") : "";
  const isLatin = /^[a-z]$/i.test(event.key);
  if (!isLatin && (!/[^\0-\x7f]/.test(event.key) || !place || Object.values(keys()).includes(event.key))) return event.key;
  const letter = isLatin ? event.key : place;
  return event.shiftKey ? letter.toUpperCase() : letter.toLowerCase();
}

function typed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  const pressed = letterOf(event);
  if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog")) return;
  if (isOff() && pressed !== "?") return;
  document.body.classList.add("keyed");
  if (waiting) {
    const then = waiting;
    waiting = null;
    event.preventDefault();
    then(pressed.toLowerCase());
    return;
  }
  // A held key must not decide one comment after another.
  const name = Object.entries(keys()).find(([, letter]) => letter === pressed)?.[0];
  const handler = name && handlers[name];
  if (!handler) return;
  event.preventDefault();
  if (!event.repeat) handler((then) => { waiting = then; setTimeout(() => { waiting = null; }, 1500); });
}

document.addEventListener("keydown", typed);
