/* Writing: drafts that stay, an answer that stands on the timeline at once, and that is sent exactly once. */
import { word } from "desk/words";
import { me, openId, part, post, requestId } from "desk/page";
import * as attach from "desk/attach";
import { draftOf, dropDraft, dropWaiting, keepDraft, keepWaiting, waiting } from "desk/drafts";
import { pending } from "desk/timeline";
import { count, price } from "desk/segments";
import { toast } from "desk/toast";

const form = () => document.getElementById("composer");
const field = () => document.getElementById("answer");
const mode = () => form()?.querySelector("input[name=mode]:checked")?.value ?? "reply";
const ways = () => [...(form()?.querySelectorAll("input[name=channel]") ?? [])];
const way = () => ways().find((radio) => radio.checked);
const mine = () => {
  const av = document.querySelector("[popovertarget=me-menu] .av");
  return { name: document.querySelector("#me-menu .menu-head b")?.textContent ?? word("you"), tone: [...(av?.classList ?? [])].find((c) => c.startsWith("tone-")) ?? "", initials: av?.textContent ?? "" };
};
const shown = new Map(); // request id -> the line that waits on the timeline
const posting = new Set();
let begunAt = 0;
let warned = "";
let chosen = false; // a colleague chose the channel: it stays until the answer is sent
let copying = false; // the field for copies was asked for, though nobody was copied
let wanted = ""; // the channel of a draft, until it is known which ones there are

/** Puts the cursor into the composer, as reply or note. */
export function write(kind) {
  const radio = form()?.querySelector(`input[name=mode][value=${kind}]`);
  if (!radio || radio.disabled) return;
  radio.checked = true;
  modeChanged();
  field().focus();
}

/** Chooses the channel of that number; where it is closed, says why. */
export function by(number) {
  const radio = ways().find((r) => r.dataset.key === String(number));
  if (!radio) return;
  if (radio.disabled) { toast(radio.closest("label").title); return; }
  radio.checked = true;
  chosen = true;
  wayChanged();
  write("reply");
}

function wayChanged() {
  const radio = way();
  for (const node of document.querySelectorAll("#reach [data-reach]")) node.hidden = radio ? node.dataset.reach !== radio.value : !("own" in node.dataset);
  copiesShown();
  tally();
}

/* Copies go by mail only, and a note has none. */
function copiesShown() {
  const node = document.getElementById("copies");
  const typed = node?.querySelector("input[type=text]")?.value;
  const some = copying || Boolean(typed) || Boolean(node?.querySelector("input[type=checkbox]"));
  if (node) node.hidden = !node.firstElementChild || !some || mode() === "note" || way()?.value !== "email";
  document.querySelector("#reach [data-cc]")?.setAttribute("aria-expanded", String(Boolean(node && !node.hidden)));
}

/* What was ticked and typed stays when those who take part are read anew. */
function copiesKept(before, after) {
  if (!before || !after) return;
  for (const box of after.querySelectorAll("input[type=checkbox]")) {
    const was = [...before.querySelectorAll("input[type=checkbox]")].find((one) => one.value === box.value);
    if (was) box.checked = was.checked;
  }
  const typed = before.querySelector("input[type=text]"), field = after.querySelector("input[type=text]");
  if (typed && field) field.value = typed.value;
}

function copies() {
  const node = document.getElementById("copies");
  if (!node?.firstElementChild || node.hidden) return {};
  const chosen = [...node.querySelectorAll("input[name=cc]")].filter((one) => one.type !== "checkbox" || one.checked);
  return { copies: "1", cc: chosen.map((one) => one.value).filter(Boolean).join(", ") };
}

/* What the text costs by the chosen channel, and whether it fits. */
function tally() {
  const radio = way(), text = field().value.trim();
  const node = document.querySelector(`#reach [data-reach="${radio?.value ?? ""}"] [data-count]`);
  if (node) {
    const n = count(text);
    const dear = price(text);
    // What it costs stands first: on a telephone the end of the line is out of sight.
    node.textContent = (dear ? `${word("segment-dear", { letter: dear.letter, n: n.segments, fewer: dear.fewer })} · ` : "")
      + word(n.segments === 1 ? "segment-one" : "segment-many", { units: n.units, encoding: n.encoding, n: n.segments, left: n.left });
  }
  const longest = Number(radio?.dataset.longest ?? 0);
  const over = mode() === "reply" && longest && [...text].length > longest;
  document.getElementById("reach")?.classList.toggle("over", Boolean(over));
  attach.paint(mode() === "reply" ? radio?.value ?? "" : "");
}

/** Asks again by which channels the customer can be reached: they wrote, or came and went. What was chosen stays. */
export async function waysAgain() {
  const id = openId(), before = wanted || (chosen || isWriting() ? way()?.value : "");
  if (!id) return;
  try {
    const holder = document.createElement("template");
    holder.innerHTML = await (await part(`/console/c/${id}/ways`)).text();
    if (openId() !== id || !form()) return;
    const focused = document.activeElement?.closest("#ways") ? document.activeElement.value : null;
    copiesKept(document.getElementById("copies"), holder.content.getElementById("copies"));
    attach.merge(holder.content.getElementById("attached"), waiting(me).flatMap((answer) => (answer.files ?? "").split(",")));
    for (const name of ["ways", "reach", "copies", "file-words"]) document.getElementById(name)?.replaceWith(holder.content.getElementById(name));
    const kept = ways().find((r) => r.value === before && !r.disabled);
    if (kept) { kept.checked = true; chosen ||= Boolean(wanted); }
    wanted = "";
    if (focused) ways().find((r) => r.value === focused)?.focus();
    const open = ways().some((r) => !r.disabled), reply = form().querySelector("input[name=mode][value=reply]");
    reply.disabled = !open;
    if (!open && reply.checked) form().querySelector("input[name=mode][value=note]").checked = true;
    wayChanged();
    modeChanged(); // to whom an answer goes is not said below a note, however often it is asked for
  } catch { /* the next message asks again */ }
}

function modeChanged() {
  const kind = mode();
  for (const name of ["ways", "reach"]) document.getElementById(name)?.classList.toggle("resting", kind === "note" && Boolean(way())); // where none is open, the reason stays
  copiesShown();
  tally();
  field().placeholder = kind === "note" ? field().dataset.notePlaceholder : field().dataset.replyPlaceholder;
  for (const node of form().querySelectorAll("[data-send-text]")) node.textContent = node.dataset[kind] ?? node.textContent;
  keep();
}

let state = 0;
function keep() {
  const id = form()?.dataset.id;
  if (!id) return;
  const text = field().value;
  const kept = keepDraft(id, { text, mode: mode(), channel: wanted || (chosen ? way()?.value : undefined) });
  clearTimeout(state);
  if (text.trim() && kept) state = setTimeout(() => { const node = document.getElementById("draft-state"); if (node) node.textContent = word("draft-kept"); }, 1200);
  else document.getElementById("draft-state").textContent = "";
}

/** Another conversation stands on the screen: its draft comes back, and what waits to be sent is shown. */
export function began() {
  if (!form()) return;
  const draft = draftOf(form().dataset.id);
  const text = draft?.text || form().dataset.draft;
  if (text) field().value = text;
  if (draft?.mode) { const radio = form().querySelector(`input[name=mode][value=${draft.mode}]`); if (radio && !radio.disabled) radio.checked = true; }
  begunAt = 0;
  warned = "";
  chosen = false;
  copying = false;
  wanted = draft?.channel ?? "";
  wayChanged();
  modeChanged();
  waysAgain();
  shown.clear();
  for (const answer of waiting(me)) if (answer.id === openId()) { show(answer); if (navigator.onLine) send(answer); }
}

function unsent(reason) {
  const node = document.getElementById("unsent");
  node.hidden = !reason;
  node.textContent = reason;
}

/** Sends what is written; `then` is "" or "resolve". */
export function submit(then = "") {
  const text = field().value.trim(), files = attach.ready();
  if (attach.trouble()) { unsent(word(attach.trouble())); return; }
  if (!text && !files.ids.length) { field().focus(); return; }
  if (warned && mode() === "reply") {
    unsent(`${word("replied-meanwhile", { name: warned })} ${word("send-anyway")}`);
    warned = "";
    return;
  }
  unsent("");
  const answer = { requestId: requestId(), id: form().dataset.id, me, text, mode: mode(), channel: mode() === "reply" ? way()?.value ?? "" : "", ...copies(), anyway: form().querySelector(`#reach [data-reach="${way()?.value}"] input[name=anyway]:checked`)?.value ?? "", files: files.ids.join(","), names: files.names, then, at: Date.now() };
  keepWaiting(answer); // before anything else: from here on it cannot be lost
  field().value = "";
  attach.sent(files.ids);
  dropDraft(answer.id);
  chosen = copying = false;
  const typed = document.querySelector("#copies input[type=text]");
  if (typed && !document.querySelector("#copies input[type=checkbox]")) { typed.value = ""; copiesShown(); }
  tally();
  clearTimeout(state);
  document.getElementById("draft-state").textContent = "";
  if (answer.mode === "note") { // a note is the exception: what is written next is for the customer again
    const reply = form().querySelector("input[name=mode][value=reply]");
    if (!reply.disabled) { reply.checked = true; modeChanged(); }
  }
  begunAt = 0;
  show(answer);
  send(answer);
}

function show(answer) {
  if (shown.has(answer.requestId)) return;
  shown.set(answer.requestId, pending({ ...answer, text: [answer.text, ...(answer.names ?? [])].filter(Boolean).join("\n"), ...mine() }));
}

async function send(answer) {
  if (posting.has(answer.requestId)) return;
  posting.add(answer.requestId);
  const line = () => shown.get(answer.requestId);
  line()?.state(word("sending"));
  try {
    const response = await post(`/console/c/${answer.id}/reply`, { text: answer.text, mode: answer.mode, channel: answer.channel ?? "", copies: answer.copies ?? "", cc: answer.cc ?? "", anyway: answer.anyway ?? "", file: answer.files ?? "", then: answer.then, request_id: answer.requestId });
    dropWaiting(answer.requestId);
    const html = await response.text();
    line()?.real(html, { id: response.headers.get("X-Entry"), at: response.headers.get("X-At"), day: response.headers.get("X-Day"), day_name: decodeURIComponent(response.headers.get("X-Day-Name") ?? "") });
    shown.delete(answer.requestId);
    const said = response.headers.get("X-Toast"); // it waits, and can be taken back
    if (said) document.dispatchEvent(new CustomEvent("desk:news", { detail: JSON.parse(said) }));
    document.dispatchEvent(new CustomEvent("desk:acted", { detail: { id: answer.id } }));
  } catch (error) {
    if (error.status === undefined) { // never arrived, or its answer was lost: it is asked again under the same id
      line()?.state(word("waiting-send"));
    } else if (error.status === 422) { // refused: the words go back into the field
      dropWaiting(answer.requestId);
      line()?.done();
      shown.delete(answer.requestId);
      if (form()?.dataset.id === answer.id) {
        field().value = field().value ? `${answer.text}\n\n${field().value}` : answer.text;
        waysAgain(); // its files come back as well: the desk still has them
        keep();
        tally();
        unsent(error.text);
        field().focus();
      } else keepDraft(answer.id, { text: answer.text, mode: answer.mode, channel: answer.channel });
    } else {
      line()?.failed(error.message, () => send(answer), () => {
        dropWaiting(answer.requestId);
        line()?.done();
        shown.delete(answer.requestId);
        if (form()?.dataset.id === answer.id && !field().value) { field().value = answer.text; keep(); waysAgain(); }
      });
    }
  } finally {
    posting.delete(answer.requestId);
  }
}

/** The connection is back: what waits goes out, for every conversation. */
export function sendWaiting() {
  for (const answer of waiting(me)) send(answer);
}
export const isWriting = () => Boolean(field()?.value.trim() || attach.ready().ids.length);
/** Whether what is written is for the customer: of a note they hear nothing. */
export const isAnswering = () => isWriting() && mode() === "reply";

document.addEventListener("input", (event) => {
  if (event.target !== field()) return;
  if (!begunAt && field().value) begunAt = Date.now();
  if (!field().value) { begunAt = 0; warned = ""; unsent(""); }
  keep();
  tally();
  document.dispatchEvent(new CustomEvent("desk:writing", { detail: isWriting() }));
});
document.addEventListener("change", (event) => { if (event.target.name === "channel" && form()?.contains(event.target)) { chosen = true; wayChanged(); keep(); field().focus(); } });
document.addEventListener("change", (event) => { if (event.target.name === "mode" && form()?.contains(event.target)) { modeChanged(); field().focus(); } });
document.addEventListener("submit", (event) => { if (event.target === form() && !event.submitter?.hasAttribute("data-detach")) { event.preventDefault(); submit(); } });
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-send-resolve]")) { document.getElementById("send-menu").hidePopover(); submit("resolve"); }
});
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("#reach [data-cc]")) return;
  copying = document.getElementById("copies").hidden;
  copiesShown();
  if (copying) document.querySelector("#copies input[type=text]").focus();
});
document.addEventListener("desk:answered", (event) => { if (begunAt && mode() === "reply") { warned = event.detail.name; unsent(word("replied-meanwhile", { name: warned })); } });
addEventListener("online", sendWaiting);
