// Queue: tick comments, by pointer or by x, and decide exactly those.
import { listen } from "./keys.js";
import { current } from "./rows.js";

const list = document.querySelector("[data-list]");
const bar = list?.querySelector(".selection"); // Who may only look ticks nothing.
if (bar) {
  const words = document.querySelector("[data-words]").dataset;
  const language = document.documentElement.lang;
  const formOf = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language, { numberingSystem: "latn" });
  const listed = new Intl.ListFormat(language, { type: "unit" });
  const saidOfAll = JSON.parse(words.saidOfAll), saidOfBands = JSON.parse(words.saidOfBands);
  const boxes = [...list.querySelectorAll("[name=ticked]")];
  const all = list.querySelector("[data-all]");
  const said = list.querySelector("[data-selected]");
  const byBand = list.querySelector("[data-by-band]");
  const buttons = [...bar.querySelectorAll("button[name=label]")];
  const clear = bar.querySelector("[data-clear]");

  const say = (forms, n) => forms[formOf.select(n)].replace("%(num)s", n);
  // What is ticked of each band, in the order that bands always have.
  const sayBands = (ticked) => {
    const counts = saidOfBands.map((_, band) => ticked.filter((box) => Number(box.closest("tr").dataset.band) === band).length);
    const bands = saidOfBands.flatMap((forms, band) => (counts[band] ? [say(forms, counts[band])] : []));
    return words.acts.replace("%(bands)s", listed.format(bands));
  };

  const draw = () => {
    const ticked = boxes.filter((box) => box.checked);
    said.textContent = ticked.length ? say(saidOfAll, ticked.length) : words.none;
    byBand.textContent = ticked.length ? sayBands(ticked) : "";
    bar.classList.toggle("ticked", ticked.length > 0);
    for (const button of buttons) {
      button.disabled = !ticked.length;
      const count = button.querySelector("[data-count]");
      count.textContent = number.format(ticked.length);
      count.hidden = !ticked.length;
    }
    clear.hidden = !ticked.length;
    if (all) {
      all.checked = ticked.length > 0 && ticked.length === boxes.length;
      all.indeterminate = ticked.length > 0 && !all.checked;
    }
  };
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; draw(); });
  }
  list.addEventListener("change", draw);
  // What is ticked goes, and focus to the row where it was; the button is gone with it.
  const untick = () => {
    for (const box of boxes) box.checked = false;
    draw();
    (current()?.querySelector("a.excerpt") ?? document.getElementById("main")).focus({ preventScroll: true });
  };
  clear.addEventListener("click", untick);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.target.closest("dialog, details[open]") && boxes.some((box) => box.checked)) untick();
  });
  addEventListener("pageshow", draw);
  document.addEventListener("winnow:back", draw);
  const press = (name) => () => list.querySelector(`button[data-key="${name}"]`)?.click();
  listen({
    select: () => {
      const box = current()?.querySelector("[name=ticked]");
      if (box) { box.checked = !box.checked; draw(); }
    },
    "approve-all": press("approve-all"),
    "spam-all": press("spam-all"),
  });
  draw();
}
