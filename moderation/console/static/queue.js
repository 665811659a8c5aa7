// Queue: tick comments, by pointer or by x, and decide exactly those.
import { listen } from "./keys.js";
import { current } from "./rows.js";

const list = document.querySelector("[data-list]");
if (list) {
  const words = document.querySelector("[data-words]").dataset;
  const language = document.documentElement.lang;
  const formOf = new Intl.PluralRules(language);
  const listed = new Intl.ListFormat(language, { type: "unit" });
  const saidOfAll = JSON.parse(words.saidOfAll), saidOfBands = JSON.parse(words.saidOfBands);
  const boxes = [...list.querySelectorAll("[name=ticked]")];
  const all = list.querySelector("[data-all]");
  const said = list.querySelector("[data-selected]");
  const byBand = list.querySelector("[data-by-band]");
  const buttons = [...list.querySelectorAll(".selection button")];

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
    for (const button of buttons) button.disabled = !ticked.length;
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
