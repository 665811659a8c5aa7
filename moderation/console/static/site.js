// A site's page: what is not saved yet is counted beside Save; a new key is copied.
const form = document.getElementById("settings");
const said = document.querySelector("[data-changes]");

if (form && said) {
  const count = () => {
    const changed = new Set();
    for (const field of form.elements) {
      if (!("saved" in field.dataset) || (field.type === "radio" && !field.checked)) continue;
      const value = field.type === "checkbox" ? (field.checked ? field.value : "") : field.value.trim();
      if (value !== field.dataset.saved) changed.add(field.name);
    }
    const words = changed.size === 1 ? said.dataset.one : said.dataset.more.replace("{n}", changed.size);
    said.textContent = changed.size ? words : "";
  };
  document.addEventListener("input", (event) => event.target.form === form && count());
  document.addEventListener("change", (event) => event.target.form === form && count());
  count();
}

const secret = document.querySelector("[data-secret]");
const copy = document.querySelector("[data-copy]");
if (secret && copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", () => navigator.clipboard.writeText(secret.textContent));
}
