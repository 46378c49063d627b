// What the widget knows: of the visitor, of their conversations, and of the one that is open. Views read it, nothing else.

const byTime = (a, b) => Date.parse(a.at) - Date.parse(b.at) || a.id.length - b.id.length || (a.id < b.id ? -1 : 1);

const NO_TALK = { talk: null, fresh: false, place: null, looked: null, seen: null, state: null, typing: null, card: null, editing: false, wants: null, more: false, below: false, aside: false };

/** `counted(n)` is told how many lines are unread. */
export const model = (shell, say, counted) => {
  const { boot, box } = shell;
  const early = [];
  const m = {
    ...NO_TALK,
    say, boot, box,
    view: "home", shown: false, up: false, strip: false, loading: true, notice: "", code: false, challenge: null,
    me: null, talks: [], unread: 0, heard: 0, messages: new Map(),

    /** The lines of the open conversation, oldest first. */
    get list() {
      return [...m.messages.values()].sort(byTime);
    },
    /** Takes a line in, or in place of what it was; true if it is a new one of the open conversation. */
    put(message) {
      if (m.fresh) early.push(message); // the desk may be quicker with the first lines than with the acknowledgement
      if (message.conversation !== m.talk) return false;
      const known = m.messages.has(message.id);
      m.messages.set(message.id, message);
      m.place = m.list.pop().place;
      return !known;
    },
    /** Leaves the open conversation for another one, or for one that is yet to begin. */
    turn(id) {
      early.length = 0;
      Object.assign(m, NO_TALK, { talk: id, fresh: !id, loading: !!id && m.up });
      m.messages.clear();
    },
    /** What was written to no conversation in particular has opened this one. */
    began(id) {
      if (!m.fresh && m.talk) return;
      Object.assign(m, { talk: id, fresh: false });
      early.splice(0).forEach(m.put);
    },
    count(n) {
      m.unread = n;
      box.set("going", m.talks.some((each) => each.status === "open" || each.unread) || null);
      counted(n);
    },
    /** Forgets another visitor's words. */
    forget() {
      for (const name of ["draft", "asked", "out"]) box.set(name, null);
      m.turn(null);
      m.fresh = false;
    },
    /** Takes in the answer to `hello` or `open`. */
    take(answer) {
      if (answer.fresh) m.forget();
      if (answer.visitor) box.set("visitor", answer.visitor);
      m.me = answer.me;
      m.talks = answer.conversations;
      m.loading = false;
      m.count(answer.unread);
      if (m.fresh) return; // about to write a new one: what was last is not what is on screen
      const id = answer.conversation?.id || null;
      if (answer.reset || id !== m.talk) m.messages.clear();
      if (answer.reset) m.more = answer.more;
      m.talk = id;
      answer.messages.forEach(m.put);
      Object.assign(m, { place: answer.place, seen: answer.seen, state: answer.state, card: answer.survey });
    },
  };
  return m;
};
