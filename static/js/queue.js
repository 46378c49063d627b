/* The queue: rows that come, change, move and go by themselves, without taking the focus or the place of the reader. */
import { word } from "desk/words";
import { paint, paintAll } from "desk/faces";
import { calmly, element, isPressed, list, me, openId, part, rested, view } from "desk/page";

const rows = () => document.getElementById("rows");
const revisions = new Map();
let pointerAt = 0;
const held = new Map(); // id -> the newest event of a row that would move under the pointer
const HOLD_MS = 1200;

const keyOf = (li) => Number(li.dataset.k);
const links = () => [...(rows()?.querySelectorAll("a.convo") ?? [])];

document.addEventListener("pointermove", (event) => {
  if (event.target.closest?.("#rows")) pointerAt = performance.now();
}, { passive: true });

/** Marks the row of the open conversation. */
export function markCurrent() {
  for (const link of links()) {
    if (link.parentElement.id === `c${openId()}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  // A queue of the menu stands behind the others, where the row may be too narrow to show it.
  document.querySelector("#list .tabs > [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function belongs(event) {
  const key = event.keys[view()];
  if (key === undefined || key === "") return null;
  return view() === "mine" && event.assignee !== me ? null : key;
}

/** A row changed, came or went. */
export function rowChanged(event) {
  if (!rows() || (revisions.get(event.id) ?? "") > event.rev) return;
  revisions.set(event.id, event.rev);
  savedSoon();
  if (asks()) { unasked.set(event.id, event); askSoon(); }
  else stand(event, belongs(event));
}

/* Whether a row stands in a saved view, or names its reader in a note, is the desk's to say: it is asked once for all
   that changed together. */
const saved = () => view().startsWith("view-");
const asks = () => saved() || view() === "mentions";
const unasked = new Map();
const MOST_ASKED = 200;
async function ask() {
  const name = view(), told = new Map(unasked);
  unasked.clear();
  if (!asks() || !told.size) return;
  if (told.size > MOST_ASKED) { refresh().catch(() => {}); return; }
  try {
    const { keys } = await (await part(`/console/${name}/among?ids=${[...told.keys()].join(",")}`)).json();
    if (view() !== name || !rows()) return;
    for (const [id, event] of told) if (!unasked.has(id)) stand(event, keys[id] ?? null);
  } catch { /* a return to the line reads the whole view again */ }
}
const askSoon = calmly(ask, 15, 400);
setInterval(() => {
  const every = Number(list()?.dataset.reread ?? 0);
  if (every && !document.hidden && performance.now() - readAt > every * 1000) refresh().catch(() => {});
}, 5000);
let readAt = performance.now();

function stand(event, key) {
  held.delete(event.id);
  const old = document.getElementById(`c${event.id}`);
  if (isPressed(old)) { rested(old).then(() => stand(event, key)); return; }
  turns.delete(event.id);
  if (key === null) { remove(old); return; }
  // A row that would jump away from under the pointer waits until the hand rests.
  if (old && keyOf(old) !== Number(key) && performance.now() - pointerAt < HOLD_MS && rows().matches(":hover")) {
    turn(event.id, () => { const here = document.getElementById(old.id); if (here) replace(here, event, here.dataset.k); });
    held.set(event.id, { event, key });
    setTimeout(release, HOLD_MS);
    return;
  }
  settle(event, key);
}

function release() {
  if (performance.now() - pointerAt < HOLD_MS && rows()?.matches(":hover")) { setTimeout(release, HOLD_MS); return; }
  for (const [id, { event, key }] of held) {
    held.delete(id);
    if (document.getElementById(`c${id}`)) settle(event, key);
  }
}

/* Rows that take a new place glide there: what jumps is read wrong, and hit by mistake. */
const STILL = matchMedia("(prefers-reduced-motion: reduce)"), GLIDE_MS = 160, LONGEST_MS = 400;
const turns = new Map(); // id -> what is done to its row when those that glide have come to rest
let moving = null; // until the rows that glide have come to rest

/* What comes while rows glide waits for them and is done together: a list that never rests cannot be read. */
function turn(id, change) {
  turns.set(id, { change, name: view() });
  if (!moving) takeTurns();
}
function takeTurns() {
  const all = [...turns].filter(([, { name }]) => rows() && name === view()); // not what was meant for another queue
  turns.clear();
  const now = [];
  for (const [id, one] of all) {
    const li = document.getElementById(`c${id}`);
    if (!isPressed(li)) { now.push(one.change); continue; }
    turns.set(id, one); // what comes of it meanwhile takes its place
    rested(li).then(() => { if (!moving) takeTurns(); });
  }
  const glides = now.length ? gliding(() => { for (const change of now) change(); }) : [];
  if (!glides.length) return;
  // Nothing moves in a tab that nobody sees: what waits there waits for no frame.
  const late = new Promise((go) => { setTimeout(go, LONGEST_MS); });
  const mine = moving = Promise.race([Promise.allSettled(glides.map((one) => one.finished)), late]);
  mine.then(() => { moving = null; if (turns.size) takeTurns(); });
}

/* Does a change of rows, and lets those that stand elsewhere then glide there; gives how they glide. */
function gliding(change) {
  const box = document.getElementById("queue-scroll").getBoundingClientRect(), stood = new Map();
  for (const li of rows().children) {
    const at = li.getBoundingClientRect();
    if (li.id && at.bottom > box.top - box.height && at.top < box.bottom + box.height) stood.set(li.id, at.top);
  }
  change();
  if (STILL.matches || document.hidden) return [];
  for (const li of rows().children) for (const one of li.getAnimations()) if (one.id === "glide") one.cancel(); // it goes on from where it is seen now
  const ways = [...rows().children].filter((li) => stood.has(li.id)).map((li) => [li, stood.get(li.id) - li.getBoundingClientRect().top]).filter(([, way]) => way);
  return ways.map(([li, way]) => li.animate([{ transform: `translateY(${way}px)` }, { transform: "none" }], { id: "glide", duration: GLIDE_MS, easing: "ease-out" }));
}

function replace(old, event, key) {
  const fresh = element(event.html);
  fresh.dataset.k = key;
  const link = fresh.querySelector("a");
  link.href = `${link.getAttribute("href")}?view=${view()}`;
  if (event.id === openId()) link.setAttribute("aria-current", "true");
  const focused = old?.contains(document.activeElement);
  paint(fresh);
  if (old) old.replaceWith(fresh);
  if (focused) link.focus({ preventScroll: true });
  return fresh;
}

function settle(event, key) {
  turn(event.id, () => place(event, key)); // one that stays may grow by a mark, and those below it move
}

function place(event, key) {
  const number = Number(key), old = document.getElementById(`c${event.id}`);
  const next = [...rows().children].find((li) => li !== old && li.dataset.k !== undefined && before(number, event.id, li));
  const more = rows().querySelector("[data-more]");
  if (!next && more && !old) return; // it belongs behind what is loaded
  const stays = old && old.nextElementSibling === (next ?? more ?? null);
  const focused = old?.contains(document.activeElement);
  const box = document.getElementById("queue-scroll");
  const anchor = focused ? null : firstVisible(box, old);
  const top = anchor?.getBoundingClientRect().top;
  const fresh = replace(old, event, key);
  if (!stays) rows().insertBefore(fresh, next ?? more ?? null);
  if (focused) fresh.querySelector("a").focus({ preventScroll: true });
  if (!old) fresh.classList.add("fresh");
  if (anchor?.isConnected && box.scrollTop > 0) box.scrollTop += anchor.getBoundingClientRect().top - top;
  document.getElementById("queue-empty").hidden = true;
}

const before = (key, id, li) => key > keyOf(li) || (key === keyOf(li) && Number(id) > Number(li.id.slice(1)));

function firstVisible(box, not) {
  const edge = box.getBoundingClientRect().top;
  return [...rows().children].find((li) => li !== not && li.getBoundingClientRect().bottom > edge) ?? null;
}

function remove(li) {
  if (li) turn(Number(li.id.slice(1)), () => leave(document.getElementById(li.id)));
}

function leave(li) {
  if (!li) return;
  const focused = li.contains(document.activeElement);
  const next = li.nextElementSibling?.querySelector("a.convo") ?? li.previousElementSibling?.querySelector("a.convo");
  li.remove();
  if (focused) next?.focus({ preventScroll: true });
  if (!rows().querySelector("li[data-k]")) document.getElementById("queue-empty").hidden = false;
}

/** A conversation that this person may no longer see; `rev` guards against a row that came after it. */
export function rowGone(event) {
  if (!rows() || (revisions.get(event.id) ?? "") === event.rev) return; // they see it by another way
  turns.delete(event.id);
  remove(document.getElementById(`c${event.id}`));
  savedSoon();
}

const same = (node) => (node.dataset.viewLink ? document.querySelector(`#list [data-view-link="${node.dataset.viewLink}"]`) : null);
const written = (pane) => (pane?.querySelector("#rows")?.innerHTML ?? "").replaceAll(' aria-current="true"', "");
const asWritten = written(list()); // by the desk, before anything here touched it

/** Reads the queue again, after a time without connection, keeping focus and place; at `first`, when the page is new,
 *  only where it is another than the page brought along. */
export async function refresh(first = false) {
  readAt = performance.now();
  const focused = document.activeElement?.closest?.("#list") ? document.activeElement : null;
  const focusedId = focused?.closest("#rows li")?.id, at = focused ? links().indexOf(focused) : -1;
  const top = document.getElementById("queue-scroll").scrollTop;
  const name = view(), fresh = element(await (await part(`/console/${name}`)).text());
  if (!list() || view() !== name) return; // signed out, or in another queue by now
  if (first && written(fresh) === asWritten) return;
  list().replaceWith(fresh);
  turns.clear(); // what waited is in what was read
  htmx.process(fresh);
  document.getElementById("queue-scroll").scrollTop = top;
  paintAll();
  markCurrent();
  if (focused) (document.getElementById(focused.id) ?? document.getElementById(focusedId)?.querySelector("a.convo") ?? same(focused) ?? links()[Math.min(Math.max(at, 0), links().length - 1)] ?? document.querySelector("#list .tab[aria-current], #list a"))?.focus({ preventScroll: true });
}

/** How much each queue holds, as the desk told it. */
export function counted({ counts, cap }) {
  for (const node of document.querySelectorAll("[data-count]")) {
    const n = counts[node.dataset.count];
    if (n === undefined) continue;
    node.textContent = n >= cap ? `${cap - 1}+` : n || "";
  }
}
const savedViews = () => [...document.querySelectorAll("[data-count^=view-]")].map((node) => node.dataset.count.slice(5));

/** Asks how much each queue holds: after a time without connection, and for what only this page shows. */
export async function readCounts() {
  try {
    const views = savedViews();
    counted(await (await part(`/console/counts${views.length ? `?saved=${[...new Set(views)].join(",")}` : ""}`)).json());
  } catch { /* the next change asks again */ }
}
// The desk tells each console what its queues hold, but not what saved views do. Every console hears of every row: they
// ask at a moment of their own each, and seldom while the rows keep coming.
export const countsSoon = calmly(readCounts, 150 + Math.random() * 600, 5000);
const savedSoon = () => { if (savedViews().length) countsSoon(); };

/** The link that is `by` rows from the present one: the focused row, else the open one. */
export function neighbour(by) {
  const all = links();
  if (!all.length) return null;
  const at = all.findIndex((link) => link === document.activeElement);
  const current = at >= 0 ? at : all.findIndex((link) => link.hasAttribute("aria-current"));
  return current < 0 ? all[by > 0 ? 0 : all.length - 1] : all[Math.min(all.length - 1, Math.max(0, current + by))];
}

/* Times that pass: "4 min" becomes "5 min" without the desk. */
function shortSpan(seconds) {
  if (seconds < 60) return word("under");
  if (seconds < 3600) return word("min", { n: Math.floor(seconds / 60) });
  if (seconds < 36 * 3600) return word("h", { n: Math.floor(seconds / 3600) });
  return word("d", { n: Math.floor(seconds / 86400) });
}
function countedSpan(seconds) {
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
  if (minutes < 60 || minutes >= 600) return shortSpan(seconds);
  return word("h", { n: hours }) + (minutes % 60 ? ` ${word("min", { n: minutes % 60 })}` : "");
}
/** The chips of promises: in how long, since how long; by words, a mark and a colour. */
function countDown(now) {
  for (const chip of document.querySelectorAll(".chip.promise")) {
    const time = chip.querySelector("time"), due = Date.parse(time.dateTime), late = due <= now;
    const soon = !late && Date.parse(chip.dataset.warn) <= now;
    const text = word(late ? "due-late" : "due-in", { time: countedSpan(Math.abs(due - now) / 1000) });
    if (time.textContent !== text) time.textContent = text;
    chip.classList.toggle("late", late);
    chip.classList.toggle("warn", soon);
    chip.classList.toggle("line", !late && !soon);
    const mark = late ? "#warn" : "#clock", use = chip.querySelector("use");
    if (use.getAttribute("href") !== mark) use.setAttribute("href", mark);
  }
}
function tick() {
  const now = Date.now();
  countDown(now);
  for (const time of document.querySelectorAll("#rows time:not(.until)")) {
    const seconds = (now - Date.parse(time.dateTime)) / 1000;
    const text = time.classList.contains("waits") ? shortSpan(seconds) : seconds < 60 ? word("now") : seconds < 86400 ? shortSpan(seconds) : null;
    if (text !== null && time.textContent !== text) time.textContent = text;
  }
}
setInterval(tick, 10_000);
if (saved()) countsSoon(); // what a saved view holds is counted after the page is there
