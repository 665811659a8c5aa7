// Review: one key decides, shows the next comment at once, and saves meanwhile.
import { localise } from "./console.js";
import { keys, listen, print } from "./keys.js";
import { saved } from "./away.js";
import { done, forget, offer, remember, undoable } from "./done.js";
import { parse, piece, post, tell } from "./sending.js";

const BEAT = 60_000, LOOK_AGAIN = 5_000, SHORT = 8, LATE = 300;
const focus = document.getElementById("focus");
const saidPlace = document.querySelector("[data-said]");
const words = document.querySelector("[data-words]").dataset;
const asked = new URLSearchParams(location.search);
const site = asked.get("site") || "", order = asked.get("order") || "";
const unsaved = new Set();
const shown = [];
let following = null; // {after, promise}: the next comment, on its way before it is asked for.
let conflicted = null;
let ahead = null; // The article that was fetched ahead: it is this person's too.
let lengthening = false;
let pointed = false; // The last press was a pointer's, not a key's.

const current = () => focus.querySelector("article.item");
const reading = () => focus.querySelector(".reading") ?? document.getElementById("main");
const mine = () => [current(), ahead].filter(Boolean);
const held = (item) => `/console/review/${item.dataset.site}/${item.dataset.id}`;
const of = (item) => `/console/comments/${item.dataset.site}/${item.dataset.id}`;

function wanted(after) {
  const query = new URLSearchParams({ site, order, after: after || "" });
  for (const id of new Set([after, current()?.dataset.id, ...unsaved])) if (id) query.append("not", id);
  return `/console/review/item?${query}`;
}

function fetchNext() {
  const after = current()?.dataset.id || "";
  following = after ? { after, promise: piece(wanted(after)) } : null;
  ahead = null;
  following?.promise.then((item) => { ahead = item?.matches("article") ? item : null; });
}

// Puts a comment into focus. Who was on a button of the last one is on the same button of this one, so
// that nobody starts again at the top of the page; after a pointer it is the text, which Space scrolls.
function show(item) {
  const held = focus.contains(document.activeElement) ? document.activeElement : null;
  focus.replaceChildren(item);
  document.querySelector("[data-announce]").textContent = item.dataset.announced ?? "";
  unwait();
  if (held) {
    const same = held.dataset.key && !pointed && item.querySelector(`[data-key="${held.dataset.key}"]`);
    // In a narrow window the button may be in the menu, which is closed again.
    const shown = same && [same, item.querySelector(".open-rest summary")].find((one) => one?.checkVisibility());
    (shown || reading()).focus({ preventScroll: true });
  }
  offer();
  for (const time of item.querySelectorAll("time[data-clock]")) localise(time);
  const id = item.dataset.id;
  for (const row of document.querySelectorAll(".coming li")) {
    if (row.dataset.id === id) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  document.querySelector(".coming [aria-current]")?.scrollIntoView({ block: "nearest" });
  lengthen();
  print();
  fetchNext();
}

// Puts what comes later to the end of the list when it has become short; nothing else moves.
async function lengthen() {
  const list = document.querySelector(".coming ol");
  const rows = [...list.children];
  if (lengthening || rows.filter((row) => !row.hidden).length >= SHORT) return;
  lengthening = true;
  // The random sample stands between those held, whatever its age.
  const after = rows.findLast((row) => !("sample" in row.dataset))?.dataset.id || "";
  const more = await piece(`/console/review/coming?${new URLSearchParams({ site, order, after })}`);
  for (const row of [...(more?.children ?? [])]) {
    if (!list.querySelector(`[data-id="${row.dataset.id}"]`)) list.append(row);
  }
  lengthening = false;
}

async function advance() {
  const asked = following;
  following = null;
  const item = (asked && (await asked.promise)) || (await piece(wanted(current()?.dataset.id || "")));
  if (item) show(item);
  else say(words.failed, "", null, true);
}

function say(what, about, undo, failed = false) {
  const toast = document.createElement("div");
  toast.className = failed ? "toast failed" : "toast";
  toast.append(document.getElementById("said-template").content.cloneNode(true));
  toast.querySelector(".what").textContent = what;
  toast.querySelector(".about").textContent = about;
  if (!about) toast.querySelector(".about").hidden = true;
  const button = toast.querySelector(".undo");
  button.querySelector(".key").textContent = keys().undo.toUpperCase();
  if (undo) button.addEventListener("click", undoLast);
  else button.remove();
  const held = saidPlace.contains(document.activeElement);
  saidPlace.replaceChildren(toast);
  if (held) reading().focus({ preventScroll: true });
}

// Says what the filter had said of a comment of the random sample.
function tellOf(entry, told) {
  const place = saidPlace.querySelector(".told");
  if (!place || saidPlace.firstElementChild.dataset.of !== entry.id) return;
  place.textContent = told;
  place.hidden = false;
}

// Says how many comments were decided today, as the server counts them.
function sayToday({ today }) {
  const place = document.querySelector("[data-today]");
  if (place && today) place.textContent = today;
}

function mark(id, isDone) {
  const row = document.querySelector(`.coming li[data-id="${id}"]`);
  if (row) row.hidden = isDone;
}

async function decide(label) {
  const item = current();
  if (!item || unsaved.has(item.dataset.id)) return;
  const target = { id: item.dataset.id, site: item.dataset.site, etag: conflicted?.etag || item.dataset.etag };
  conflicted = null;
  unsaved.add(target.id);
  mark(target.id, true);
  const entry = { id: target.id, site: target.site, etag: null, excerpt: item.dataset.excerpt, saved: null };
  undoable(entry);
  say(label === "spam" ? words.spam : words.approved, item.dataset.excerpt, true);
  Object.assign(saidPlace.firstElementChild.dataset, { of: target.id, label });
  const sample = "sample" in item.dataset ? { sample: "1" } : {};
  entry.saved = save(item, entry, `${of(item)}/decision`, { label, etag: target.etag, from: "review", ...sample });
  await advance();
  // The next one may have come after it was known that this one was not saved.
  if (!(await entry.saved) && current() !== item) show(item);
}

// Sends a decision; what was not saved comes back into focus and says so.
async function save(item, entry, address, fields) {
  let answer = null, now = null;
  try {
    answer = await post(address, fields);
    if (answer.ok) now = await answer.json();
  } catch { answer = null; /* The server is away, or too slow; sent again it has one effect. */ }
  unsaved.delete(item.dataset.id);
  if (now) {
    entry.etag = now.etag;
    remember();
    sayToday(now);
    if (now.told && entry === done().at(-1)) tellOf(entry, now.told);
    saved(fields.label, entry.excerpt);
    return true;
  }
  forget(entry);
  mark(item.dataset.id, false);
  const text = answer ? await answer.text() : "";
  show(item);
  refused(item, answer, text);
  return false;
}

// Says why something was not saved: who was first, what the server says, or that it said nothing.
function refused(item, answer, text) {
  if (answer && text.trimStart().startsWith("<")) conflict(item, text);
  else say(answer ? `${words.refused} ${reason(text)}` : words.failed, item.dataset.excerpt, null, true);
}

function reason(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return "";
  }
}

function conflict(item, html) {
  const made = parse(html);
  conflicted = { etag: made.dataset.etag };
  sayToday(made.dataset);
  item.querySelector(".bar").replaceChildren(made);
  item.querySelector(".where .tags").replaceChildren(...made.querySelector("[data-state]").children);
  saidPlace.replaceChildren();
  made.querySelector("h2").focus();
  print();
}

async function undoLast() {
  const entry = done().at(-1);
  if (!entry) return say(words.nothing, "", null);
  await entry.saved;
  if (!entry.etag) return;
  const answer = await post(`/console/comments/${entry.site}/${entry.id}/${entry.undo ?? "undo"}`, { etag: entry.etag, from: "review" }).catch(() => null);
  if (!answer || [401, 503].includes(answer.status)) return refused({ dataset: entry }, answer, await answer?.text());
  // Whatever was answered, there is nothing more of it to withdraw here.
  forget(entry);
  mark(entry.id, false);
  const item = await goTo(entry);
  if (answer.ok) {
    sayToday(await answer.json());
    say(words.undone, entry.excerpt, null);
  } else if (item) refused(item, answer, await answer.text());
}

// Shows a comment as it is now and returns it.
async function goTo(entry) {
  const item = await piece(`/console/review/item?${new URLSearchParams({ id: entry.id, site: entry.site })}`);
  if (item) show(item);
  return item;
}

async function escalate() {
  const item = current();
  if (!item) return;
  const answer = await post(`${of(item)}/escalate`, { from: "review" }).catch(() => null);
  if (!answer?.ok) {
    const text = await answer?.text();
    const now = (answer && (await goTo(item.dataset))) || item;
    return refused(now, answer, text);
  }
  const { id, site: of_site, excerpt } = item.dataset;
  const { etag } = await answer.json();
  undoable({ id, site: of_site, etag, excerpt, undo: "escalate/undo" });
  say(words.escalated, excerpt, true);
  await advance();
}

async function skip() {
  const item = current();
  if (!item) return;
  conflicted = null;
  shown.push({ id: item.dataset.id, site: item.dataset.site });
  tell(`${held(item)}/leave`);
  say(words.skipped, item.dataset.excerpt, null);
  await advance();
}

const acts = { approve: () => decide("ham"), spam: () => decide("spam"), undo: undoLast, escalate, skip, next: skip, "leave-it": skip };
acts.previous = () => shown.length && goTo(shown.pop());
let busy = Promise.resolve(), pending = 0, late = null;
// One after the other. A key is for the comment that was in focus when it was pressed: where the next
// one is slow to come, a second key would decide what nobody has read.
function run(name) {
  const meant = ["undo", "previous"].includes(name) ? null : current();
  pending += 1;
  late ??= setTimeout(() => focus.setAttribute("aria-busy", "true"), LATE);
  busy = busy.then(() => !(meant && meant !== current()) && acts[name]())
    .catch(() => say(words.failed, "", null, true))
    .finally(() => { pending -= 1; if (!pending) unwait(); });
}
function unwait() {
  clearTimeout(late);
  late = null;
  focus.removeAttribute("aria-busy");
}
listen(Object.fromEntries(Object.keys(acts).map((name) => [name, () => run(name)])));

focus.addEventListener("click", (event) => {
  const button = event.target.closest("[data-key]");
  // What undoes a toast that the server wrote sends that toast's form.
  if (button && acts[button.dataset.key] && !(button.getAttribute("form") && button.form)) {
    event.preventDefault();
    pointed = event.detail > 0;
    // The second click of a double click would decide a comment that nobody has read yet.
    if (event.detail < 2) run(button.dataset.key);
  }
});
document.querySelector(".coming [data-undo-last]")?.addEventListener("click", () => run("undo"));
// A toast that the server wrote is undone by its form, as without a script.
saidPlace.addEventListener("click", (event) => event.target.closest("form.toast") && event.stopPropagation());
document.addEventListener("keydown", (event) => {
  // A held Enter must not press the same button of one comment after another.
  if (event.repeat && event.key === "Enter" && event.target.closest("button")) event.preventDefault();
  if (event.key === " " && event.target === document.body) {
    event.preventDefault();
    focus.querySelector(".reading")?.scrollBy(0, 300);
  }
});

// Keeps a comment for whoever looks at it, and says until when it is theirs; nothing where it is not any more.
async function keep(item) {
  const { until } = await (await post(`${held(item)}/keep`)).json();
  const tag = item.querySelector("[data-lease]");
  if (!tag) return;
  if (!until) return tag.remove();
  const time = tag.querySelector("time");
  time.dateTime = time.title = until;
  localise(time);
}

setInterval(() => {
  for (const item of mine()) keep(item).catch(() => {});
}, BEAT);
// What came in goes to the end of a list that is short; where there was nothing to do it is shown.
setInterval(async () => {
  lengthen();
  if (!focus.querySelector("[data-empty]")) return;
  const item = await piece(wanted(""));
  if (item?.matches("article") && focus.querySelector("[data-empty]")) show(item);
}, LOOK_AGAIN);
addEventListener("pagehide", () => {
  for (const item of mine()) tell(`${held(item)}/leave`);
});
document.addEventListener("winnow:back", () => { saidPlace.replaceChildren(); fetchNext(); });
// A page that comes back as it was left shows what may be decided by now.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
fetchNext();
