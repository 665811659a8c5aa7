// What every page does: keys, times in the reader's zone, filters that send themselves, copying.
import { listen } from "./keys.js";
import "./away.js";
import "./menus.js";
import { sheet } from "./sheet.js";

const localiseAll = () => document.querySelectorAll("time[data-clock], time[data-seconds]").forEach(localise);
localiseAll();
// What is asked for again and again comes with the server's times.
document.addEventListener("htmx:after:swap", localiseAll);

export function localise(time) {
  const at = new Date(time.dateTime);
  // English days are written the day first, as the server writes them.
  const language = document.documentElement.lang.replace(/^en$/, "en-GB");
  const how = "seconds" in time.dataset
    ? { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }
    : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  time.textContent = new Intl.DateTimeFormat(language, how).format(at);
}

// A reader of the screen hears what changes on a page, not what it began with. Where no row has focus what
// was said has it: the button that was pressed is gone, and the page would begin anew.
for (const said of document.querySelectorAll("[data-told]")) {
  if (said.closest("tr")) setTimeout(() => { said.lastElementChild.textContent += ""; }, 200);
  else { said.tabIndex = -1; said.focus(); }
}

// A filter is sent as it is chosen. By the keyboard each step through its words is a choice: those are sent
// by Enter, or as one goes on. On the page that comes focus is on the filter again.
const SENT = "winnow.sent";
for (const field of document.querySelectorAll("[data-send]")) {
  let isStepping = false, isChanged = false;
  const send = () => {
    isChanged = false;
    sessionStorage.setItem(SENT, field.name);
    field.form.requestSubmit();
  };
  const sendChanged = () => isChanged && send();
  if (field.matches("select")) {
    field.addEventListener("keydown", (event) => {
      // What is chosen from the open list is chosen: a step changes the field while its key is down.
      const opens = event.altKey || [" ", "F4", "Tab", "Shift"].includes(event.key);
      if (event.key !== "Enter") isStepping = !opens;
      else if (isChanged) event.preventDefault();
      if (event.key === "Enter") sendChanged();
    });
    for (const other of ["keyup", "pointerdown"]) field.addEventListener(other, () => { isStepping = false; });
    field.addEventListener("blur", sendChanged);
  }
  field.addEventListener("change", () => {
    if (isStepping) isChanged = true;
    else send();
  });
}
const sent = sessionStorage.getItem(SENT);
sessionStorage.removeItem(SENT);
if (sent) document.querySelector(`[data-send][name="${sent}"]`)?.focus({ preventScroll: true });

// What is sent once must not be sent twice: its answer may hold what is shown once.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => setTimeout(() => form.querySelectorAll("button").forEach((b) => (b.disabled = true))));
}
addEventListener("pageshow", () => document.querySelectorAll("form[data-once] button").forEach((b) => (b.disabled = false)));

for (const field of document.querySelectorAll("[data-all]")) field.addEventListener("focus", () => field.select());
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = button.dataset.done;
  });
}

for (const button of document.querySelectorAll("[data-copy-link]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(location.href);
    button.textContent = button.dataset.done;
  });
}

const search = document.querySelector("[data-key=search]");
let before = null;
search?.addEventListener("focus", (event) => {
  // The window that comes back to the front focuses its field again, from nowhere.
  before = event.relatedTarget ?? before;
});
// Escape goes back to where one was before, for keys are text in the field; it does nothing else.
search?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  event.stopPropagation();
  search.blur();
  before?.focus({ preventScroll: true });
});

const places = { r: "review", q: "queue", s: "spam", d: "decisions", m: "models", h: "health" };
sheet();
listen({
  search: () => {
    // A narrow window has a page for it.
    if (search?.checkVisibility()) search.focus();
    else document.querySelector(".to-search")?.click();
  },
  help: () => document.getElementById("keys-sheet")?.showModal(),
  go: (then) => then((letter) => places[letter] && location.assign(`/console/${places[letter]}`)),
});
