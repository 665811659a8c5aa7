// Queue: tick comments, by pointer or by x, and decide exactly those.
import { listen } from "./keys.js";
import { current } from "./rows.js";

const list = document.querySelector("[data-list]");
if (list) {
  const words = document.querySelector("[data-words]").dataset;
  const boxes = [...list.querySelectorAll("[name=ticked]")];
  const all = list.querySelector("[data-all]");
  const said = list.querySelector("[data-selected]");
  const byBand = list.querySelector("[data-by-band]");
  const buttons = [...list.querySelectorAll(".selection button")];

  const draw = () => {
    const ticked = boxes.filter((box) => box.checked);
    const bands = new Map();
    for (const box of ticked) {
      const band = box.closest("tr").dataset.band;
      bands.set(band, (bands.get(band) || 0) + 1);
    }
    said.textContent = ticked.length ? `${ticked.length} ${words.selectedWord}` : words.none;
    byBand.textContent = ticked.length ? [...[...bands].map(([band, n]) => `${n} ${band.toLowerCase()}`), words.acts].join(" · ") : "";
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
