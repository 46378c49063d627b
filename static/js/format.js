/* The marks of an answer: around what is selected, by button or by key; and the preview, which the desk itself makes. */
import { word } from "desk/words";
import { openId, post } from "desk/page";
import { command } from "desk/keys";
import { toast } from "desk/toast";

const form = () => document.getElementById("composer");
const field = () => document.getElementById("answer");
const panel = () => document.getElementById("preview");
const toggle = () => form()?.querySelector("[data-preview]");

/* Puts a text in the place of another so that the browser's own undo takes it back. */
function put(text, start, end, from, to) {
  const target = field();
  target.focus();
  target.setSelectionRange(start, end);
  if (!(text ? document.execCommand("insertText", false, text) : document.execCommand("delete"))) {
    target.setRangeText(text, start, end, "end");
    target.dispatchEvent(new Event("input", { bubbles: true }));
  }
  target.setSelectionRange(from, to);
}

/* Marks around the selection without the spaces at its ends; where they are there already, they go. */
function around(mark) {
  const { value, selectionStart, selectionEnd } = field();
  const chosen = value.slice(selectionStart, selectionEnd), n = mark.length;
  const start = selectionStart + (chosen.length - chosen.trimStart().length), end = Math.max(start, selectionEnd - (chosen.length - chosen.trimEnd().length));
  const inner = value.slice(start, end);
  const has = (a, b) => value.slice(a - n, a) === mark && value.slice(b, b + n) === mark && (n > 1 || value[a - 2] !== mark || value[a - 3] === mark);
  if (has(start, end)) put(inner, start - n, end + n, start - n, end - n);
  else put(`${mark}${inner}${mark}`, start, end, start + n, end + n);
}

/* A mark before each line of the selection; where all have it, it goes. */
function before(kind) {
  const { value, selectionStart, selectionEnd } = field();
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const stop = value.indexOf("\n", Math.max(start, selectionEnd - (selectionEnd > selectionStart && value[selectionEnd - 1] === "\n" ? 1 : 0)));
  const end = stop < 0 ? value.length : stop;
  const lines = value.slice(start, end).split("\n");
  const mark = { list: /^[-*] /, numbers: /^\d+[.)] /, quote: /^> ?/ }[kind];
  const bare = lines.map((line) => line.replace(kind === "quote" ? mark : /^(?:[-*]|\d+[.)]) /, "")); // one kind of list becomes the other
  const all = lines.every((line) => mark.test(line));
  const made = all ? bare : bare.map((line, i) => `${{ list: "- ", numbers: `${i + 1}. `, quote: "> " }[kind]}${line}`);
  const text = made.join("\n");
  put(text, start, end, lines.length > 1 ? start : start + text.length, start + text.length);
}

function link() {
  const { value, selectionStart: start, selectionEnd: end } = field();
  const chosen = value.slice(start, end).trim();
  if (/^(https?:|mailto:|tel:)\S+$/i.test(chosen)) put(`[](${chosen})`, start, end, start + 1, start + 1);
  else {
    const at = start + chosen.length + 3;
    put(`[${chosen}](https://)`, start, end, chosen ? at : start + 1, chosen ? at + 8 : start + 1);
  }
}

function block() {
  const { value, selectionStart: start, selectionEnd: end } = field();
  const open = start && value[start - 1] !== "\n" ? "\n```\n" : "```\n", inner = value.slice(start, end);
  const text = `${open}${inner}\n\`\`\`${end < value.length && value[end] !== "\n" ? "\n" : ""}`;
  put(text, start, end, start + open.length, start + open.length + inner.length);
}

const MARKS = { bold: () => around("**"), italic: () => around("*"), code: () => around("`"), link, block, list: () => before("list"), numbers: () => before("numbers"), quote: () => before("quote") };

function apply(name) {
  close();
  MARKS[name]();
}

/* The preview takes the place of the field, which keeps its size: nothing around it moves. */
const shown = () => Boolean(panel() && !panel().hidden);

/** Back to writing. */
export function close(focus = false) {
  if (!shown()) return;
  const held = panel().contains(document.activeElement);
  panel().hidden = true;
  panel().replaceChildren();
  toggle().setAttribute("aria-pressed", "false");
  if (focus || held) field().focus();
}

const asked = () => ({
  text: field().value,
  mode: form().querySelector("input[name=mode]:checked")?.value ?? "reply",
  channel: form().querySelector("input[name=channel]:checked")?.value ?? "",
});

let turn = 0;
async function preview() {
  if (shown()) { close(true); return; }
  const id = openId(), mine = ++turn;
  toggle().setAttribute("aria-busy", "true");
  try {
    const made = await (await post(`/console/c/${id}/preview`, asked())).json();
    if (mine !== turn || openId() !== id) return;
    panel().innerHTML = made.html; // the desk's own
    panel().hidden = false;
    toggle().setAttribute("aria-pressed", "true");
    panel().scrollTop = 0;
    panel().focus();
  } catch (error) { if (error.name !== "AbortError") toast(error.text || word("no-preview"), { danger: true }); }
  finally { toggle()?.removeAttribute("aria-busy"); }
}

/* What a text is without its marks, asked of the desk: what a channel without formatting sends, and is paid for. */
const MARKED = /[*_`[\\]|^\s*(?:>|-\s|\d+[.)]\s)/m;
let plain = { text: "", sent: "" };
let timer = 0;
/** The text as it is sent where nothing is formatted; until that is known, as it was typed. */
export function sent(text) {
  if (!MARKED.test(text)) return text;
  if (plain.text === text) return plain.sent;
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const id = openId();
    try {
      const made = await (await post(`/console/c/${id}/preview`, { ...asked(), text })).json();
      plain = { text, sent: made.text };
      if (openId() === id) document.dispatchEvent(new Event("desk:counted"));
    } catch { /* it is counted as it was typed */ }
  }, 250);
  return text;
}

document.addEventListener("click", (event) => {
  const mark = event.target.closest?.("#tools [data-mark]");
  if (mark) apply(mark.dataset.mark);
  else if (event.target.closest?.("[data-preview]")) preview();
});
/* A press on a button leaves the selection where it is. */
document.addEventListener("pointerdown", (event) => { if (event.target.closest?.("#tools [data-mark]")) event.preventDefault(); });
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && shown() && form().contains(event.target)) { event.preventDefault(); event.stopPropagation(); close(true); return; }
  const tools = event.target.closest?.("#tools");
  if (!tools || !["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
  const all = [...tools.querySelectorAll("[data-mark]")], at = all.indexOf(event.target);
  const step = (event.key === "ArrowRight") === (getComputedStyle(tools).direction !== "rtl") ? 1 : -1;
  const next = all[{ Home: 0, End: all.length - 1 }[event.key] ?? (at + step + all.length) % all.length];
  for (const one of all) one.tabIndex = one === next ? 0 : -1;
  next.focus();
  event.preventDefault();
}, { capture: true });
/* Another way, or a note: it would look otherwise. The field itself only says that it was left. */
document.addEventListener("change", (event) => { if (shown() && event.target !== field() && form().contains(event.target)) close(); });
document.addEventListener("input", (event) => { if (event.target === field()) close(); });

const group = word("formatting");
const here = (event) => Boolean(field()) && (!event || event.target === field());
for (const [name, keys, icon] of [["bold", "ctrl+b", "pen"], ["italic", "ctrl+i", "pen"], ["link", "ctrl+shift+l", "link"], ["list", "ctrl+shift+8", "bullets"], ["numbers", "ctrl+shift+7", "numbers"], ["quote", "ctrl+shift+9", "quote"], ["code", "ctrl+e", "code"], ["block", "", "block"]]) {
  command({ keys: keys || undefined, text: word(`mark-${name}`), group, icon, anywhere: true, when: here, run: () => apply(name) });
}
command({ keys: "ctrl+shift+f", text: word("preview"), group, icon: "eye", anywhere: true, when: (event) => Boolean(field()) && (!event || form().contains(event.target)), run: () => { preview(); } });
