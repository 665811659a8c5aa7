// The sheet of all keys: what they are, to change them, to switch them off.
import { change, isOff, keys, print, reset, turn } from "./keys.js";

export function sheet() {
  const dialog = document.getElementById("keys");
  if (!dialog) return print();
  const opener = document.querySelector("[data-keys]");
  const said = dialog.querySelector("[data-keys-said]");
  const on = dialog.querySelector("[data-keys-on]");
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
  on.checked = !isOff();
  on.addEventListener("change", () => { turn(on.checked); draw(); });
  dialog.querySelector("[data-keys-default]").addEventListener("click", () => { reset(); draw(); });
  for (const button of dialog.querySelectorAll("[data-change]")) {
    button.addEventListener("click", () => ask(button));
  }

  function draw() {
    const now = keys();
    for (const line of dialog.querySelectorAll("[data-line]")) {
      line.querySelector(".key").textContent = now[line.dataset.line];
    }
    print();
  }

  function ask(button) {
    const name = button.dataset.change;
    said.textContent = "…";
    button.addEventListener("keydown", function heard(event) {
      if (["Shift", "Tab"].includes(event.key)) return;
      event.preventDefault();
      button.removeEventListener("keydown", heard);
      said.textContent = "";
      const taken = Object.entries(keys()).some(([other, letter]) => other !== name && letter === event.key);
      if (event.key.length !== 1 || event.key === " " || taken) return;
      change(name, event.key);
      draw();
    });
  }
  draw();
}
