/* Several conversations at once: rows are selected with X, a click with Shift, or their boxes; one press changes all. */
import { command } from "desk/keys";
import { word } from "desk/words";
import { toast } from "desk/toast";
import { list, post, view } from "desk/page";

const MOST = 200; // the desk takes no more of them at once
const chosen = new Set();
let last = ""; // where a range begins
let shownIn = "";

const boxes = () => [...document.querySelectorAll("#rows .pick")];
const idOf = (node) => node.closest("li").id.slice(1);
const rowNow = () => document.activeElement?.closest?.("#rows li[data-k]");

/* A selection is of one queue. */
function here() {
  if (view() !== shownIn) { chosen.clear(); last = ""; shownIn = view(); }
}

function choose(id, on = !chosen.has(id)) {
  here();
  if (on && chosen.size >= MOST && !chosen.has(id)) { toast(word("several-most", { n: MOST })); return; }
  if (on) chosen.add(id); else chosen.delete(id);
  last = id;
  show();
}

/** Everything between the row where a selection began and this one. */
function chooseTo(id) {
  here();
  const ids = boxes().map(idOf), from = ids.indexOf(last), to = ids.indexOf(id);
  if (from < 0 || to < 0) { choose(id, true); return; }
  for (const one of ids.slice(Math.min(from, to), Math.max(from, to) + 1)) if (chosen.size < MOST) chosen.add(one);
  last = id;
  show();
}

function chooseAll() {
  here();
  for (const box of boxes()) if (chosen.size < MOST) chosen.add(idOf(box));
  if (boxes().length > MOST) toast(word("several-most", { n: MOST }));
  show();
}

function clear(then = Boolean(document.activeElement?.closest?.("#several"))) {
  chosen.clear();
  show();
  if (then) settle();
}

/* The focus goes to where the selection was, never nowhere. */
function settle() {
  const row = document.getElementById(`c${last}`) ?? document.querySelector("#rows li[data-k]");
  (row?.querySelector("a.convo") ?? document.querySelector("#list a"))?.focus({ preventScroll: true });
}

/* Rows come anew with every change: what is selected is marked again, what is gone is no longer selected. */
function show() {
  const bar = document.getElementById("several");
  if (!bar) return;
  here();
  const there = new Set();
  for (const box of boxes()) {
    const id = idOf(box), on = chosen.has(id);
    there.add(id);
    if (box.checked !== on) box.checked = on;
    box.parentElement.classList.toggle("picked", on);
    if (changing.has(id)) box.parentElement.setAttribute("aria-busy", "true");
    else box.parentElement.removeAttribute("aria-busy");
  }
  for (const id of chosen) if (!there.has(id)) chosen.delete(id);
  list().classList.toggle("picking", chosen.size > 0);
  bar.hidden = chosen.size === 0;
  const text = chosen.size ? word(chosen.size === 1 ? "several-one" : "several-many", { n: chosen.size }) : "";
  const count = document.getElementById("several-count"), said = document.getElementById("several-said");
  if (count.textContent !== text) { count.textContent = text; said.textContent = text; }
}
new MutationObserver(() => { if (chosen.size || changing.size || !document.getElementById("several")?.hidden) show(); }).observe(document.getElementById("shell"), { childList: true, subtree: true });

/* What was chosen is sent and let go at once, so that the next can be chosen meanwhile; what is under way is marked, one
   change waits for the one before it, and what the desk did not take is chosen again. */
const changing = new Map(); // id -> how many changes of it are under way
let before = Promise.resolve();

function send(values) {
  document.querySelectorAll("#several .menu:popover-open").forEach((menu) => menu.hidePopover());
  if (!chosen.size) return;
  const ids = [...chosen], from = view();
  for (const id of ids) changing.set(id, (changing.get(id) ?? 0) + 1);
  clear(true);
  before = before.then(() => change(values, ids, from));
}

async function change(values, ids, from) {
  try {
    const response = await post("/console/several", { ...values, ids: ids.join(","), view: from });
    const said = response.headers.get("X-Toast");
    if (said) document.dispatchEvent(new CustomEvent("desk:news", { detail: JSON.parse(said) }));
  } catch (error) {
    toast(error.text || error.message || word("failed"), { danger: true });
    if (view() === from) ids.forEach((id) => chosen.add(id));
  } finally {
    for (const id of ids) if (changing.get(id) > 1) changing.set(id, changing.get(id) - 1); else changing.delete(id);
    show();
  }
}

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("#rows .pick"), link = event.target.closest?.("#rows a.convo");
  if (box) { if (event.shiftKey && last) { chooseTo(idOf(box)); show(); } else choose(idOf(box), box.checked); return; }
  if (link && event.shiftKey) { // a browser would open another window
    event.preventDefault();
    if (!last) last = document.querySelector("#rows a[aria-current]") ? idOf(document.querySelector("#rows a[aria-current]")) : idOf(link);
    chooseTo(idOf(link));
    return;
  }
  const choice = event.target.closest?.("[data-several]"), act = event.target.closest?.("[data-select]");
  if (choice) send(JSON.parse(choice.dataset.several));
  else if (act?.dataset.select === "all") chooseAll();
  else if (act?.dataset.select === "none") clear();
  else if (act) { list().classList.toggle("choosing"); boxes()[0]?.focus(); }
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("[data-several-form]");
  if (!form) return;
  event.preventDefault();
  send(Object.fromEntries(new FormData(form, event.submitter)));
});

const some = () => chosen.size > 0;
const group = word("several");
const menu = (name) => () => document.querySelector(`#several [popovertarget=several-${name}]`)?.click();
command({ keys: "x", text: word("several-select"), group, icon: "check", when: (event) => (event ? event.target.closest?.("#rows li[data-k]") : rowNow()), run: (event) => {
  const row = rowNow();
  if (!row) return false;
  if (event?.shiftKey) chooseTo(idOf(row)); else choose(idOf(row));
} });
command({ keys: "*", text: word("several-all"), group, icon: "check", when: () => boxes().length, run: chooseAll });
for (const [keys, name] of [["a", "assign"], ["l", "label"], ["t", "priority"], ["p", "status"], ["s", "snooze"], ["i", "inbox"]]) {
  command({ keys, text: word(`several-${name}`), group, when: some, run: menu(name) });
}
command({ keys: "e", text: word("several-resolve"), group, when: some, run: () => { send({ action: "status", status: "resolved" }); } });
command({ keys: "!", text: word("several-spam"), group, when: some, run: () => { send({ action: "spam" }); } });
command({ keys: "escape", text: word("several-none"), group, when: () => some() && !document.querySelector(":popover-open"), run: () => clear() });
command({ keys: "y", text: word("why-here"), group: word("go"), icon: "clock", when: (event) => (event ? event.target.closest?.("#rows li[data-k]") : rowNow()), run: () => {
  const row = rowNow(), why = document.getElementById("why");
  if (!row || !why) return false;
  why.querySelector("p").textContent = document.getElementById(`y${idOf(row)}`)?.textContent || word("why-nothing");
  why.showPopover({ source: row.querySelector("a.convo") });
  const edge = row.getBoundingClientRect();
  why.style.insetInlineStart = `${Math.round(document.documentElement.dir === "rtl" ? innerWidth - edge.right + 16 : edge.left + 16)}px`;
  why.style.top = `${Math.round(Math.min(edge.bottom - 8, innerHeight - why.offsetHeight - 12))}px`;
  why.focus();
} });
