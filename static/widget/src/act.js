// What the visitor does: writes, sends files, asks for a person, says whether something helped, leaves an address.

import { newId } from "./outbox.js";
import { look } from "./search.js";
import { refusal, upload } from "./upload.js";

/** The deeds that views call; `it` is everything that app.js put together. */
export const acts = (it) => {
  const { m, say, box, boot, changed } = it;
  const ours = () => m.talk && { conversation: m.talk };

  /** An answer that is good; else null, and a sentence above the field. */
  const attempt = async (event, data) => {
    m.notice = "";
    m.good = false;
    try {
      const answer = await it.line.ask(event, data);
      if (answer.ok) return answer;
      if (answer.challenge) act.challenged(answer);
      else m.notice = answer.text;
    } catch {
      m.notice = say("no_connection");
    } finally {
      changed();
    }
    return null;
  };

  /** The same for a form, which shows the sentence itself: "" where all went well. */
  const submit = async (event, data, taken) => {
    const answer = await attempt(event, data);
    const wrong = m.notice;
    m.notice = "";
    if (answer) taken(answer);
    return wrong;
  };

  /** Uploads as many files as one message may have, and then sends them as one. */
  const bring = (files) => {
    const item = { id: newId(), text: "", talk: m.talk, at: Date.now(), files: files.map(({ name, size, type }) => ({ name, size, type, done: 0 })) };
    let running;
    let stopped = false;
    item.stop = () => {
      stopped = true;
      running?.stop();
    };
    item.start = async () => {
      item.failed = "";
      it.out.hold(item);
      for (const [index, file] of files.entries()) {
        const one = item.files[index];
        if (one.token) continue;
        running = upload(boot.files, file, box.get("visitor"), (done) => { one.done = done; changed(); });
        try {
          const { file: token, ...rest } = await running.done;
          Object.assign(one, rest, { token });
        } catch (why) {
          if (stopped) return;
          item.failed = why || say("not_sent");
          changed();
          return;
        }
      }
      if (!stopped) it.out.release(item);
    };
    item.start();
  };

  let told = location.href;
  const act = {
    set(values) {
      Object.assign(m, values);
      changed();
    },
    go(view) {
      act.set({ view, notice: "" });
      it.panel.arrive();
    },
    field: () => it.panel.arrive(".write textarea"),
    close: () => it.panel.toggle(false),
    retry: () => it.line.now(),
    search(query) {
      look(m, act, query);
      if (m.view === "home" && query) act.go("search");
    },

    /** Goes to one of the conversations; without an id to a new one, with words to begin it. */
    talk(id, words) {
      if (!id || id !== m.talk) {
        m.turn(id);
        if (id && m.up) attempt("open", { conversation: id }).then((answer) => {
          if (!answer || m.talk !== id) return;
          m.take(answer);
          it.line.tell("got", { conversation: id, place: m.place });
          changed();
        });
        if (!id && m.up) act.begin();
        if (words) act.draft(words);
      }
      act.go("talk");
    },
    /** Tells the desk that what comes next opens another conversation. */
    async begin() {
      const answer = await attempt("new", {});
      if (answer && m.fresh) act.set({ state: answer.state });
    },
    send(text) {
      if (location.href !== told) {
        told = location.href;
        it.line.tell("page", { url: told, title: document.title });
      }
      act.set({ notice: "", good: false, sent: true }); // the next drawing shows the end
      const bot = m.aside && m.state?.can_ask_bot;
      it.out.add({ id: newId(), text, files: [], talk: m.talk, at: Date.now(), ...(bot && { bot }) });
    },
    /** Goes on asking the assistant while a person is on the way. */
    aside() {
      act.set({ aside: true });
      act.field();
    },
    again: (id) => it.out.again(id),
    drop(id) {
      it.out.held(id)?.stop?.();
      it.out.drop(id);
    },
    files(list) {
      const { limits } = boot;
      const good = [];
      for (const file of list) {
        const why = refusal(file, limits);
        if (!why) good.push(file);
        else it.out.hold({ id: newId(), text: "", talk: m.talk, at: Date.now(), files: [{ name: file.name, size: file.size }], final: true, failed: say(why, { limit: m.bytes(limits.file_bytes) }) });
      }
      act.set({ sent: true });
      for (let from = 0; from < good.length; from += limits.files) bring(good.slice(from, from + limits.files));
    },
    /** The desk wants to be shown that a person writes: what waits for it, waits. */
    challenged: ({ challenge, text }) => act.set({ challenge: { ...challenge, text, count: (m.challenge?.count || 0) + 1 }, sent: true }),
    proved(token) {
      act.set({ challenge: { ...m.challenge, frame: "" } });
      it.out.proved(token);
      if (box.get("asked")) act.person(token);
    },
    async person(challenge) {
      const id = box.get("asked") || newId();
      box.set("asked", id); // asked for, also if the connection breaks now
      act.set({ notice: "" });
      if (!m.up) return;
      const answer = await attempt("person", { client_id: id, ...ours(), ...(typeof challenge === "string" && { challenge }) });
      if (!answer && (!it.line.up || m.challenge?.frame)) return;
      box.set("asked", null);
      if (!answer) return;
      m.began(answer.conversation);
      m.put(answer.message);
      act.set({ state: answer.state });
    },
    async helped(turn, yes) {
      const answer = await attempt("helped", { turn, yes });
      if (!answer) return;
      m.put(answer.message);
      act.set({ state: answer.state });
    },
    async older() {
      const [first] = m.list;
      m.more = false;
      const answer = await attempt("history", { conversation: m.talk, before: first.place });
      answer?.messages.forEach(m.put);
      act.set({ more: answer ? answer.more : true });
    },
    address: (email) => submit("address", { email, ...ours() }, ({ me }) => {
      act.set({ me, code: me.email?.state === "claimed", wants: m.wants === "transcript" ? m.wants : null });
      it.panel.arrive("#ld-code");
    }),
    code: (data) => submit("code", data, ({ me }) => {
      act.set({ me, code: me.email?.state === "claimed" });
      if (!m.code && m.wants === "transcript") setTimeout(act.transcript);
    }),
    /** The conversation by mail, to an address that is proved; else that comes first. */
    async transcript() {
      const email = m.me?.email;
      if (email?.state !== "verified") {
        act.set({ wants: "transcript", code: !!email });
        it.panel.arrive(email ? "#ld-code" : "#ld-mail");
        return;
      }
      m.wants = null;
      const answer = await attempt("transcript", ours());
      if (answer) act.set({ notice: say("transcript_sent", answer), good: true });
    },
    rate: (data) => submit("rate", { invitation: m.card.id, ...ours(), ...data }, ({ survey }) => act.set({ card: survey, editing: false })),
    async end() {
      const answer = await attempt("end", ours());
      if (answer) act.set({ state: answer.state });
    },

    typing: (yes) => m.talk && it.line.tell("typing", { conversation: m.talk, on: yes }),
    draft(text) {
      const { [m.talk || "new"]: _, ...others } = box.get("draft") || {};
      const all = text ? { ...others, [m.talk || "new"]: text } : others;
      box.set("draft", Object.keys(all).length ? all : null);
    },
    drafted: () => box.get("draft")?.[m.talk || "new"] || "",
  };
  return act;
};
