// The store away, or the log-in ended: says so on the page, takes the keys away, keeps what was typed, and goes on by itself.
import { pause } from "./keys.js";

const WELL = 15_000, AWAY = 3_000, KEPT = "winnow.saved";
const page = document.querySelector("[data-away-page]");
const passed = new WeakSet(), asked = new WeakSet();
// "well", "away" (the store, or the server) or "out" (nobody is logged in any more).
let state = page?.dataset.awayPage ?? "well", timer = null;

export const away = () => state !== "well";

// Remembers what was saved last, for the page that must say so while nothing can be asked.
export function saved(label, excerpt) {
  sessionStorage.setItem(KEPT, JSON.stringify({ label, excerpt }));
}

function sayLast(place) {
  const last = JSON.parse(sessionStorage.getItem(KEPT) || "null");
  const words = last && place?.dataset[last.label];
  if (words) place.textContent = words.replace("{excerpt}", last.excerpt);
}

const isOut = (headers) => Boolean(headers?.get?.("HX-Redirect"));

// Says how it stands; what comes in between asks the page's own server alone.
async function answers() {
  try {
    const answer = await fetch("/console/health/sign", { headers: { "HX-Request": "true" }, cache: "no-store", signal: AbortSignal.timeout(4000) });
    if (isOut(answer.headers)) return "out";
    return answer.status < 500 && answer.headers.get("X-Winnow-Store") !== "away" ? "well" : "away";
  } catch {
    return "away";
  }
}

function say(kind) {
  const shown = document.getElementById(`${kind}-bar`)?.content.firstElementChild.cloneNode(true);
  if (!shown) return;
  const time = shown.querySelector("time");
  if (time) {
    const since = new Date();
    time.dateTime = since.toISOString();
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(since);
  }
  sayLast(shown.querySelector("[data-last-saved]"));
  shown.querySelector("[data-try]")?.addEventListener("click", look);
  document.getElementById("main").prepend(shown);
}

function become(now) {
  if (now === state) return;
  state = now;
  if (now === "well") return comeBack();
  pause(true);
  document.body.classList.add("store-away");
  document.querySelector(".away-bar")?.remove();
  say(now);
}

function comeBack() {
  if (page && !("typed" in page.dataset)) return location.replace(document.querySelector("[data-try]").href);
  if (page) {
    const said = document.querySelector("[data-back-again]");
    said.textContent = said.dataset.word;
  }
  document.querySelector(".away-bar")?.remove();
  pause(false);
  document.body.classList.remove("store-away");
  document.dispatchEvent(new CustomEvent("winnow:back"));
}

// Another log-in has another token of forms: takes it from the page as the server writes it now.
async function renew() {
  try {
    const answer = await fetch(page ? "/console/account" : location.href, { cache: "no-store", signal: AbortSignal.timeout(8000) });
    const token = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("meta[name=csrf-token]").content;
    document.querySelector("meta[name=csrf-token]").content = token;
    for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
    return true;
  } catch {
    return false;
  }
}

// Looks now: somebody's request was not answered as it should be, or the person asks.
export async function look() {
  clearTimeout(timer);
  let now = document.hidden && state === "well" ? "well" : await answers();
  if (now === "well" && state === "out" && !(await renew())) now = "out";
  become(now);
  clearTimeout(timer);
  timer = setTimeout(look, away() ? AWAY : WELL);
  return !away();
}

// A form is sent once the store is known to answer: what was typed stays on a page that cannot save it.
async function guard(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || passed.has(form) || !(document.getElementById("away-bar") || page)) return;
  event.preventDefault();
  if (asked.has(form)) return;
  asked.add(form);
  const by = event.submitter;
  const well = await look();
  asked.delete(form);
  if (!well) return document.querySelector(".away-bar")?.scrollIntoView({ block: "nearest" });
  // What was sent is not sent again by a second click.
  if (form.dataset.sent) return;
  form.dataset.sent = "1";
  passed.add(form);
  form.requestSubmit(by);
  passed.delete(form);
}

addEventListener("submit", guard);
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
document.addEventListener("htmx:after:request", (event) => {
  const headers = event.detail?.ctx?.response?.headers;
  // The page is not left for the log-in: what was typed would be gone.
  if (isOut(headers)) event.preventDefault();
  if (isOut(headers) || headers?.get?.("X-Winnow-Store") === "away") look();
});
if (page) {
  pause(true);
  sayLast(document.querySelector("[data-last-saved]"));
}
timer = setTimeout(look, away() ? AWAY : WELL);
