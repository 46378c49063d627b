// widget.js, the one script that a site embeds: it asks the desk whether to show a launcher, shows it, and brings the rest
// when somebody opens it or has a conversation going.

import css from "./launcher.css";
import { dress, face, h, icon, press } from "./dom.js";
import { keep, leftOpen } from "./keep.js";
import { speech } from "./words.js";
import { open_chat, open_chat_unread, close_chat, dismiss_preview, load_failed } from "../locales/en.json";

const script = document.currentScript || document.querySelector("script[data-inbox]");
const { inbox, locale: asked, user, theme } = script.dataset;
const page = document.documentElement;
const base = new URL("widget/", script.src);

/** White text on a light brand cannot be read; browsers with relative colours work this out in the style sheet. */
const dark = (colour) => {
  const [r, g, b] = [1, 3, 5].map((at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.1833;
};

const fetched = async (url) => {
  const answer = await fetch(url, { credentials: "omit" });
  if (!answer.ok) throw answer.status;
  return answer.json();
};

const launch = async () => {
  const wanted = asked || page.lang || navigator.language;
  let boot;
  for (let wait = 5e3; !boot; wait = Math.min(wait * 2, 3e5)) {
    try {
      boot = await fetched(new URL(`${encodeURIComponent(inbox)}/boot?locale=${encodeURIComponent(wanted)}`, base));
    } catch (problem) {
      if (problem === 404) return;
      await new Promise((go) => setTimeout(go, wait));
    }
  }
  if (!boot.on) return;

  const language = boot.locale.split("-")[0];
  let words = { open_chat, open_chat_unread, close_chat, dismiss_preview, load_failed };
  let foreign = null;
  if (LANGUAGES[language]) foreign = await fetched(new URL(`assets/${LANGUAGES[language]}`, base)).catch(() => null);
  const locale = foreign ? boot.locale : "en";
  const say = speech(locale, foreign ? { ...words, ...foreign } : words);

  const box = keep(inbox);
  const host = h("loopdesk-widget");
  const root = host.attachShadow({ mode: "open" });
  const nonce = script.nonce;
  dress(root, css, nonce);
  const bell = h("button.launcher", { type: "button", "aria-expanded": "false", onclick: () => toggle() }, icon("loop"));
  const dock = h("div.ld.dock", { lang: locale, dir: /^(ar|he|fa|ur)/.test(locale) ? "rtl" : "ltr", "data-theme": theme }, bell);
  dock.style.setProperty("--brand", boot.brand.colour);
  dock.style.setProperty("--on", dark(boot.brand.colour) ? "#fff" : "#000");
  root.append(dock);

  let unread = 0;
  let shown = false;
  let peek = null;
  const label = () => {
    const many = unread > 99 ? "99+" : say.number(unread);
    bell.setAttribute("aria-label", shown ? say("close_chat") : unread ? say("open_chat_unread", { n: unread, as: many }) : say("open_chat"));
    bell.setAttribute("aria-expanded", shown);
    const count = unread && !shown ? h("span.count", { "aria-hidden": "true", dir: "ltr" }, many) : null;
    bell.replaceChildren(icon(shown ? "down" : "loop"), ...(count ? [count] : []));
  };

  /** What the app may ask of the launcher. */
  const shell = {
    boot, box, say, foreign, locale, root, dock, bell, inbox, nonce, base, user,
    panel(open) {
      shown = open;
      if (open) shell.peek(null);
      label();
    },
    count(n) {
      unread = n;
      label();
    },
    /** Shows the newest line beside the launcher: `{name, bot, text}`, or null to take it away. */
    peek(line, dismissed) {
      peek?.remove();
      peek = line && h("div.peek", { role: "status" },
        h("button.go", { type: "button", onclick: () => toggle(true) },
          face(line.name, line.bot), h("span", h("b", line.name), h("span.said", { dir: "auto" }, line.text))),
        press("x", say("dismiss_preview"), () => { shell.peek(null); dismissed?.(); bell.focus(); }, ".less"));
      if (peek) dock.prepend(peek);
    },
    hide() {
      host.remove();
    },
  };

  let app = null;
  let tries = 0;
  /** Brings the app, once; a failed try is not remembered. */
  const bring = () => {
    // A browser may remember a module that failed to load: another address asks anew.
    app ||= import(new URL(`assets/${APP}${tries++ ? `?${tries}` : ""}`, base)).then((module) => module.start(shell));
    app.catch(() => { app = null; });
    return app;
  };
  const toggle = async (open) => {
    bell.setAttribute("aria-busy", "true");
    try {
      const it = await bring();
      it.toggle(open);
    } catch {
      shell.peek({ name: boot.brand.name, text: say("load_failed") });
    } finally {
      bell.removeAttribute("aria-busy");
    }
  };

  label();
  document.body.append(host);
  bell.addEventListener("pointerenter", () => bring().catch(() => {}), { once: true });
  // Somebody with a conversation hears of answers on every page; one begun in another tab counts as well. And what is not
  // yet sent, or was left open, goes on.
  const going = () => (box.get("going") || box.get("out") || leftOpen.get()) && bring().catch(() => {});
  box.hear((name) => name === "going" && going());
  going();
  return { toggle, bring, shell };
};

if (inbox && !window.Loopdesk) {
  const ready = new Promise((go) => {
    const begin = () => go(launch());
    if (document.body) begin();
    else addEventListener("DOMContentLoaded", begin);
  });
  const then = (act) => ready.then((it) => it && act(it));
  window.Loopdesk = Object.freeze({
    open: () => then((it) => it.toggle(true)),
    close: () => then((it) => it.toggle(false)),
    /** Who is signed in, as the site's server signed it; null when they sign out. */
    user: (token) => then((it) => { it.shell.user = token; return it.bring().then((app) => app.user()); }),
  });
}
