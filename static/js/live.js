/* The live line to the desk: rows, lines and presence as they change; after a gap, everything is asked for again. */
import { io } from "desk/socket";
import { word } from "desk/words";
import { calmly, headings, openId, part, rested, stillMe } from "desk/page";
import { counted, readCounts, refresh, rowChanged, rowGone } from "desk/queue";
import { catchUp, customerSoon, entryTold } from "desk/timeline";
import { device, draftsHere } from "desk/drafts";
import { isAnswering, isNoting, isWriting, sendWaiting, waysAgain } from "desk/composer";
import { avatars, company, peopleAt } from "desk/faces";
import { follow, stand } from "desk/bell";
import { elsewhere, isOut, lost } from "desk/lost";
import { toast } from "desk/toast";
import { taken, whispered, whispersHere } from "desk/whispers";

const socket = io({ transports: ["websocket", "polling"], reconnectionDelay: 400, reconnectionDelayMax: 5000, timeout: 8000 });
let away = 0; // since when there is no connection
let tries = 0;
let known = false; // connected once before: then a connection is a return
let rights = false; // the desk said that they were changed

export const connected = () => socket.connected;

/** Tells the desk which conversation is on the screen. */
export function tellOpen() {
  if (socket.connected) {
    const id = openId();
    socket.emit("open", id || null, (now) => stands(id, now));
    here();
  }
  present([]);
  whispersHere();
}

/* What changed after the page of a conversation was written, and before its news came here, is read now: the lines, and
   all that else is asked for when a line is told. */
function stands(id, { newest = "", head: at = {} } = {}) {
  if (!id || openId() !== id) return;
  if (newest && !document.getElementById(`e${newest}`)) {
    catchUp().catch(() => {});
    waysAgain();
    for (const name of ["desk:asked", "desk:tasks"]) document.dispatchEvent(new CustomEvent(name));
  }
  const shown = document.getElementById("head")?.dataset ?? {};
  if (Object.entries(at).some(([name, value]) => shown[name] !== undefined && shown[name] !== value)) head();
}

socket.on("connect", async () => {
  document.getElementById("shell").dataset.live = "yes";
  tellOpen();
  const returned = known;
  known = true;
  banner("");
  away = 0;
  tries = 0;
  if (!returned) { refresh(true).catch(() => {}); return; }
  if (!await stillMe()) return;
  document.dispatchEvent(new CustomEvent("desk:tasks"));
  sendWaiting();
  if (rights) toast(word("rights"));
  rights = false;
  await readAgain();
});
/* Everything that is told otherwise; what fails is asked for with the next change or the next return. */
const readAgain = () => Promise.allSettled([refresh(), catchUp(), head().then(customerSoon), readCounts(), waysAgain()]); // the panel once the conversation is known to be ours still
socket.on("disconnect", (reason) => {
  away ||= Date.now();
  document.getElementById("shell").dataset.live = "no";
  setTimeout(tell, 1200); // a blink is not worth a word
  if (reason === "io server disconnect" && !isOut()) setTimeout(() => socket.connect(), 300 + Math.random() * 700); // the desk sent us away: rights or session changed
});
socket.io.on("reconnect_attempt", (n) => { tries = n; tell(); });
socket.on("connect_error", (error) => {
  if (error.message === "full") { full(); return; }
  away ||= Date.now();
  tell();
  if (socket.active) return;
  stillMe(); // the desk did not take us: where the session is over, the page says so
  setTimeout(() => { if (!isOut()) socket.connect(); }, 3000);
});

/* As many screens as the desk can hold live: this one looks for news by itself until there is a place. */
function full() {
  banner(word("full"));
  known = true; // the first connection that is given is a return
  setTimeout(async () => {
    if (isOut()) return;
    await readAgain();
    socket.connect();
  }, 15_000);
}
addEventListener("offline", () => { away ||= Date.now(); tell(); });
addEventListener("online", () => { if (!socket.connected) socket.disconnect().connect(); }); // now, not when the next try is due

function tell() {
  if (socket.connected || !away || isOut()) return;
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
socket.on("counts", counted);
socket.on("gone", (event) => {
  rowGone(event);
  if (event.id === openId()) head();
});
socket.on("entry", (event) => {
  entryTold(event);
  if (event.conversation === openId() && ["message", "merge", "forward", "third_party", "sent_again"].includes(event.kind)) waysSoon();
  if (event.conversation === openId() && ["message", "reply"].includes(event.kind)) document.dispatchEvent(new CustomEvent("desk:asked"));
  if (event.conversation === openId() && event.kind === "task") document.dispatchEvent(new CustomEvent("desk:tasks"));
  if (event.kind === "merge") document.dispatchEvent(new CustomEvent("desk:moved"));
});
socket.on("moved", ({ conversation }) => { if (conversation === openId()) document.dispatchEvent(new CustomEvent("desk:moved")); });
follow(socket);
socket.on("faces", ({ conversation, faces }) => peopleAt(conversation, faces));
socket.on("company", company);
socket.on("suggested", ({ conversation }) => document.dispatchEvent(new CustomEvent("desk:suggested", { detail: { id: conversation } })));
socket.on("whisper", whispered);
socket.on("taken", taken);
socket.on("rights", ({ out }) => { rights = !out; here(); });
document.addEventListener("desk:out", () => socket.disconnect());
document.addEventListener("desk:lost", () => head());
socket.on("presence", ({ conversation, others }) => { if (conversation === openId()) present(others); });

const waysSoon = calmly(waysAgain, 250, 1500);
let headWaits = false;
let headTimer = 0;
let headAsked = 0, headPut = 0; // answers overtake each other
function headSoon() {
  clearTimeout(headTimer);
  headTimer = setTimeout(head, 200);
}

/* A menu of the head is open, or an action of it is under way: its button must still be there for what comes back. */
export const inUse = () => document.querySelector("#head :popover-open, #head .htmx-request") !== null;

/** Puts a head in the place of the one that is there; who is here, and the focus, stay. */
export function putHead(html) {
  const focused = document.activeElement?.closest("#head") ? document.activeElement : null;
  const present = document.getElementById("present")?.innerHTML ?? "";
  document.getElementById("head").outerHTML = html;
  const fresh = document.getElementById("head");
  htmx.process(fresh);
  headings();
  document.getElementById("present").innerHTML = present;
  if (focused) ((focused.id ? document.getElementById(focused.id) : fresh.querySelector(`[data-act="${focused.dataset.act}"], [data-menu="${focused.dataset.menu}"]`)) ?? document.getElementById("title"))?.focus({ preventScroll: true });
  return fresh;
}

/** Reads the head of the open conversation again, unless a menu of it is in use. */
export async function head() {
  const id = openId(), now = document.getElementById("head"), mine = ++headAsked;
  if (!id || !now) return;
  headWaits = inUse();
  if (headWaits) { headTimer = setTimeout(head, 300); return; }
  try {
    const html = await (await part(`/console/c/${id}/head`)).text();
    await rested(document.getElementById("head"));
    if (openId() !== id || mine < headPut) return; // one that was asked for later is there already
    if (inUse()) { headTimer = setTimeout(head, 300); return; } // meanwhile
    headPut = mine;
    const node = document.getElementById("head"), fresh = putHead(html);
    if (fresh.dataset.pinned !== node.dataset.pinned) pinned(id);
    if (fresh.dataset.merged && isWriting()) elsewhere(word("merged-there", { into: fresh.dataset.merged }), { href: `/console/c/${id}`, link: word("merged-go", { into: fresh.dataset.merged }) });
  } catch (error) {
    if (error.status === 404 && openId() === id) { lost(); tellOpen(); }
  }
}
/* The note that came with it: another one, or none since it was answered. */
async function pinned(id) {
  try {
    const html = await (await part(`/console/c/${id}/pinned`)).text();
    if (openId() === id) document.getElementById("pinned").outerHTML = html;
  } catch { /* it is there with the next opening */ }
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
  const text = customer && !writers.length ? word("customer-writing", { name: document.getElementById("work")?.dataset.name ?? "" }) : writers.length ? word(writers.every((o) => o.note) ? "writing-note" : "writing", { names: writers.map((o) => o.name).join(", ") })
    : others.length ? word(others.length > 1 ? "viewing-many" : "viewing", { names: others.map((o) => o.name).join(", ") }) : "";
  const said = document.createElement("span");
  said.textContent = text;
  if (live.textContent !== text) live.replaceChildren(...(text ? [icon(writers.length || customer ? "pen" : "eye"), said] : []));
  live.classList.toggle("warned", writers.length > 0);
  stack.replaceChildren(...avatars(others));
  beside();
}
/* Two write an answer to the same customer: who is writing is told so where they look, before either sends. */
function beside() {
  const node = document.getElementById("colleague");
  const answering = colleagues.filter((o) => o.writing && !o.note);
  if (!node) return;
  node.hidden = !answering.length || !isAnswering();
  const text = node.hidden ? "" : word("colleague-writes", { names: answering.map((o) => o.name).join(", ") });
  if (node.textContent !== text) node.textContent = text;
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
let typedAt = -1e9, active = true; // whoever opens a page does something
for (const kind of ["keydown", "pointerdown", "pointermove", "wheel"]) {
  addEventListener(kind, () => {
    const woke = !active && performance.now() - lastHere > 60_000;
    active = true;
    if (woke) here(); // back from doing nothing: the desk need not wait for the next beat
  }, { passive: true });
}
let lastHere = -1e9;
const here = () => {
  if (!socket.connected) return;
  const typing = performance.now() - typedAt < 5000;
  socket.emit("here", { writing: isWriting(), note: isNoting(), answering: typing && isAnswering(), visible: !document.hidden, focused: !document.hidden && document.hasFocus(), active, drafts: draftsHere(), device: device() }, (known) => { if (known?.state) stand(known.state); });
  active = false;
  lastHere = performance.now();
};
setInterval(here, 25_000);
document.addEventListener("visibilitychange", here);
addEventListener("focus", here); // who looks at a conversation is not told of it
addEventListener("blur", here);
let told = false, saidAt = -1e9, stops = 0;
let notedBefore = false;
document.addEventListener("desk:writing", (event) => {
  beside();
  typedAt = event.detail ? performance.now() : -1e9;
  clearTimeout(stops);
  if (event.detail) stops = setTimeout(here, 5500); // nothing was typed since: the visitor is not kept waiting
  if (event.detail === told && notedBefore === isNoting() && !(isAnswering() && performance.now() - saidAt > 3000)) return;
  told = event.detail;
  notedBefore = isNoting();
  saidAt = performance.now();
  here();
});
document.addEventListener("desk:acted", () => { told = false; typedAt = -1e9; here(); if (!socket.connected) { catchUp().catch(() => {}); head(); } });
