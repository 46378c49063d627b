// What the visitor wrote and the desk has not yet taken: kept in storage until the acknowledgement, sent in order, sent again
// under the same id when none came, so that the desk takes it once.

const TRIES = 3; // acknowledgements waited for in vain, while connected, before a message counts as not sent

/** An id for a message: unguessable, and also where `crypto.randomUUID` is missing (plain http). */
export const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(36).padStart(2, "0")).join("");

/**
 * `box` keeps it; `send(item)` gives the desk's answer or throws; `taken(item, answer)` is told once it is in;
 * `changed()` whenever the list is another; `asked(answer)`
 * that the desk wants to be shown a person first, which `proved` brings; `connected()` says whether an answer could have come. An item is `{id, text, files, talk, at}`, and `failed` with the reason.
 */
export const outbox = (box, { send, taken, changed, asked, connected }) => {
  const uploads = new Map(); // id -> item whose files are on their way: they live as long as this page
  const mine = new Set(); // sent by this tab; at each connecting it takes over what other pages left
  const tries = new Map();
  let busy = false;
  let wait = 0;
  let timer;
  let held = false; // until somebody has shown that a person writes

  const kept = () => box.get("out") || [];
  const edit = (id, change) => {
    const list = kept();
    const at = list.findIndex((item) => item.id === id);
    if (at >= 0) list.splice(at, 1, ...change(list[at]));
    else list.push(...change());
    box.set("out", list.length ? list : null);
    changed();
  };

  const flush = async () => {
    if (busy || held) return;
    busy = true;
    try {
      for (let item; !(Date.now() < wait) && (item = kept().find((each) => !each.failed && mine.has(each.id))); ) {
        if (!(await attempt(item))) break;
      }
    } finally {
      busy = false;
    }
  };

  const attempt = async (item) => {
    let answer;
    try {
      answer = await send(item);
    } catch (problem) {
      if (problem.message === "no connection" || !connected()) return false;
      const count = (tries.get(item.id) || 0) + 1;
      tries.set(item.id, count);
      if (count >= TRIES) self.fail(item.id, "");
      return true;
    }
    if (answer.ok) {
      self.drop(item.id);
      // What was written to nobody in particular belongs to the conversation that the first of it opened.
      for (const each of kept()) if (!each.talk) edit(each.id, (old) => [{ ...old, talk: answer.conversation }]);
      taken(item, answer);
      return true;
    }
    if (answer.challenge) {
      held = true;
      edit(item.id, (old) => (old ? [{ ...old, challenge: undefined }] : []));
      asked(answer);
      return false;
    }
    if (answer.error === "slow_down" || answer.error === "busy" || answer.error === "hello_first") {
      const seconds = answer.retry_after || 2;
      if (answer.error === "slow_down") wait = Date.now() + seconds * 1000;
      clearTimeout(timer);
      timer = setTimeout(() => { changed(); flush(); }, seconds * 1000 + 50);
      changed();
      return false;
    }
    self.fail(item.id, answer.text);
    return true;
  };

  const self = {
    flush,
    /** Everything not yet taken, in the order it was written. */
    list: () => [...kept(), ...uploads.values()].sort((a, b) => a.at - b.at),
    /** Until when (ms) the desk asked us to wait; 0 if it did not. */
    get wait() {
      return wait > Date.now() ? wait : 0;
    },
    slow(seconds) {
      wait = Date.now() + seconds * 1000;
      clearTimeout(timer);
      timer = setTimeout(() => { changed(); flush(); }, seconds * 1000 + 50);
      changed();
    },
    add(item) {
      mine.add(item.id);
      edit(item.id, () => [item]);
      flush();
    },
    /** An item whose files are still on their way; `add` takes it over when they are there. */
    hold(item) {
      uploads.set(item.id, item);
      changed();
    },
    release(item) {
      if (!uploads.delete(item.id)) return;
      self.add({ ...item, files: item.files.map(({ token, name, size, type, image }) => ({ token, name, size, type, image })) });
    },
    held: (id) => uploads.get(id),
    fail(id, why) {
      edit(id, (old) => (old ? [{ ...old, failed: why || true, challenge: undefined }] : [])); // its proof is used up
    },
    again(id) {
      tries.delete(id);
      mine.add(id);
      edit(id, (old) => (old ? [{ ...old, failed: undefined }] : []));
      flush();
    },
    /** What the challenge gave goes with the first message that waits. */
    proved(challenge) {
      held = false;
      const first = kept().find((each) => !each.failed && mine.has(each.id));
      if (first) edit(first.id, (old) => (old ? [{ ...old, challenge }] : []));
      flush();
    },
    drop(id) {
      if (uploads.delete(id)) changed();
      else edit(id, () => []);
    },
    /** Takes over what earlier pages left unsent, and sends on. */
    resume() {
      for (const { id } of kept()) mine.add(id);
      return flush();
    },
    forget() {
      held = false;
      uploads.clear();
      box.set("out", null);
    },
  };
  return self;
};
