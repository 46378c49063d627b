/* What is being written, kept on this device until it is sent: by conversation, text and mode. And the answers that wait
   for the connection, each with the id under which the desk sends it once, however often it is posted. */
const PREFIX = "loopdesk.draft.";
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

/** Forgets drafts that nobody came back to for a month. */
export function sweep() {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) && (read(key)?.at ?? 0) < Date.now() - KEPT_DAYS * 864e5) localStorage.removeItem(key);
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
