// What every page does: keys, times in the reader's zone, filters that send themselves.
import { listen } from "./keys.js";
import "./away.js";
import { sheet } from "./sheet.js";

for (const time of document.querySelectorAll("time[data-clock], time[data-seconds]")) localise(time);

export function localise(time) {
  const at = new Date(time.dateTime);
  const language = document.documentElement.lang;
  const how = "seconds" in time.dataset
    ? { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }
    : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  time.textContent = new Intl.DateTimeFormat(language, how).format(at);
}

for (const field of document.querySelectorAll("[data-send]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}

const places = { r: "review", q: "queue", s: "spam", d: "decisions", m: "models", h: "health" };
sheet();
listen({
  search: () => document.querySelector("[data-key=search]")?.focus(),
  help: () => document.getElementById("keys")?.showModal(),
  go: (then) => then((letter) => places[letter] && location.assign(`/console/${places[letter]}`)),
});
