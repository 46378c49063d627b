// What the desk says, and what follows from it.

/** The listeners of the line, by event; `it` is everything that app.js put together. */
export const hear = (it) => {
  const { m, shell, say, box, boot, changed } = it;
  let slow;
  let quiet;

  /** The newest words beside the launcher, once for each. */
  const peek = ({ who, name, text }, key) => {
    if (m.shown || !text || who === "me" || box.get("peeked") === key) return;
    const bot = who === "bot";
    shell.peek({ name: bot ? say("assistant") : name || boot.brand.name, bot, text }, () => box.set("peeked", key));
  };

  const hello = async () => {
    const { line } = it;
    let answer;
    try {
      answer = await line.ask("hello", m.fresh ? {} : { ...(m.talk && { conversation: m.talk }), ...(m.place && { since: m.place }) });
    } catch {
      answer = { retry_after: 2 };
    }
    if (!answer.ok) {
      // A conversation that is gone must not keep us out of the others.
      if (answer.error === "conversation") m.turn(null);
      if (line.up) setTimeout(() => line.up && hello(), (answer.retry_after || 3) * 1000);
      return;
    }
    if (answer.fresh) m.challenge = null;
    m.take(answer);
    if (shell.user) shell.tell("identified", { verified: !!answer.me?.user });
    m.up = true;
    m.strip = false;
    clearTimeout(slow);
    if (m.place && !m.fresh) line.tell("got", { conversation: m.talk, place: m.place });
    if (m.fresh) it.act.begin();
    const newest = m.talks.find((each) => each.unread && each.preview);
    if (newest) peek(newest.preview, `${newest.id} ${newest.at}`);
    if (m.shown && it.panel.idle()) it.panel.arrive(); // whoever writes or reads already is left where they are
    changed();
    await it.out.resume();
    if (box.get("asked")) it.act.person();
  };

  const on = {
    up: hello,
    down() {
      m.up = false;
      m.typing = null;
      clearTimeout(slow);
      // A short break is nothing to talk about.
      slow = setTimeout(() => { m.strip = true; changed(); }, navigator.onLine ? 1500 : 0);
      changed();
    },
    /** True if it is worth trying again at once. */
    refused(code, text) {
      shell.tell("error", { error: code, text: text || "" });
      if (code === "inbox" || code === "origin") {
        it.line.stop();
        shell.hide();
      }
      if (code === "visitor") box.set("visitor", null);
      if (code === "user") shell.user = null;
      return code === "visitor" || code === "user";
    },
    message(message) {
      if (!m.talk && !m.fresh) m.talk = message.conversation;
      const own = it.out.list().find((each) => each.id === message.client_id);
      if (own && !own.talk) m.began(message.conversation);
      const added = m.put(message);
      if (own) it.out.drop(own.id);
      it.line.tell("got", { conversation: message.conversation, place: message.place });
      if (message.who === "agent" || message.who === "bot") {
        m.typing = null;
        m.heard += 1;
        if (added || message.conversation !== m.talk) shell.tell("message", { conversation: message.conversation, who: message.who, name: message.name });
        peek(message, message.id);
        if (added && !it.panel.atEnd()) m.below = true;
      }
      changed();
    },
    seen(seen) {
      if (seen.conversation === m.talk) m.seen = seen;
      changed();
    },
    typing(typing) {
      if (typing.conversation !== m.talk) return;
      clearTimeout(quiet);
      m.typing = typing.on ? typing : null;
      if (typing.on) quiet = setTimeout(() => { m.typing = null; changed(); }, 8000);
      changed();
    },
    state(state) {
      // While a new conversation is begun, the state of one that we do not know yet is the one of this.
      const known = m.talks.some((each) => each.id === state.conversation);
      if (state.conversation === m.talk || (m.fresh ? !known : !m.talk)) m.state = state;
      changed();
    },
    survey(card) {
      if (card.id) it.line.tell("got", { conversation: card.conversation, survey: card.id });
      if (card.conversation !== m.talk) return;
      m.card = card;
      changed();
    },
    conversation(conversation) {
      m.talks = [conversation, ...m.talks.filter((each) => each.id !== conversation.id)].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
      m.count(m.talks.reduce((sum, each) => sum + each.unread, 0));
      changed();
    },
    unread({ unread }) {
      if (!unread) {
        m.talks = m.talks.map((each) => ({ ...each, unread: 0 }));
        shell.peek(null);
      }
      m.count(unread);
      changed();
    },
    me(me) {
      m.me = me;
      if (me.email?.state === "verified") m.code = false;
      changed();
    },
    trouble({ retry_after: seconds }) {
      it.out.slow(seconds || 5);
    },
  };
  return on;
};
