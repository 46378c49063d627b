// widget.js, the one script that a site embeds: it asks the desk whether to show a launcher, shows it, and brings the rest
// when somebody opens it or has a conversation going.

import css from "./launcher.css";
import { dress, face, h, icon, press } from "./dom.js";
import { keep } from "./keep.js";
import { bell as bells } from "./site.js";
import { speech } from "./words.js";
import { open_chat, open_chat_unread, close_chat, dismiss_preview, load_failed } from "../locales/en.json";

const script = document.currentScript || document.querySelector("script[data-inbox]");
const { inbox, theme } = script.dataset;
const page = document.documentElement;
const base = new URL("widget/", script.src);
const at = (path) => new URL(`${encodeURIComponent(inbox)}/${path}`, base);

/** White text on a light brand cannot be read; browsers with relative colours work this out in the style sheet. */
const dark = (colour) => {
  const [r, g, b] = [1, 3, 5].map((from) => (parseInt(colour.slice(from, from + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.1833;
};

const fetched = async (url) => {
  const answer = await fetch(url, { credentials: "omit" });
  if (!answer.ok) throw answer.status;
  return answer.json();
};
const booted = (wanted) => fetched(at(`boot?locale=${encodeURIComponent(wanted)}`));

/** `site` is what the page says and hears of this widget; `nth` how many stand on the page before it. */
const launch = async (site, nth) => {
  let boot;
  for (let wait = 5e3; !boot && !site.over; wait = Math.min(wait * 2, 3e5)) {
    try {
      boot = await booted(site.locale || page.lang || navigator.language);
    } catch (problem) {
      if (problem === 404) return;
      await new Promise((go) => setTimeout(go, wait));
    }
  }
  if (site.over || !boot.on) return;

  const { box } = site;
  const host = h("loopdesk-widget");
  const root = host.attachShadow({ mode: "open" });
  const nonce = script.nonce;
  dress(root, css, nonce);
  const bell = h("button.launcher", { type: "button", "aria-expanded": "false", onclick: () => toggle() }, icon("loop"));
  const dock = h("div.ld.dock", { "data-theme": theme }, bell);
  dock.style.setProperty("--brand", boot.brand.colour);
  dock.style.setProperty("--on", dark(boot.brand.colour) ? "#fff" : "#000");
  dock.style.setProperty("--n", nth);
  root.append(dock);

  let unread = 0;
  let shown = false;
  let peek = null;
  const title = bells();
  const label = () => {
    const many = unread > 99 ? "99+" : say.number(unread);
    bell.setAttribute("aria-label", shown ? say("close_chat") : unread ? say("open_chat_unread", { n: unread, as: many }) : say("open_chat"));
    bell.setAttribute("aria-expanded", shown);
    const count = unread && !shown ? h("span.count", { "aria-hidden": "true", dir: "ltr" }, many) : null;
    bell.replaceChildren(icon(shown ? "down" : "loop"), ...(count ? [count] : []));
    title(unread && many);
  };

  /** What the app may ask of the launcher. */
  const shell = {
    boot, box, root, dock, bell, inbox, nonce, base, tell: site.tell,
    english: { open_chat, open_chat_unread, close_chat, dismiss_preview, load_failed },
    get user() {
      return site.user;
    },
    set user(token) {
      site.user = token;
    },
    panel(open) {
      shown = open;
      if (open) shell.peek(null);
      label();
      site.tell(open ? "open" : "close");
    },
    count(n) {
      if (n !== unread) site.tell("unread", n);
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
  /** Brings the words of `boot.locale`; English where they cannot be had. */
  const learn = async () => {
    const file = LANGUAGES[boot.locale.split("-")[0]];
    shell.foreign = file ? await fetched(new URL(`assets/${file}`, base)).catch(() => null) : null;
    shell.locale = shell.foreign ? boot.locale : "en";
    dock.lang = shell.locale;
    dock.dir = /^(ar|he|fa|ur)/.test(shell.locale) ? "rtl" : "ltr";
    return { ...shell.english, ...shell.foreign };
  };
  const say = (shell.say = speech("en", await learn()));
  say.turn(shell.locale, { ...shell.english, ...shell.foreign });
  if (site.over) return;

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
  const going = () => !site.over && (box.get("going") || box.get("out") || box.left.get()) && bring().catch(() => {});
  box.hear((name) => name === "going" && going());
  going();
  site.tell("ready");
  return {
    toggle,
    /** Speaks another language; what is half written stays where it is. */
    async speak(locale) {
      const { brand, limits, ...rest } = await booted(locale);
      Object.assign(boot, rest);
      say.turn(boot.locale, await learn());
      shell.peek(null);
      label();
      (await app)?.speak();
      site.tell("locale", shell.locale);
      return shell.locale;
    },
    /** The app, where there is one already. */
    app: () => app,
    end() {
      host.remove();
      title(0);
    },
  };
};

const REGISTRY = Symbol.for("loopdesk");
const widgets = window.Loopdesk?.[REGISTRY] || new Map();

if (inbox && !widgets.has(inbox)) {
  const nth = widgets.size;
  const box = keep(inbox);
  const heard = new Map();
  /** The site hears of it after what is being done, and its mistakes are its own. */
  const tell = (name, detail) => heard.get(name)?.forEach((hear) => queueMicrotask(() => hear(detail)));
  let site; // as long as it is the same visitor
  let ready = null;
  const begin = () => {
    site = { box, tell, user: script.dataset.user, locale: script.dataset.locale, over: false };
    ready = new Promise((go) => {
      const now = () => go(launch(site, nth));
      if (document.body) now();
      else addEventListener("DOMContentLoaded", now);
    });
  };
  begin();
  const then = (act) => {
    if (!ready) begin();
    return ready.then((it) => it && act(it));
  };
  const error = (said) => {
    tell("error", { error: said.error, text: said.text || "" });
    return false;
  };
  /** What the site says of its visitor, over plain HTTP: no socket is opened for it. */
  const post = async (events) => {
    const visitor = box.get("visitor");
    if (!visitor && !site.user) return { kept: false }; // a stranger, of whom the desk keeps nothing
    try {
      const answer = await fetch(at("events"), { method: "POST", body: JSON.stringify({ visitor, user: site.user || null, locale: site.locale || page.lang, events }), credentials: "omit", keepalive: true });
      const said = await answer.json();
      return answer.ok ? said : error(said);
    } catch {
      return error({ error: "network" });
    }
  };
  const over = async () => {
    const last = ready;
    if (!last) return;
    site.over = true;
    site.user = null;
    ready = null;
    const it = await Promise.race([last, null]); // null while it is still on its way, which ends by itself
    const app = await Promise.resolve(it?.app()).catch(() => null);
    app?.toggle(false);
    app?.stop();
    it?.end();
    box.left.set(null);
    tell("shutdown");
  };
  box.hear((name, value) => name === "end" && value && over()); // somebody left in another tab
  const api = {
    open: () => then((it) => it.toggle(true)),
    close: () => ready && then((it) => it.toggle(false)),
    /** Who is signed in, as the site's server signed it; null when they sign out. False, and an `error`, where the desk
     * does not believe it. */
    async identify(token) {
      if (!ready) begin();
      site.user = token || null;
      const app = await (await ready)?.app();
      if (app) app.again();
      if (!token) return true;
      const said = await post([]);
      if (!said && site.user === token) site.user = null;
      if (said && !app) tell("identified", { verified: said.user });
      return !!said;
    },
    /** Something that happened on the page. True if the desk has put it on the visitor's timeline. */
    track: async (event, properties = {}) => !!(await post([{ event, properties }])).kept,
    setLocale(locale) {
      if (!ready) begin();
      site.locale = locale;
      return then((it) => it.speak(locale));
    },
    /** Forgets the visitor on this machine: conversations, drafts, who was signed in. `open` begins anew. */
    async shutdown() {
      await over();
      box.set("end", 1); // the other tabs hear of it
      box.clear();
    },
    /** Calls `hear` from now on; gives a function that ends it. */
    on(event, hear) {
      if (!heard.has(event)) heard.set(event, new Set());
      heard.get(event).add(hear);
      return () => heard.get(event).delete(hear);
    },
  };
  api.user = api.identify; // its name before
  widgets.set(inbox, Object.freeze(api));
  window.Loopdesk ||= Object.freeze({ ...api, widget: (key) => widgets.get(key), [REGISTRY]: widgets });
}
