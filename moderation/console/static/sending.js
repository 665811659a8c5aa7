// Sends what a form says without leaving the page.
import { look } from "./away.js";

const token = () => document.querySelector("meta[name=csrf-token]").content;

// Returns the answer; one that does not come within eight seconds is none.
export function post(address, fields = {}) {
  const body = new URLSearchParams({ ...fields, csrf_token: token() });
  return fetch(address, {
    method: "POST",
    body,
    keepalive: true, // What was decided is saved though the page is left at once.
    headers: { Accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(8000),
  }).then(heard, doubted);
}

function heard(answer) {
  if (answer.status === 401 || answer.headers.get("X-Winnow-Store") === "away") look();
  return answer;
}

function doubted(error) {
  look();
  throw error;
}

// Tells the server something while the page goes away.
export function tell(address) {
  navigator.sendBeacon(address, new URLSearchParams({ csrf_token: token(), told: "1" }));
}

// Returns a piece of a page, null where it does not come.
export async function piece(address) {
  try {
    const answer = await fetch(address, { headers: { "X-Piece": "1" }, redirect: "error", signal: AbortSignal.timeout(8000) }).then(heard, doubted);
    return answer.ok ? parse(await answer.text()) : null;
  } catch {
    return null;
  }
}

export function parse(html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  return made.content.firstElementChild;
}
