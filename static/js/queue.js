/* The queue: rows that come, change, move and go by themselves, without taking the focus or the place of the reader. */
import { word } from "desk/words";
import { calmly, element, list, me, openId, part, view } from "desk/page";

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
}

function belongs(event) {
  const key = event.keys[view()];
  if (key === undefined || key === "") return null;
  return view() === "mine" && event.assignee !== me ? null : key;
}

/** A row changed, came or went. */
export function rowChanged(event) {
  if ((revisions.get(event.id) ?? "") > event.rev) return;
  revisions.set(event.id, event.rev);
  const key = belongs(event);
  const old = document.getElementById(`c${event.id}`);
  countsSoon();
  if (key === null) { remove(old); return; }
  // A row that would jump away from under the pointer waits until the hand rests.
  if (old && keyOf(old) !== Number(key) && performance.now() - pointerAt < HOLD_MS && rows().matches(":hover")) {
    replace(old, event, old.dataset.k);
    held.set(event.id, event);
    setTimeout(release, HOLD_MS);
    return;
  }
  settle(event, key, old);
}

function release() {
  if (performance.now() - pointerAt < HOLD_MS && rows()?.matches(":hover")) { setTimeout(release, HOLD_MS); return; }
  for (const [id, event] of held) {
    held.delete(id);
    const key = belongs(event), old = document.getElementById(`c${id}`);
    if (key === null) remove(old); else settle(event, key, old);
  }
}

function replace(old, event, key) {
  const fresh = element(event.html);
  fresh.dataset.k = key;
  const link = fresh.querySelector("a");
  link.href = `${link.getAttribute("href")}?view=${view()}`;
  if (event.id === openId()) link.setAttribute("aria-current", "true");
  const focused = old?.contains(document.activeElement);
  if (old) old.replaceWith(fresh);
  if (focused) link.focus({ preventScroll: true });
  return fresh;
}

function settle(event, key, old) {
  const number = Number(key);
  const place = [...rows().children].find((li) => li !== old && li.dataset.k !== undefined && before(number, event.id, li));
  const more = rows().querySelector("[data-more]");
  if (!place && more && !old) return; // it belongs behind what is loaded
  const stays = old && old.nextElementSibling === (place ?? more ?? null);
  const focused = old?.contains(document.activeElement);
  const box = document.getElementById("queue-scroll");
  const anchor = focused ? null : firstVisible(box, old);
  const top = anchor?.getBoundingClientRect().top;
  const fresh = replace(old, event, key);
  if (!stays) rows().insertBefore(fresh, place ?? more ?? null);
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
  if (!li) return;
  const focused = li.contains(document.activeElement);
  const next = li.nextElementSibling?.querySelector("a.convo") ?? li.previousElementSibling?.querySelector("a.convo");
  li.remove();
  if (focused) next?.focus({ preventScroll: true });
  if (!rows().querySelector("li[data-k]")) document.getElementById("queue-empty").hidden = false;
}

/** A conversation that this person may no longer see; `rev` guards against a row that came after it. */
export function rowGone(event) {
  if ((revisions.get(event.id) ?? "") === event.rev) return; // they see it by another way
  remove(document.getElementById(`c${event.id}`));
  countsSoon();
}

/** Reads the queue again, after a time without connection, keeping focus and place. */
export async function refresh() {
  const focusedId = document.activeElement?.closest?.("#rows li")?.id;
  const top = document.getElementById("queue-scroll").scrollTop;
  const fresh = element(await (await part(`/console/${view()}`)).text());
  list().replaceWith(fresh);
  htmx.process(fresh);
  document.getElementById("queue-scroll").scrollTop = top;
  if (focusedId) document.getElementById(focusedId)?.querySelector("a").focus({ preventScroll: true });
  markCurrent();
}

async function readCounts() {
  try {
    const { counts, cap } = await (await part("/console/counts")).json();
    for (const node of document.querySelectorAll("[data-count]")) {
      const n = counts[node.dataset.count];
      node.textContent = n >= cap ? `${cap - 1}+` : n || "";
    }
  } catch { /* the next change asks again */ }
}
export const countsSoon = calmly(readCounts, 150, 1000);

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
function tick() {
  const now = Date.now();
  for (const time of document.querySelectorAll("#rows time")) {
    const seconds = (now - Date.parse(time.dateTime)) / 1000;
    const text = time.classList.contains("waits") ? shortSpan(seconds) : seconds < 60 ? word("now") : seconds < 86400 ? shortSpan(seconds) : null;
    if (text !== null && time.textContent !== text) time.textContent = text;
  }
}
setInterval(tick, 20_000);
