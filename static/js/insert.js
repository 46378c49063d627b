/* What is offered while one writes: a list above the field, by keyboard alone; what is chosen takes the place of what was typed. */
import { word } from "desk/words";
import { openId, part, post } from "desk/page";
import { toast } from "desk/toast";
import { macro } from "desk/macros";

const field = () => document.getElementById("answer");
const box = () => document.getElementById("offer");
const note = () => document.querySelector("#composer input[name=mode]:checked")?.value === "note";

/* What begins a list, and what becomes of a choice: its text, or a promise of it. */
const KINDS = [
  { kind: "canned", begins: /(?:^|\s)(\/((?:[^\s/][^\n/]{0,40})?))$/, when: () => true, chosen: canned },
  { kind: "staff", begins: /(?:^|[\s(])(@((?:[^\s@][^\n@]{0,40})?))$/, when: note, chosen: (item) => ({ text: item.insert }) },
  { kind: "article", begins: /(\[\[([^\]\n]{0,60}))$/, when: () => true, chosen: (item) => ({ text: item.insert }) },
];

let open = null; // {kind, start, query}
let results = [];
let at = 0;
let asked = 0;
let answered = 0; // which of the questions the list shows
let wanted = false; // Enter came before the answer
let dismissed = -1;

function found() {
  const text = field();
  if (!text || text.selectionStart !== text.selectionEnd) return null;
  const before = text.value.slice(0, text.selectionStart);
  for (const kind of KINDS) {
    const match = kind.when() && before.slice(-120).match(kind.begins);
    if (match) return { ...kind, start: before.length - match[1].length, query: match[2] };
  }
  return null;
}

async function look() {
  const now = found();
  if (!now || now.start === dismissed) { if (!now) dismissed = -1; close(); return; }
  dismissed = -1;
  const mine = ++asked;
  if (open?.kind !== now.kind || open?.start !== now.start) { results = []; at = 0; wanted = false; }
  open = now;
  try {
    const { results: fresh, otherwise } = await (await part(`/console/c/${openId()}/offer/${now.kind}?q=${encodeURIComponent(now.query)}`)).json();
    if (mine !== asked || !open) return;
    // Several words that nothing fits are a sentence, and no search.
    if (!fresh.length && now.query.includes(" ")) { close(); return; }
    // Where nothing fits, a way on is offered; it is chosen by arrow or pointer only, for Enter means a new line there.
    results = fresh.length || !otherwise ? fresh : [otherwise];
    answered = mine;
    at = fresh.length ? 0 : -1;
    show(fresh.length);
    if (wanted && fresh.length) choose(0);
  } catch { if (mine === asked) close(); /* what was typed stays as it is */ }
}

function show(fitting) {
  const list = box();
  list.setAttribute("aria-label", word(`offer-${open.kind}`));
  list.replaceChildren(...results.map((item, i) => {
    const li = document.createElement("li");
    li.id = `offer-${i}`;
    li.setAttribute("role", "option");
    if (item.icon) li.insertAdjacentHTML("beforeend", `<svg class="ic" aria-hidden="true"><use href="#${item.icon}"/></svg>`);
    const said = (text, css) => { if (!text) return; const span = document.createElement("span"); span.className = css; span.dir = "auto"; span.textContent = text; li.append(span); };
    said(item.text, "clip name");
    said(item.kind, "chip accent");
    said(item.more, "muted clip");
    said(item.key, "short");
    return li;
  }));
  if (!fitting) {
    const li = document.createElement("li");
    li.className = "none muted";
    li.setAttribute("role", "option");
    li.setAttribute("aria-disabled", "true");
    li.setAttribute("aria-selected", "false");
    li.textContent = word("offer-none");
    list.prepend(li);
  }
  list.hidden = false;
  field().setAttribute("aria-controls", "offer");
  document.getElementById("offer-said").textContent = fitting ? word(fitting === 1 ? "offer-one" : "offer-many", { n: fitting }) : [word("offer-none"), ...results.map((item) => item.text)].join(" ");
  mark();
}

function mark() {
  box().querySelectorAll("[role=option]:not(.none)").forEach((li, i) => {
    li.setAttribute("aria-selected", String(i === at));
    if (i === at) { field().setAttribute("aria-activedescendant", li.id); li.scrollIntoView({ block: "nearest" }); }
  });
  if (at < 0 || !results.length) field().removeAttribute("aria-activedescendant");
}

function close() {
  asked += 1;
  open = null;
  wanted = false;
  const list = box();
  if (!list || list.hidden) return;
  list.hidden = true;
  document.getElementById("offer-said").textContent = "";
  field()?.removeAttribute("aria-activedescendant");
  field()?.removeAttribute("aria-controls");
}

/* What is marked still has all that was typed since: it is meant, and whoever writes on need not wait. */
const fits = (item) => [item?.text, item?.key].some((text) => text?.toLowerCase().includes(open.query.trim().toLowerCase()));

async function choose(i) {
  const item = results[i], { start, chosen } = open, id = openId();
  if (!item) { wanted = false; return; }
  if (item.url) { close(); window.open(item.url, "_blank", "noopener"); return; } // the conversation stays open beside it
  const end = field().selectionEnd;
  close();
  try {
    const made = await chosen(item, id);
    if (made === null) field()?.focus();
    if (made === null || openId() !== id || !field()) return;
    put(made.text, start, end, made.missing);
  } catch (error) {
    if (error.name !== "AbortError") toast(error.text || error.message || word("failed"), { danger: true });
    field()?.focus();
  }
}

/** Puts a text into the field in the place of what stands between two of its places, and goes to its first gap. */
export function put(text, start, end, missing = []) {
  const target = field();
  target.focus();
  target.setRangeText(text, start, end, "end");
  const gap = missing.length ? target.value.indexOf(`{${missing[0]}}`, start) : -1;
  if (gap >= 0) target.setSelectionRange(gap, gap + missing[0].length + 2);
  target.dispatchEvent(new Event("input", { bubbles: true }));
}

async function canned(item, id) {
  if (item.macro) return macro(item, id);
  return (await post(`/console/c/${id}/canned/${item.id}`, {})).json();
}

/* Chosen in the palette: it comes to where the cursor last stood. */
document.addEventListener("desk:canned", async ({ detail: item }) => {
  const id = openId();
  try {
    const made = await canned(item, id), target = field();
    if (made === null || openId() !== id || !target) return;
    if (made.text) put(made.text, target.selectionEnd, target.selectionEnd, made.missing);
  } catch (error) {
    if (error.name !== "AbortError") toast(error.text || error.message || word("failed"), { danger: true });
  }
});

/** The first variable that still stands in a text without its value: {name, at, length}; null where all are filled in. */
export function gap(text) {
  const names = field()?.dataset.variables;
  const match = names && text.match(new RegExp(`\\{\\s*(${names})\\s*\\}`));
  return match ? { name: match[0], at: match.index, length: match[0].length } : null;
}

function gaps() {
  const node = document.getElementById("gaps");
  if (!node) return;
  const names = field().dataset.variables;
  const left = names ? [...new Set(field().value.match(new RegExp(`\\{\\s*(?:${names})\\s*\\}`, "g")) ?? [])] : [];
  const text = left.length ? word("gaps", { names: left.join(", ") }) : "";
  if (node.textContent !== text) node.textContent = text;
  node.hidden = !text;
}

document.addEventListener("input", (event) => { if (event.target === field()) { gaps(); look(); } });
document.addEventListener("selectionchange", () => { if (open && document.activeElement === field() && found()?.start !== open.start) close(); });
document.addEventListener("focusout", (event) => { if (event.target === field()) close(); });
document.addEventListener("pointerdown", (event) => {
  const li = event.target.closest?.("#offer [role=option]:not(.none)");
  if (!li) return;
  event.preventDefault(); // the cursor stays in the field
  choose(Number(li.id.slice(6)));
});
document.addEventListener("keydown", (event) => {
  if (!open || event.target !== field() || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const shown = !box().hidden;
  if (event.key === "Escape") { dismissed = open.start; close(); }
  else if (event.key === "Enter" && !event.shiftKey && answered !== asked && !(shown && fits(results[at]))) wanted = true; // what it shows is of before
  else if (!shown || !results.length) return;
  else if (event.key === "ArrowDown") { at = (at + 1) % results.length; mark(); }
  else if (event.key === "ArrowUp") { at = (at + results.length - 1) % results.length; mark(); }
  else if (at >= 0 && (event.key === "Enter" || event.key === "Tab") && !event.shiftKey) choose(at);
  else return;
  event.preventDefault();
  event.stopPropagation();
}, { capture: true });
