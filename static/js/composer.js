/* Writing: drafts that stay, an answer that stands on the timeline at once, and that is sent exactly once. */
import { word } from "desk/words";
import { me, openId, part, post, requestId, rested } from "desk/page";
import * as attach from "desk/attach";
import { draftOf, dropDraft, dropWaiting, keepDraft, keepWaiting, waiting } from "desk/drafts";
import { pending, seenTo } from "desk/timeline";
import { count, price } from "desk/segments";
import { toast } from "desk/toast";
import { elsewhere, isOut } from "desk/lost";
import { gap } from "desk/insert";
import * as format from "desk/format";
import { suggestionOf } from "desk/suggested";
import { after, macroOf, over, paint, remember } from "desk/ending";

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
let seen = ""; // the newest line that stood there when this draft was begun: the desk asks where a colleague answered since
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

/* How many characters the files add to the text by a way: none where they travel in the message. */
function linked(radio) {
  const words = document.querySelector(`#file-words [data-files="${radio?.value ?? ""}"]`);
  return Number(words?.dataset.link ?? 0) * attach.ready().ids.length;
}

/* What the text costs by the chosen channel, and whether it fits. */
function tally() {
  const radio = way(), text = field().value.trim();
  const node = document.querySelector(`#reach [data-reach="${radio?.value ?? ""}"] [data-count]`);
  const goes = node ? format.sent(text) : text; // what is counted goes without marks
  if (node) {
    const whole = goes + "x".repeat(linked(radio)); // the addresses of files are paid for as well
    const n = count(whole);
    const dear = price(whole);
    // What it costs stands first: on a telephone the end of the line is out of sight.
    node.textContent = !whole ? "" : (dear ? `${word("segment-dear", { letter: dear.letter, n: n.segments, fewer: dear.fewer })} · ` : "")
      + word(n.segments === 1 ? "segment-one" : "segment-many", { units: n.units, encoding: n.encoding, n: n.segments, left: n.left });
  }
  const longest = Number(radio?.dataset.longest ?? 0);
  const over = mode() === "reply" && longest && [...goes].length + linked(radio) > longest;
  document.getElementById("reach")?.classList.toggle("over", Boolean(over));
  attach.paint(mode() === "reply" ? radio?.value ?? "" : "");
}

let waysAsked = 0, waysPut = 0; // answers overtake each other
/** Asks again by which channels the customer can be reached: they wrote, or came and went. What was chosen stays. */
export async function waysAgain() {
  const id = openId(), mine = ++waysAsked, before = wanted || (chosen || isWriting() ? way()?.value : "");
  if (!id) return;
  try {
    const holder = document.createElement("template"), asked = performance.now();
    holder.innerHTML = await (await part(`/console/c/${id}/ways`)).text();
    await rested(document.getElementById("ways"));
    if (openId() !== id || !form() || mine < waysPut) return; // one that was asked for later is there already
    waysPut = mine;
    const focused = document.activeElement?.closest("#ways") ? document.activeElement.value : null;
    copiesKept(document.getElementById("copies"), holder.content.getElementById("copies"));
    attach.merge(holder.content.getElementById("attached"), waiting(me).flatMap((answer) => (answer.files ?? "").split(",")), asked);
    for (const name of ["ways", "reach", "copies", "file-words"]) document.getElementById(name)?.replaceWith(holder.content.getElementById(name));
    const kept = ways().find((r) => r.value === before && !r.disabled);
    if (kept) { kept.checked = true; chosen ||= Boolean(wanted); }
    wanted = "";
    if (focused) ways().find((r) => r.value === focused)?.focus();
    const open = ways().some((r) => !r.disabled), reply = form().querySelector("input[name=mode][value=reply]");
    reply.disabled = !open;
    if (!open && reply.checked && field().value.trim()) elsewhere(word("unreachable")); // what is for the customer becomes no note by itself
    else if (!open && reply.checked) form().querySelector("input[name=mode][value=note]").checked = true;
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
  paint();
  keep();
}

let state = 0;
function keep() {
  const id = form()?.dataset.id;
  if (!id) return;
  const text = field().value;
  const kept = keepDraft(id, { text, mode: mode(), channel: wanted || (chosen ? way()?.value : undefined), seen });
  clearTimeout(state);
  if (text.trim() && kept) state = setTimeout(() => { const node = document.getElementById("draft-state"); if (node) node.textContent = word("draft-kept"); }, 1200);
  else document.getElementById("draft-state").textContent = "";
}

/** Another conversation stands on the screen: its draft comes back, and what waits to be sent is shown. */
export function began() {
  if (!form()) return;
  elsewhere("");
  const draft = draftOf(form().dataset.id);
  const text = draft?.text || form().dataset.draft;
  if (text) field().value = text;
  if (draft?.mode) { const radio = form().querySelector(`input[name=mode][value=${draft.mode}]`); if (radio && !radio.disabled) radio.checked = true; else if (text) elsewhere(word("unreachable")); }
  begunAt = text ? Date.now() : 0;
  seen = text ? draft?.seen || seenTo() : "";
  held = null;
  crossed("");
  chosen = false;
  copying = false;
  over();
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

/* Sent while a file was on its way: it goes when the file is there, unless the answer was touched meanwhile. */
let held = null;
function heldGoes() {
  const trouble = attach.trouble(), was = held;
  if (!was || trouble === "files-on-way") return;
  held = null;
  if (was.id !== form().dataset.id) return;
  unsent(trouble ? word(trouble) : "");
  if (!trouble) submit(was.then, was.later);
}
function letGo() {
  if (held) unsent("");
  held = null;
}

/** Sends what is written; `then` is what follows: "", "resolve", "pending", "snooze:24". */
export function submit(then = after(), later = {}) {
  const text = field().value.trim(), files = attach.ready();
  held = null;
  if (attach.trouble()) {
    unsent(word(attach.trouble()));
    if (attach.trouble() === "files-on-way") held = { id: form().dataset.id, then, later };
    return;
  }
  if (!text && !files.ids.length) { field().focus(); return; }
  const open = mode() === "reply" ? gap(field().value) : null;
  if (open) {
    unsent(word("gap-first", { name: open.name }));
    field().focus();
    field().setSelectionRange(open.at, open.at + open.length);
    return;
  }
  unsent("");
  crossed("");
  const answer = { requestId: requestId(), id: form().dataset.id, me, text, mode: mode(), channel: mode() === "reply" ? way()?.value ?? "" : "", ...copies(), anyway: form().querySelector(`#reach [data-reach="${way()?.value}"] input[name=anyway]:checked`)?.value ?? "", files: files.ids.join(","), names: files.names, ...later, then, macro: macroOf(), suggestion: suggestionOf(text), seen: seen || seenTo(), at: Date.now() };
  keepWaiting(answer); // before anything else: from here on it cannot be lost
  field().value = "";
  format.close(true);
  over();
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
  seen = "";
  show(answer);
  send(answer);
}

/* A colleague was faster: their answer stands above the draft until somebody decides. */
let crossedThen = "", crossedLater = {};
function crossed(html, then = "", later = {}) {
  const node = document.getElementById("crossed");
  if (!node) return;
  crossedThen = then;
  crossedLater = later;
  node.innerHTML = html;
  node.hidden = !html;
  if (!html) return;
  seen = node.firstElementChild.dataset.seen; // it has been shown: sending again means it
  node.focus();
}
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-crossed]"), choice = button?.dataset.crossed;
  if (!choice) return;
  const then = button.dataset.then ?? crossedThen, later = crossedLater; // what was asked about may have another end
  crossed("");
  if (choice === "send") submit(then, later); else field().focus();
});

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
    const response = await post(`/console/c/${answer.id}/reply`, { text: answer.text, mode: answer.mode, channel: answer.channel ?? "", copies: answer.copies ?? "", cc: answer.cc ?? "", anyway: answer.anyway ?? "", file: answer.files ?? "", then: answer.then, macro: answer.macro ?? "", suggestion: answer.suggestion ?? "", later: answer.later ?? "", later_at: answer.laterAt ?? "", seen: answer.seen ?? "", request_id: answer.requestId });
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
      sendSoon();
    } else if ([401, 403, 404, 409, 422].includes(error.status)) { // refused, or a colleague was faster: the words go back into the field
      dropWaiting(answer.requestId);
      line()?.done();
      shown.delete(answer.requestId);
      if (form()?.dataset.id === answer.id) {
        field().value = field().value ? `${answer.text}\n\n${field().value}` : answer.text;
        waysAgain(); // its files come back as well: the desk still has them
        keep();
        tally();
        begunAt = Date.now();
        if (error.status === 409) crossed(error.text, answer.then, answer.later || answer.laterAt ? { later: answer.later, laterAt: answer.laterAt } : {});
        else { seen = answer.seen ?? ""; unsent(error.text || error.message); field().focus(); }
        keep();
        if (error.status === 404) document.dispatchEvent(new CustomEvent("desk:lost"));
      } else {
        const since = draftOf(answer.id)?.text;
        keepDraft(answer.id, { text: since ? `${answer.text}\n\n${since}` : answer.text, mode: answer.mode, channel: answer.channel, seen: answer.seen });
        if (!isOut()) toast(word("not-sent-there", { id: answer.id }), { danger: true, action: word("open"), run: () => document.dispatchEvent(new CustomEvent("desk:open", { detail: `/console/c/${answer.id}` })) });
      }
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
  tried = 0;
  sendAll();
}
function sendAll() {
  for (const answer of waiting(me)) send(answer);
}
/* One question was lost though the line stands: it is asked again by and by, and nobody has to come back first. */
let tried = 0, nextTry = 0;
function sendSoon() {
  clearTimeout(nextTry);
  nextTry = setTimeout(sendAll, Math.min(60_000, 3000 * 2 ** Math.min(tried++, 5)));
}
export const isWriting = () => Boolean(field()?.value.trim() || attach.ready().ids.length);
/** Whether what is written is for the customer: of a note they hear nothing. */
export const isAnswering = () => isWriting() && mode() === "reply";
export const isNoting = () => isWriting() && mode() === "note";

document.addEventListener("input", (event) => {
  if (event.target !== field()) return;
  if (!attach.isMarking()) letGo();
  if (!begunAt && field().value) { begunAt = Date.now(); seen ||= seenTo(); }
  if (!field().value) { begunAt = 0; seen = ""; unsent(""); }
  keep();
  tally();
  document.dispatchEvent(new CustomEvent("desk:writing", { detail: isWriting() }));
});
document.addEventListener("change", (event) => { if (event.target.name === "channel" && form()?.contains(event.target)) { letGo(); chosen = true; wayChanged(); keep(); field().focus(); } });
document.addEventListener("change", (event) => { if (event.target.name === "mode" && form()?.contains(event.target)) { letGo(); modeChanged(); document.dispatchEvent(new CustomEvent("desk:writing", { detail: isWriting() })); field().focus(); } });
document.addEventListener("submit", (event) => { if (event.target === form() && !event.submitter?.hasAttribute("data-detach")) { event.preventDefault(); submit(); } });
document.addEventListener("click", (event) => {
  const chosen = event.target.closest?.("#send-menu [data-then]");
  if (chosen) { document.getElementById("send-menu").hidePopover(); remember(chosen.dataset.then); submit(chosen.dataset.then); }
});
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("#reach [data-cc]")) return;
  copying = document.getElementById("copies").hidden;
  copiesShown();
  if (copying) document.querySelector("#copies input[type=text]").focus();
});
document.addEventListener("desk:answered", (event) => { if (begunAt && mode() === "reply") unsent(word("replied-meanwhile", { name: event.detail.name })); });
document.addEventListener("desk:counted", () => { if (form()) tally(); });
document.addEventListener("desk:files", (event) => { if (event.detail?.out) letGo(); if (form()) { tally(); heldGoes(); } });
addEventListener("online", sendWaiting);
