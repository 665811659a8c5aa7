// The sheet of all keys: what they are, to change them, to switch them off.
import { cap, change, isOff, keys, print, reset, turn } from "./keys.js";

export function sheet() {
  const dialog = document.getElementById("keys-sheet");
  if (!dialog) return print();
  const opener = document.querySelector("[data-keys]");
  const said = dialog.querySelector("[data-keys-said]");
  const on = dialog.querySelector("[data-keys-on]");
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
  on.checked = !isOff();
  on.addEventListener("change", () => { turn(on.checked); draw(); });
  dialog.querySelector("[data-keys-default]").addEventListener("click", () => { reset(); draw(); said.textContent = said.dataset.reset; });
  for (const button of dialog.querySelectorAll("[data-change]")) {
    button.addEventListener("click", () => ask(button));
  }

  // What is heard of a key: its letter, and Shift by its name.
  const heard = (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : dialog.dataset.withShift.replace("{letter}", letter));

  function draw() {
    const now = keys();
    for (const line of dialog.querySelectorAll("[data-line]")) {
      line.querySelector(".key").textContent = cap(now[line.dataset.line]);
      line.querySelector("[data-heard]").textContent = heard(now[line.dataset.line]);
    }
    print();
  }

  function ask(button) {
    const name = button.dataset.change;
    said.textContent = said.dataset.ask;
    const stop = () => {
      button.removeEventListener("keydown", pressed);
      button.removeEventListener("blur", stop);
      said.textContent = "";
    };
    function pressed(event) {
      if (["Shift", "Tab", "CapsLock"].includes(event.key)) return;
      event.preventDefault();
      stop();
      if (event.key.length !== 1 || event.key === " ") return;
      if (Object.entries(keys()).some(([other, letter]) => other !== name && letter === event.key)) {
        said.textContent = said.dataset.taken;
        return;
      }
      change(name, event.key);
      draw();
      said.textContent = `${button.dataset.word}: ${heard(event.key)}`;
    }
    button.addEventListener("keydown", pressed);
    button.addEventListener("blur", stop);
  }
  draw();
}
