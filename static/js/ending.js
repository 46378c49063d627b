/* What follows an answer: resolved, waiting, snoozed. Each person's choice is kept; a macro's is for one answer. */
import { word } from "desk/words";
import { me, openId } from "desk/page";

const KEY = `loopdesk:then:${me}`;
const form = () => document.getElementById("composer");
const choices = () => [...document.querySelectorAll("#send-menu [data-then]")];
let preset = null; // {id, then, macro, name}: of the macro whose text this answer is

function remembered() {
  try { return localStorage.getItem(KEY) ?? ""; } catch { return ""; }
}
/** What follows when nothing else is said. */
export function after() {
  const then = preset?.then || remembered();
  return choices().some((one) => one.dataset.then === then) || preset?.then ? then : "";
}
/** The macro whose text is being written on, for the line that tells of it. */
export const macroOf = () => (preset?.id === openId() ? String(preset.macro) : "");

export function remember(then) {
  preset = null;
  try { localStorage.setItem(KEY, then); } catch { /* a browser that keeps nothing asks again */ }
  paint();
}
/** The answer is gone, or another conversation is open: what a macro wanted is over. */
export function over() {
  preset = null;
  paint();
}

/** Says on the button what pressing it does. */
export function paint() {
  if (!form()) return;
  const then = after();
  const note = form().querySelector("input[name=mode]:checked")?.value === "note" ? "note" : "reply";
  for (const one of choices()) {
    const said = one.querySelector("[data-send-text]");
    said.textContent = said.dataset[note];
    if (one.dataset.then === then) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
  // A macro may snooze for another time than the menu does.
  const on = choices().find((one) => one.dataset.then === then);
  form().querySelector("[data-send-main]").textContent = on ? on.querySelector("[data-send-text]").textContent : word("send-aside");
  const line = document.getElementById("preset");
  line.hidden = !preset;
  line.querySelector("span").textContent = preset ? word("preset", { name: preset.name }) : "";
}

document.addEventListener("desk:preset", (event) => { if (event.detail.id === openId()) { preset = event.detail; paint(); } });
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-drop-preset]")) return;
  over();
  document.getElementById("answer").focus();
});
