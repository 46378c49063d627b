/* The rail of every page: how much is unread at the bell, the sound and the browser's own notification of what has just
   come, and the dot that says whether one is here. The page brings both along, or the live line tells them. */
import { word } from "desk/words";

const bell = document.querySelector("[data-bell]");
const number = document.querySelector("[data-bell-count]");
const LOOKS_EVERY = 60_000; // where no live line tells
const SOON = 8000; // a page that left it to its live line, which never came
let told = bell?.dataset.bell === "read" ? Date.now() : 0; // when it was known last

/** Shows how much is unread. */
export function show({ unread, cap }) {
  told = Date.now();
  if (!bell) return;
  number.hidden = unread === 0;
  number.textContent = unread > cap ? `${cap}+` : String(unread);
  bell.setAttribute("aria-label", unread ? word("bell-unread", { n: number.textContent }) : word("bell"));
}

async function look() {
  try {
    const response = await fetch("/notices/unread", { headers: { Accept: "application/json" } });
    if (response.ok) show(await response.json());
  } catch { /* the next look asks again */ }
}

/* Of several pages of one person each thing rings on one. */
function first(id) {
  try {
    if (localStorage.getItem("loopdesk.rang") === id) return false;
    localStorage.setItem("loopdesk.rang", id);
  } catch { /* no storage: this page rings by itself */ }
  return true;
}

/** Two short tones, the second a fourth higher, made here: nothing is loaded. */
let context = null, rangAt = -1e9;
export async function ring() {
  if (performance.now() - rangAt < 2000) return;
  rangAt = performance.now();
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") await context.resume(); // until somebody has clicked on the page, it may not sound
    const from = context.currentTime + 0.02;
    for (const [at, pitch] of [[0, 660], [0.13, 880]]) {
      const tone = context.createOscillator(), loud = context.createGain();
      tone.type = "sine";
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.0001, from + at);
      loud.gain.exponentialRampToValueAtTime(0.12, from + at + 0.015);
      loud.gain.exponentialRampToValueAtTime(0.0001, from + at + 0.32);
      tone.connect(loud);
      loud.connect(context.destination);
      tone.start(from + at);
      tone.stop(from + at + 0.34);
    }
  } catch { /* no sound device, or none allowed: the bell shows it */ }
}

function announce({ id, text, about }) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  if (!document.hidden && document.hasFocus()) return; // the bell is before their eyes
  try {
    const note = new Notification(text, { body: about, tag: `notice-${id}` });
    note.addEventListener("click", () => { focus(); location.assign(`/notices/${id}`); note.close(); });
  } catch { /* browsers of phones want a push instead */ }
}

function notice(detail) {
  show(detail);
  document.dispatchEvent(new CustomEvent("desk:told", { detail }));
  if (!detail.id) return;
  if (detail.in_app) document.getElementById("bell-said").textContent = detail.text;
  if (!first(detail.id)) return;
  if (detail.sound) ring();
  if (detail.browser) announce(detail);
}

/** Follows a live line: it tells how much is unread when it begins, and what comes. */
export function follow(socket) {
  let came = false; // what came since is newer than what was counted for the beginning
  socket.on("notice", (detail) => { came = true; notice(detail); });
  socket.on("bell", (detail) => { if (!came) show(detail); });
  socket.on("disconnect", () => { came = false; });
}

/** The dot at one's own face: online, away or offline. */
export function stand(state) {
  const dot = document.getElementById("me-dot"), said = document.createElement("span");
  if (!dot || dot.classList.contains(state)) return;
  dot.className = `here-dot ${state}`;
  said.className = "sr";
  said.textContent = word(`here-${state}`);
  dot.replaceChildren(said);
}

const menu = document.getElementById("me-menu");
menu?.addEventListener("beforetoggle", (event) => {
  if (event.newState === "open") htmx.ajax("GET", "/console/presence", { source: "#presence", target: "#presence", swap: "innerHTML" });
});
if (bell) {
  const again = () => { if (!document.hidden && Date.now() - told > LOOKS_EVERY / 2) look(); };
  if (!told) setTimeout(() => { if (!told) look(); }, SOON);
  setInterval(again, LOOKS_EVERY);
  document.addEventListener("visibilitychange", again);
  addEventListener("pageshow", (event) => { if (event.persisted) look(); });
}
