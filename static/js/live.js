/* The live line to the desk: rows, lines and presence as they change; after a gap, everything is asked for again. */
import { io } from "desk/socket";
import { word } from "desk/words";
import { calmly, headings, openId, part } from "desk/page";
import { refresh, rowChanged, rowGone } from "desk/queue";
import { catchUp, entryTold } from "desk/timeline";
import { isAnswering, isWriting, sendWaiting, waysAgain } from "desk/composer";

const socket = io({ transports: ["websocket", "polling"], reconnectionDelay: 400, reconnectionDelayMax: 5000, timeout: 8000 });
let away = 0; // since when there is no connection
let tries = 0;
let known = false; // connected once before: then a connection is a return

export const connected = () => socket.connected;

/** Tells the desk which conversation is on the screen. */
export function tellOpen() {
  if (socket.connected) socket.emit("open", openId() || null);
  present([]);
}

socket.on("connect", async () => {
  document.getElementById("shell").dataset.live = "yes";
  tellOpen();
  const returned = known;
  known = true;
  banner("");
  away = 0;
  tries = 0;
  if (!returned) return;
  sendWaiting();
  try { await Promise.all([refresh(), catchUp(), head()]); } catch { /* the next change or the next return asks again */ }
});
socket.on("disconnect", (reason) => {
  away ||= Date.now();
  document.getElementById("shell").dataset.live = "no";
  setTimeout(tell, 1200); // a blink is not worth a word
  if (reason === "io server disconnect") setTimeout(() => socket.connect(), 300 + Math.random() * 700); // the desk sent us away: rights or session changed
});
socket.io.on("reconnect_attempt", (n) => { tries = n; tell(); });
socket.on("connect_error", (error) => {
  if (error.message === "full") { full(); return; }
  away ||= Date.now();
  tell();
  if (!socket.active) setTimeout(() => socket.connect(), 3000);
});

/* As many screens as the desk can hold live: this one looks for news by itself until there is a place. */
function full() {
  banner(word("full"));
  known = true; // the first connection that is given is a return
  setTimeout(async () => {
    try { await Promise.all([refresh(), catchUp(), head()]); } catch { /* the next round asks again */ }
    socket.connect();
  }, 15_000);
}
addEventListener("offline", () => { away ||= Date.now(); tell(); });
addEventListener("online", () => { if (!socket.connected) socket.disconnect().connect(); }); // now, not when the next try is due

function tell() {
  if (socket.connected || !away) return;
  if (navigator.onLine) banner(word("reconnecting"), tries > 1 ? word("try", { n: tries }) : "");
  else banner(word("offline", { time: new Date(away).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }) }), "", true);
}
function banner(text, more = "", danger = false) {
  const node = document.getElementById("connection");
  if (!node) return;
  node.hidden = !text;
  node.className = `connection banner${danger ? " danger" : ""}`;
  const end = document.createElement("span");
  end.className = "end num";
  end.textContent = more;
  if (node.dataset.text !== text) { node.replaceChildren(text, end); node.dataset.text = text; }
  else if (node.lastChild?.textContent !== more) node.lastChild.replaceWith(end);
}

socket.on("row", (event) => {
  rowChanged(event);
  if (event.id === openId()) {
    const now = document.getElementById("head");
    if (!now || now.dataset.status !== event.status || now.dataset.level !== event.level || now.dataset.assignee !== event.assignee || headWaits) head();
    else headSoon();
  }
});
socket.on("gone", (event) => {
  rowGone(event);
  if (event.id === openId()) head();
});
socket.on("entry", (event) => {
  entryTold(event);
  if (event.conversation === openId() && ["message", "merge", "forward", "third_party"].includes(event.kind)) waysSoon();
  if (event.kind === "merge") document.dispatchEvent(new CustomEvent("desk:moved"));
});
socket.on("moved", ({ conversation }) => { if (conversation === openId()) document.dispatchEvent(new CustomEvent("desk:moved")); });
socket.on("presence", ({ conversation, others }) => { if (conversation === openId()) present(others); });

const waysSoon = calmly(waysAgain, 250, 1500);
let headWaits = false;
let headTimer = 0;
function headSoon() {
  clearTimeout(headTimer);
  headTimer = setTimeout(head, 200);
}

/* A menu of the head is open, or an action of it is under way: its button must still be there for what comes back. */
export const inUse = () => document.querySelector("#head :popover-open, #head .htmx-request") !== null;

/** Reads the head of the open conversation again, unless a menu of it is in use. */
export async function head() {
  const id = openId(), now = document.getElementById("head");
  if (!id || !now) return;
  headWaits = inUse();
  if (headWaits) { headTimer = setTimeout(head, 300); return; }
  try {
    const html = await (await part(`/console/c/${id}/head`)).text();
    if (openId() !== id) return;
    if (inUse()) { headTimer = setTimeout(head, 300); return; } // meanwhile
    const node = document.getElementById("head"), focused = document.activeElement?.closest("#head") ? document.activeElement : null;
    const present = document.getElementById("present")?.innerHTML ?? "";
    node.outerHTML = html;
    const fresh = document.getElementById("head");
    htmx.process(fresh);
    headings();
    document.getElementById("present").innerHTML = present;
    if (focused) (focused.id ? document.getElementById(focused.id) : fresh.querySelector(`[data-act="${focused.dataset.act}"], [data-menu="${focused.dataset.menu}"]`) ?? document.getElementById("title"))?.focus({ preventScroll: true });
  } catch (error) {
    if (error.status === 404) lost();
  }
}
function lost() {
  const node = document.getElementById("live");
  if (node) { node.textContent = word("gone"); node.classList.add("se-frustrated"); }
  document.querySelectorAll("#composer button, #head button").forEach((b) => { b.disabled = true; });
}

/* The visitor of a chat writes just now. It ends by itself: the last word may be lost. */
let colleagues = [], customerWrites = "", customerStops = 0;
socket.on("customer", ({ conversation, writing }) => {
  if (conversation !== openId()) return;
  clearTimeout(customerStops);
  customerWrites = writing ? conversation : "";
  if (writing) customerStops = setTimeout(() => { customerWrites = ""; present(colleagues); }, 6000);
  present(colleagues);
});

function present(others) {
  colleagues = others;
  const live = document.getElementById("live"), stack = document.getElementById("present");
  if (!live || !stack) return;
  const writers = others.filter((o) => o.writing);
  const customer = customerWrites && customerWrites === openId();
  const text = customer && !writers.length ? word("customer-writing", { name: document.getElementById("work")?.dataset.name ?? "" }) : writers.length ? word("writing", { names: writers.map((o) => o.name).join(", ") })
    : others.length ? word(others.length > 1 ? "viewing-many" : "viewing", { names: others.map((o) => o.name).join(", ") }) : "";
  const said = document.createElement("span");
  said.textContent = text;
  if (live.textContent !== text) live.replaceChildren(...(text ? [icon(writers.length || customer ? "pen" : "eye"), said] : []));
  live.classList.toggle("warned", writers.length > 0);
  stack.replaceChildren(...others.slice(0, 3).map((o) => {
    const av = document.createElement("span");
    av.className = `av staff s tone-${o.id % 8}`;
    av.title = o.name;
    av.textContent = o.name.split(/\s+/).map((w) => w[0]).filter((_, i, all) => i === 0 || i === all.length - 1).join("").toUpperCase();
    return av;
  }));
}
function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "ic ic-s");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#${name}`);
  svg.append(use);
  return svg;
}

/* A sign of life: the desk checks the session with it, tells colleagues who writes, and the visitor of a chat that an
   answer is being written, as long as it is. */
let typedAt = -1e9;
const here = () => {
  if (!socket.connected) return;
  const typing = performance.now() - typedAt < 5000;
  socket.emit("here", { writing: isWriting(), answering: typing && isAnswering(), visible: !document.hidden });
};
setInterval(here, 25_000);
document.addEventListener("visibilitychange", here);
let told = false, saidAt = -1e9, stops = 0;
document.addEventListener("desk:writing", (event) => {
  typedAt = event.detail ? performance.now() : -1e9;
  clearTimeout(stops);
  if (event.detail) stops = setTimeout(here, 5500); // nothing was typed since: the visitor is not kept waiting
  if (event.detail === told && !(isAnswering() && performance.now() - saidAt > 3000)) return;
  told = event.detail;
  saidAt = performance.now();
  here();
});
document.addEventListener("desk:acted", () => { told = false; typedAt = -1e9; here(); if (!socket.connected) { catchUp().catch(() => {}); head(); } });
