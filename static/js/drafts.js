/* What is being written, kept on this device until it is sent: by conversation, text and mode. And the answers that wait
   for the connection, each with the id under which the desk sends it once, however often it is posted. */
import { me } from "desk/page";

const PREFIX = `loopdesk.draft.${me}.`; // nobody finds on a shared machine what another one was writing
const OUTBOX = "loopdesk.outbox";
const KEPT_DAYS = 30;

function read(key) {
  try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
}
function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch { return false; } // storage is full or switched off: the page still has the text
}

export const draftOf = (id) => read(PREFIX + id);
export const keepDraft = (id, draft) => write(PREFIX + id, draft.text.trim() ? { ...draft, at: Date.now() } : null);
export const dropDraft = (id) => write(PREFIX + id, null);

/** The conversations in which an answer is begun on this device, by their numbers. */
export function draftsHere() {
  try { return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).map((key) => Number(key.slice(PREFIX.length))).filter((n) => n > 0); } catch { return []; }
}

/** A draft goes along with its conversation, before what is being written there. Whether there was one. */
export function carry(from, to) {
  const draft = draftOf(from), there = draftOf(to);
  if (!draft?.text) return false;
  keepDraft(to, { ...draft, text: there?.text ? `${draft.text}\n\n${there.text}` : draft.text });
  dropDraft(from);
  return true;
}

/** What this device is called, so that a second one does not take the drafts of this one for gone. */
export function device() {
  let name = read("loopdesk.device");
  if (!name) { name = Math.random().toString(36).slice(2, 12); write("loopdesk.device", name); }
  return name;
}

/** Forgets drafts that nobody came back to for a month. */
export function sweep() {
  try {
    for (const key of Object.keys(localStorage)) {
      const plain = key.match(/^loopdesk\.draft\.(\d+)$/); // kept before drafts had a name on them
      if (plain) { if (!draftOf(plain[1])) write(PREFIX + plain[1], read(key)); write(key, null); }
      if (key.startsWith("loopdesk.draft.") && (read(key)?.at ?? 0) < Date.now() - KEPT_DAYS * 864e5) localStorage.removeItem(key);
    }
  } catch { /* nothing to forget */ }
}

/* Every tab reads and writes the same list, so that an answer is neither lost nor shown twice. */
export const waiting = (me) => (read(OUTBOX) ?? []).filter((a) => a.me === me);
export function keepWaiting(answer) {
  return write(OUTBOX, [...(read(OUTBOX) ?? []).filter((a) => a.requestId !== answer.requestId), answer]);
}
export function dropWaiting(requestId) {
  const rest = (read(OUTBOX) ?? []).filter((a) => a.requestId !== requestId);
  write(OUTBOX, rest.length ? rest : null);
}
