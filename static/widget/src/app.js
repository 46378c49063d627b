// The app behind the launcher: puts the parts together on what the loader prepared.

import css from "./panel.css";
import english from "../locales/en.json";
import { acts } from "./act.js";
import { dress, learn } from "./dom.js";
import { hear } from "./hear.js";
import drawings from "./icons.js";
import { line } from "./line.js";
import { model } from "./model.js";
import { outbox } from "./outbox.js";
import { panels } from "./panel.js";

/** Starts the app; gives what the launcher's button and the site's own script may ask. */
export const start = (shell) => {
  const { boot, box } = shell;
  const { say } = shell;
  shell.english = english; // the launcher knew its own few words only
  say.turn(shell.locale, { ...english, ...shell.foreign });
  learn(drawings);
  dress(shell.root, css, shell.nonce);

  let waiting = false;
  const it = {
    shell, boot, box, say,
    m: model(shell, say, shell.count),
    /** Something is another: the panel is drawn once, after all of it. */
    changed() {
      if (waiting) return;
      waiting = true;
      queueMicrotask(() => {
        if (waiting) it.panel.draw();
        waiting = false;
      });
    },
    waiting: () => waiting,
  };
  const { m, changed } = it;
  m.bytes = (size) => (size < 1e6 ? say("kilobytes", { n: Math.ceil(size / 1e3) }) : say("megabytes", { n: Math.round(size / 1e5) / 10 }));
  m.span = (n) => (n < 90 ? say("minutes", { n: Math.max(1, Math.round(n)) }) : say("hours", { n: Math.round(n / 60) }));
  it.on = hear(it);
  it.act = acts(it);
  it.line = line(boot.socket, () => ({
    inbox: shell.inbox,
    visitor: box.get("visitor"),
    user: shell.user || null,
    locale: shell.locale,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    page: { url: location.href, title: document.title },
  }), it.on);
  it.out = outbox(box, {
    send: ({ id, text, files, talk, bot, challenge }) => it.line.ask("send", { client_id: id, text, files: files.map((file) => file.token), ...(talk && { conversation: talk }), ...(bot && { bot }), ...(challenge && { challenge }) }),
    taken({ talk }, { conversation, message, state, again }) {
      if (!talk) m.began(conversation);
      m.put(message);
      if (conversation === m.talk) m.state = state;
      if (again) it.on.up(); // taken by a connection that broke: what followed there was not heard
      changed();
    },
    changed,
    asked: (answer) => it.act.challenged(answer),
    connected: () => it.line.up,
  });
  it.panel = panels(it);

  addEventListener("offline", () => it.act.set({ strip: true }));
  // Another tab wrote, or sent: the same words wait here.
  box.hear((name) => (name === "out" || name === "draft") && changed());
  if (box.get("going") || box.get("out")) it.line.connect();
  it.panel.resume();
  return {
    toggle: it.panel.toggle,
    /** Somebody signed in or out, or reads another language: the desk is told at a new connection. */
    again: it.line.again,
    speak() {
      it.panel.speak();
      if (it.line.begun) it.line.again();
    },
    stop: it.line.stop,
  };
};
