/* The wall: asks for its live part whenever the desk says that something changed, and puts in place what differs. */
import { io } from "desk/socket";
import { word } from "desk/words";
import { toast } from "desk/toast";
import { follow } from "desk/bell";

const csrf = () => document.querySelector("meta[name=csrf-token]").content;
const shell = document.getElementById("shell");
// Milliseconds between two askings; once more after a change, for the day's numbers are counted once a second; and times
// pass though nothing happens.
const LEAST = 400, ONCE_MORE = 1300, SLOWLY = 15_000;
let changed = false;
let asking = null, again = false, timer = 0, at = -1e9;

/* At once where it was quiet, else soon: the first change is on the screen before the second is asked for. */
function ask() {
  if (asking) { again = true; return; }
  clearTimeout(timer);
  const wait = at + LEAST - performance.now();
  if (wait > 0) { timer = setTimeout(ask, wait); return; }
  at = performance.now();
  const news = changed;
  changed = false; // what comes while this is read is asked for once more as well
  asking = read().catch(() => {}).finally(() => {
    asking = null;
    if (again) { again = false; ask(); } else timer = setTimeout(ask, news ? ONCE_MORE : SLOWLY);
  });
}

async function read() {
  const response = await fetch("/wall/now", { headers: { "X-Part": "1", "HX-Request": "true" } });
  if (response.status === 401 || response.status === 403) { location.reload(); return; }
  if (!response.ok) return;
  const holder = document.createElement("template");
  holder.innerHTML = (await response.text()).trim();
  for (const fresh of holder.content.querySelectorAll("#wall-at, #vitals, #rise, #risk, #day, #on, #queues")) put(fresh);
}

/* A part that is the same stays; the focus stays where it was, or goes to what took its place. */
function put(fresh) {
  const old = document.getElementById(fresh.id);
  for (const token of fresh.querySelectorAll("input[name=csrf_token]")) token.value = csrf(); // made anew each time, and as good as the page's
  const same = (node) => node.outerHTML.replaceAll(/value="[^"]*"/g, "");
  if (!old || same(old) === same(fresh)) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const left = [...old.querySelectorAll(".scroll-x")].map((n) => n.scrollLeft);
  old.replaceWith(fresh);
  [...fresh.querySelectorAll(".scroll-x")].forEach((n, i) => { n.scrollLeft = left[i] ?? 0; });
  if (focused) (document.getElementById(focused) ?? fresh.querySelector("h2, a"))?.focus({ preventScroll: true });
  if (fresh.id === "wall-at") state();
}

const socket = io({ transports: ["websocket", "polling"], reconnectionDelay: 400, reconnectionDelayMax: 5000, timeout: 8000 });
function state() {
  const chip = document.querySelector("#live-chip span");
  if (!chip) return;
  chip.textContent = word(socket.connected ? "live" : "away");
  shell.classList.toggle("away", !socket.connected);
  shell.dataset.live = socket.connected ? "yes" : "no";
}
follow(socket);
socket.on("connect", () => { socket.emit("open", null); state(); ask(); });
socket.on("disconnect", (reason) => {
  state();
  if (reason === "io server disconnect") setTimeout(() => socket.connect(), 300 + Math.random() * 700);
});
socket.on("connect_error", () => {
  state();
  if (socket.active) return;
  ask(); // the desk did not take us: where the session is over, this asking leads to the login
  setTimeout(() => socket.connect(), 3000);
});
socket.on("rights", () => socket.emit("here", { visible: !document.hidden }));
for (const event of ["row", "gone", "faces", "on"]) socket.on(event, () => { changed = true; ask(); });
setInterval(() => { if (socket.connected) socket.emit("here", { visible: !document.hidden }); }, 25_000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
state();
timer = setTimeout(ask, SLOWLY);

async function post(url, values) {
  const response = await fetch(url, { method: "POST", body: new URLSearchParams(values), headers: { "X-Part": "1", "X-CSRFToken": csrf() } });
  if (!response.ok) throw new Error(response.status === 409 ? await response.text() : "");
  return response.text();
}
function said(text) {
  toast(text);
  ask();
}

/* Taking over. */
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-take]")) return;
  event.preventDefault();
  try { said(await post(form.action, {})); } catch (error) { toast(error.message || word("failed"), { danger: true }); }
});

/* Whispering. What was typed stays until it arrived. */
const dialog = document.getElementById("whisper-dialog"), form = document.getElementById("whisper-form");
const bad = document.getElementById("whisper-bad");
let from = "", request = "";
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-whisper]");
  if (button) {
    const { whisper: id, to, name, customer } = button.dataset;
    if (form.dataset.about !== `${id} ${to}`) { form.elements.text.value = ""; form.dataset.about = `${id} ${to}`; }
    form.action = `/wall/c/${id}/whisper`;
    form.elements.to.value = to;
    document.getElementById("whisper-title").textContent = word("whisper-to", { name });
    document.getElementById("whisper-about").textContent = word("whisper-about", { customer, id });
    bad.hidden = true;
    from = button.id;
    request = crypto.randomUUID?.() ?? String(Math.random());
    dialog.showModal();
    form.elements.text.focus();
  }
  if (event.target.closest?.("#whisper-dialog [data-close]")) dialog.close();
});
dialog.addEventListener("close", () => document.getElementById(from)?.focus({ preventScroll: true }));
form.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); } });
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const text = await post(form.action, { text: form.elements.text.value, to: form.elements.to.value, request_id: request });
    form.elements.text.value = "";
    dialog.close();
    said(text);
  } catch (error) {
    bad.textContent = error.message || word("failed");
    bad.hidden = false;
  }
});

/* For the big screen: all of it, dark, without what nobody presses from across the room. */
const big = document.getElementById("big");
let theme = "";
function grow(on) {
  shell.classList.toggle("big", on);
  big.setAttribute("aria-pressed", String(on));
  big.querySelector("span").textContent = word(on ? "big-off" : "big-on");
  if (on) { theme = document.documentElement.dataset.theme ?? ""; document.documentElement.dataset.theme = "dark"; }
  else if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}
big.addEventListener("click", () => {
  const on = !shell.classList.contains("big");
  grow(on);
  if (on) document.documentElement.requestFullscreen?.().catch(() => {});
  else if (document.fullscreenElement) document.exitFullscreen();
});
document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement && shell.classList.contains("big")) grow(false); });
