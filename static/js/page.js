/* What the console's parts share: whose screen it is, which conversation is open, and calls to the desk. */
import { word } from "desk/words";

const shell = document.getElementById("shell");

export const me = shell.dataset.me;
export const work = () => document.getElementById("work");
export const openId = () => work()?.dataset.conversation ?? "";
export const openCustomer = () => work()?.dataset.customer ?? "";
export const list = () => document.getElementById("list");
export const view = () => list()?.dataset.view ?? "mine";
export const wide = () => matchMedia("(min-width: 761px)").matches;

/** Which pane a narrow screen shows: list, conversation or customer. */
export function showPane(name) {
  shell.dataset.pane = name;
  headings();
}

/** Where a narrow screen shows the conversation alone, its title is the first heading of the page. */
export function headings() {
  document.getElementById("title")?.setAttribute("aria-level", wide() || shell.dataset.pane === "list" ? "2" : "1");
}
addEventListener("resize", headings);
document.addEventListener("htmx:afterSettle", headings);

const PATIENCE_MS = 45_000; // a network that swallows a question is one that is away

const csrf = () => document.querySelector("meta[name=csrf-token]").content;

/** Asks the desk for a part of the page. Rejects with .status on anything but success, without one where it is away. */
export async function part(url, options = {}) {
  const ask = () => {
    const late = AbortSignal.timeout(PATIENCE_MS);
    const signal = options.signal ? AbortSignal.any([options.signal, late]) : late;
    return fetch(url, { ...options, signal, headers: { "HX-Request": "true", "X-Part": "1", "X-CSRFToken": csrf(), ...options.headers } }).catch((error) => {
      throw error.name === "AbortError" ? error : new Error(word("no-connection")); // a browser's own words say nothing to anybody
    });
  };
  let response = await ask();
  // Signed out and in again since: the page's token is of before. Nothing was done, so it is asked again with the new one.
  const mine = response.status === 400 && options.method === "POST" ? await stillMe() : null;
  if (mine) response = await ask();
  if (response.status === 401) signedOut();
  if (!response.ok) {
    const error = new Error(response.headers.get("X-Message") ?? "");
    error.status = mine === false ? 401 : response.status;
    error.text = response.status === 422 || response.status === 409 ? await response.text() : "";
    throw error;
  }
  return response;
}

const signedOut = (other = false) => document.dispatchEvent(new CustomEvent("desk:out", { detail: { other } }));

/** Whether the person whose page this is is signed in here still; null where nobody answers. Their token is renewed. */
export async function stillMe() {
  const response = await fetch("/console/self", { headers: { "HX-Request": "true", "X-Part": "1" }, signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
  if (response?.status === 401) { signedOut(); return false; }
  if (!response?.ok) return null;
  const now = await response.json();
  if (now.me !== me) { signedOut(true); return false; }
  document.querySelector("meta[name=csrf-token]").content = now.token;
  return true;
}

export const post = (url, values) => part(url, { method: "POST", body: new URLSearchParams(values) });

/** A short text that no two calls share. */
export const requestId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}-${Math.random().toString(36).slice(2)}`;

/** Runs `fn` once things have been quiet for `ms`, and at the latest after `most`. */
export function calmly(fn, ms, most = ms * 6) {
  let timer = 0, first = 0;
  return () => {
    const now = performance.now();
    if (!timer) first = now;
    clearTimeout(timer);
    timer = setTimeout(() => { timer = 0; fn(); }, Math.max(0, Math.min(ms, first + most - now)));
  };
}

/* Where a button is held down just now. Replaced before it is let go, it would get no click. */
let pressed = null;
const waiting = [];
addEventListener("pointerdown", (event) => { pressed = event.target; }, { capture: true, passive: true });
function released() {
  pressed = null;
  setTimeout(() => { for (const go of waiting.splice(0)) go(); }); // the click comes first
}
for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, released, { capture: true, passive: true });
addEventListener("blur", released); // of the window: what is let go elsewhere is not told here
/** Whether something within `node` is held down. */
export const isPressed = (node) => Boolean(pressed && node?.contains(pressed));
/** To be awaited before `node` is replaced. */
export const rested = (node) => (isPressed(node) ? new Promise((go) => { waiting.push(go); }) : null);

/** Turns HTML of the desk into its first element. */
export function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}
