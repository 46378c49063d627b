/* Files of an answer: taken by button, paste and drop, and sent to the desk at once, which keeps them with the draft. A
   picture stands in the text where its mark stands: nothing else says so, and what moves the words moves it. */
import { toast } from "desk/toast";
import { word } from "desk/words";
import { element, openId } from "desk/page";

const form = () => document.getElementById("composer");
const field = () => document.getElementById("answer");
const list = () => document.getElementById("attached");
const chips = () => [...(list()?.children ?? [])];
const PICTURE = /^image\/(png|jpeg|gif|webp)$/;
const uploads = new WeakMap(); // a chip that is not at the desk yet -> its file, its conversation, its mark
let by = ""; // the channel that was painted last
const csrf = () => document.querySelector("meta[name=csrf-token]").content;

/** The files that are at the desk: their ids and names. */
export function ready() {
  const there = chips().filter((chip) => chip.dataset.upload);
  return { ids: there.map((chip) => chip.dataset.upload), names: there.map((chip) => chip.dataset.name) };
}

/** Why nothing can be sent yet, as the name of a sentence; nothing where all files are there. */
export function trouble() {
  if (chips().some((chip) => chip.classList.contains("bad"))) return "files-not-there";
  return chips().some((chip) => !chip.dataset.upload) ? "files-on-way" : "";
}

/** These go with an answer that was just sent: they leave the composer. */
export function sent(ids) {
  for (const chip of chips()) if (ids.includes(chip.dataset.upload)) chip.remove();
  paint();
}

const came = new Map(), went = new Map(); // upload -> when it came, or was taken out, on this screen

/** The desk's own list, `asked` for at that moment: what is on its way from here, or came since, stays beside it; what
    was taken out since, and what waits to be sent with an answer (`leaving`), is not shown again. */
export function merge(fresh, leaving, asked) {
  if (!fresh || !list()) return;
  const since = (when, chip) => when.get(chip.dataset.upload) >= asked;
  const listed = new Set([...fresh.children].map((chip) => chip.dataset.upload));
  const mine = chips().filter((chip) => !chip.dataset.upload || (since(came, chip) && !listed.has(chip.dataset.upload)));
  const old = new Map(chips().filter((chip) => chip.dataset.upload).map((chip) => [chip.dataset.upload, chip]));
  const theirs = [...fresh.children].filter((chip) => !leaving.includes(chip.dataset.upload) && !since(went, chip));
  const focused = document.activeElement;
  Object.assign(list().dataset, fresh.dataset);
  list().replaceChildren(...theirs.map((chip) => old.get(chip.dataset.upload) ?? chip), ...mine);
  if (focused?.isConnected && list().contains(focused)) focused.focus();
  paint();
}

/** Shows what depends on the text, on the files, and on the `channel` that takes them (none for a note). */
export function paint(channel = by) {
  by = channel;
  if (!list()) return;
  const text = field().value;
  let total = 0;
  for (const chip of chips()) {
    total += Number(chip.dataset.bytes ?? 0);
    const toggle = chip.querySelector("[data-in-text]");
    if (!toggle) continue;
    toggle.hidden = false;
    toggle.setAttribute("aria-pressed", String(text.includes(chip.dataset.mark)));
  }
  list().hidden = !chips().length;
  for (const node of document.querySelectorAll("#file-words [data-files]")) {
    const room = Number(node.dataset.room);
    node.hidden = !chips().length || node.dataset.files !== channel;
    node.classList.toggle("bad", room < 0 || (room > 0 && total > room));
  }
}

let marking = false;
/** Whether the "input" that is told right now is a picture's mark that moved, was put or changed: nobody wrote. */
export const isMarking = () => marking;
function written() {
  marking = true;
  field().dispatchEvent(new Event("input", { bubbles: true }));
  marking = false;
}
function put(mark) {
  const { selectionStart: at, selectionEnd: end, value } = field();
  const before = at && value[at - 1] !== "\n" ? "\n" : "", after = end < value.length && value[end] !== "\n" ? "\n" : "";
  field().setRangeText(`${before}${mark}${after}`, at, end, "end");
  written();
}
function swap(mark, other) {
  if (!mark || !field()?.value.includes(mark)) return;
  const end = field().selectionEnd, grown = end > field().value.indexOf(mark) ? other.length - mark.length : 0;
  field().value = field().value.replace(mark, other);
  field().setSelectionRange(end + grown, end + grown);
  written();
}

/** Takes files in; with `inText`, pictures stand where the cursor is. */
export function take(files, { inText = false } = {}) {
  if (!form()) return;
  for (const file of files) {
    const chip = made(file);
    list().append(chip);
    const one = { file, id: form().dataset.id, mark: "" };
    if (inText && PICTURE.test(file.type)) {
      one.mark = `[image: ${chip.dataset.name}]`;
      put(one.mark);
    }
    uploads.set(chip, one);
    begin(chip);
  }
  paint();
}

function made(file) {
  const names = new Set(chips().map((chip) => chip.dataset.name));
  const full = file.name || "file", dot = full.lastIndexOf(".");
  const [stem, ending] = dot > 0 ? [full.slice(0, dot), full.slice(dot)] : [full, ""];
  let name = full;
  for (let n = 2; names.has(name); n += 1) name = `${stem}-${n}${ending}`;
  const chip = document.createElement("li");
  chip.className = "file up";
  chip.dataset.name = name;
  chip.dataset.bytes = String(file.size);
  const icon = element(`<svg class="ic" aria-hidden="true"><use href="#clip"/></svg>`);
  const label = document.createElement("bdi");
  label.className = "clip";
  label.textContent = name;
  const why = document.createElement("span");
  why.className = "why";
  why.setAttribute("role", "alert");
  const out = document.createElement("button");
  out.type = "button";
  out.className = "x";
  out.dataset.detach = "";
  out.setAttribute("aria-label", word("file-out", { name }));
  out.append(element(`<svg class="ic ic-s" aria-hidden="true"><use href="#x"/></svg>`));
  chip.append(icon, label, why, out);
  return chip;
}

function begin(chip) {
  const one = uploads.get(chip), most = Number(list()?.dataset.bytes);
  if (!one.file.size) { refused(chip, word("file-empty")); return; }
  if (most && one.file.size > most) { refused(chip, word("file-big", { mb: list().dataset.megabytes })); return; }
  chip.classList.remove("bad");
  chip.querySelector(".why").replaceChildren();
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", word("file-sending", { name: chip.dataset.name }));
  chip.append(bar);
  const call = one.call = new XMLHttpRequest(); // fetch does not tell how far an upload is
  call.open("POST", `/console/c/${one.id}/files`);
  for (const [name, value] of [["X-Part", "1"], ["HX-Request", "true"], ["X-CSRFToken", csrf()]]) call.setRequestHeader(name, value);
  call.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
  call.addEventListener("load", () => {
    bar.remove();
    if (call.status === 201) arrived(chip, call.responseText);
    else if (call.status === 422) refused(chip, call.responseText);
    else if (call.status === 413) refused(chip, word("file-big", { mb: list()?.dataset.megabytes ?? "" }));
    else if (call.status === 503) { lost(chip, word("file-away")); later(chip); }
    else lost(chip, word("file-failed"));
  });
  call.addEventListener("error", () => { bar.remove(); lost(chip, word("file-lost")); });
  const body = new FormData();
  body.append("file", one.file, chip.dataset.name);
  call.send(body);
}

function arrived(chip, html) {
  const fresh = element(html), one = uploads.get(chip);
  if (openId() !== one.id || !list()) return; // another conversation is open: this one shows it when it is opened again
  came.set(fresh.dataset.upload, performance.now());
  const there = chips().find((other) => other.dataset.upload === fresh.dataset.upload);
  if (there) chip.remove();
  else if (chip.isConnected) chip.replaceWith(fresh);
  else list().append(fresh);
  swap(one.mark, fresh.dataset.mark ?? "");
  paint();
  document.dispatchEvent(new CustomEvent("desk:files"));
}

function refused(chip, sentence) {
  const one = uploads.get(chip);
  chip.classList.add("bad");
  chip.querySelector(".why").textContent = sentence;
  if (openId() === one.id) swap(one.mark, "");
  if (!chip.isConnected) toast(`${chip.dataset.name}: ${sentence}`, { danger: true });
  paint();
  document.dispatchEvent(new CustomEvent("desk:files"));
}

/* The network, not the file: it can be tried again, and is when the connection is back. */
function lost(chip, sentence) {
  chip.classList.add("bad");
  const again = document.createElement("button");
  again.type = "button";
  again.className = "link";
  again.dataset.retry = "";
  again.textContent = word("retry");
  chip.querySelector(".why").replaceChildren(sentence, " ", again);
  if (!chip.isConnected) toast(`${chip.dataset.name}: ${sentence}`, { danger: true });
  paint();
  document.dispatchEvent(new CustomEvent("desk:files"));
}
/* The desk keeps its files elsewhere and does not reach them just now: nobody has to press a button for that. */
function later(chip) {
  setTimeout(() => { if (chip.querySelector("[data-retry]")) begin(chip); }, 8000);
}
addEventListener("online", () => { for (const node of list()?.querySelectorAll("[data-retry]") ?? []) begin(node.closest("li")); });

function takeOut(chip) {
  const next = chip.nextElementSibling ?? chip.previousElementSibling;
  const one = uploads.get(chip);
  one?.call?.abort();
  swap(chip.dataset.mark ?? one?.mark, "");
  if (chip.dataset.upload) {
    went.set(chip.dataset.upload, performance.now());
    const call = fetch(`/console/c/${form().dataset.id}/files/${chip.dataset.upload}/remove`, { method: "POST", headers: { "X-Part": "1", "HX-Request": "true", "X-CSRFToken": csrf() } });
    call.catch(() => toast(word("failed"), { danger: true })); // it stands there again when the draft is next read
  }
  chip.remove();
  paint();
  document.dispatchEvent(new CustomEvent("desk:files", { detail: { out: true } }));
  (next?.querySelector("[data-detach]") ?? field()).focus();
}

document.addEventListener("click", (event) => {
  const chip = event.target.closest?.("#attached > li");
  if (!chip) return;
  if (event.target.closest("[data-detach]")) { event.preventDefault(); takeOut(chip); }
  else if (event.target.closest("[data-retry]")) begin(chip);
  else if (event.target.closest("[data-in-text]")) {
    if (field().value.includes(chip.dataset.mark)) swap(chip.dataset.mark, "");
    else put(chip.dataset.mark);
  }
});
document.addEventListener("change", (event) => {
  if (event.target.id !== "attach") return;
  take([...event.target.files]);
  event.target.value = "";
});
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])], kinds = event.clipboardData?.types ?? [];
  if (!files.length || !form()?.contains(event.target)) return;
  if (kinds.includes("text/html") && kinds.includes("text/plain")) return; // a table or a page: its words are meant
  event.preventDefault();
  take(files, { inText: event.target === field() });
});

/* A file that is let go of anywhere beside the conversation must not replace the page. */
const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
const over = (event) => Boolean(form() && event.target.closest?.("#conversation"));
document.addEventListener("dragover", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = over(event) ? "copy" : "none";
  form()?.classList.toggle("dropping", over(event));
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) form()?.classList.remove("dropping"); });
document.addEventListener("drop", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  form()?.classList.remove("dropping");
  if (over(event)) take([...event.dataTransfer.files]);
});
