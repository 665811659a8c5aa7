// The store away: says so on the page, takes the keys away, keeps what was typed, and goes on by itself.
import { pause } from "./keys.js";

const WELL = 15_000, AWAY = 3_000, KEPT = "winnow.saved";
const page = document.querySelector("[data-away-page]");
const bar = document.getElementById("away-bar");
const passed = new WeakSet(), asked = new WeakSet();
let isAway = Boolean(page), since = null, timer = null;

export const away = () => isAway;

// Remembers what was saved last, for the page that must say so while nothing can be asked.
export function saved(label, excerpt) {
  sessionStorage.setItem(KEPT, JSON.stringify({ label, excerpt }));
}

function sayLast(place) {
  const last = JSON.parse(sessionStorage.getItem(KEPT) || "null");
  const words = last && place?.dataset[last.label];
  if (words) place.textContent = words.replace("{excerpt}", last.excerpt);
}

// Says whether the store answers; what comes in between asks the page's own server alone.
async function answers() {
  try {
    const answer = await fetch("/console/health/sign", { headers: { "HX-Request": "true" }, cache: "no-store", signal: AbortSignal.timeout(4000) });
    return answer.status < 500 && answer.headers.get("X-Winnow-Store") !== "away";
  } catch {
    return false;
  }
}

function goAway() {
  if (isAway) return;
  isAway = true;
  since = new Date();
  pause(true);
  document.body.classList.add("store-away");
  if (!bar) return;
  const shown = bar.content.firstElementChild.cloneNode(true);
  const time = shown.querySelector("time");
  time.dateTime = since.toISOString();
  time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(since);
  sayLast(shown.querySelector("[data-last-saved]"));
  shown.querySelector("[data-try]").addEventListener("click", look);
  document.getElementById("main").prepend(shown);
}

function comeBack() {
  if (!isAway) return;
  isAway = false;
  if (page && !("typed" in page.dataset)) return location.replace(document.querySelector("[data-try]").href);
  if (page) {
    const said = document.querySelector("[data-back-again]");
    said.textContent = said.dataset.word;
    document.querySelector(".away-bar").remove();
  }
  pause(false);
  document.body.classList.remove("store-away");
  document.querySelector("#main > .away-bar")?.remove();
  document.dispatchEvent(new CustomEvent("winnow:back"));
}

// Looks now: somebody's request was not answered as it should be, or the person asks.
export async function look() {
  clearTimeout(timer);
  const well = (document.hidden && !isAway) || (await answers());
  if (well) comeBack();
  else goAway();
  timer = setTimeout(look, isAway ? AWAY : WELL);
  return well;
}

// A form is sent once the store is known to answer: what was typed stays on a page that cannot save it.
async function guard(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || passed.has(form) || !(bar || page)) return;
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
  if (event.detail?.ctx?.response?.headers?.get?.("X-Winnow-Store") === "away") look();
});
if (page) {
  pause(true);
  sayLast(document.querySelector("[data-last-saved]"));
}
timer = setTimeout(look, isAway ? AWAY : WELL);
