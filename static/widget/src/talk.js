// The conversation: who one talks to, the log, what stands in its way, and the field.

import { cards } from "./cards.js";
import { face, h, icon, initials, press } from "./dom.js";
import { progress, turns } from "./turns.js";
import { opening } from "./hours.js";

const bar = (m, act) => {
  const { say, boot, state, talk } = m;
  const who = state ? state.who : boot.bot ? "bot" : "";
  const agent = who === "agent" && (state.full_name || state.name);
  const title = who === "bot" ? say("assistant") : agent || boot.brand.name;
  const resolved = state?.resolved;
  const hours = opening(say, state ? { open: state.open, until: state.open_until, opens: state.opens } : boot.hours);
  const below = resolved ? say("ended") : who === "bot" ? say("automated") : agent && boot.reply_minutes ? say("replies", { span: m.span(boot.reply_minutes) }) : [hours.dot(), hours.words];
  const mark = who === "bot" || agent ? face(title, who === "bot") : h("span.face.brand", { "aria-hidden": "true" }, [...boot.brand.name][0]);
  const transcript = m.talks.find((each) => each.id === talk)?.transcript;
  return h("header.bar",
    press("back", say("back"), () => act.go("home"), ".flip"),
    mark,
    h("div.grow", h("h2", { tabindex: -1 }, h("bdi", title)), h("p", below)),
    talk && menu(m, [
      transcript && h("a", { href: transcript, download: "" }, say("transcript")),
      state && h("button", { type: "button", onclick: act.transcript }, say("transcript_mail")),
      !m.me?.email && h("button", { type: "button", onclick: () => act.set({ wants: "address" }) }, say("by_mail_too")),
      h("button", { type: "button", onclick: () => act.talk(null) }, say("start_another")),
      state && !resolved && h("button", { type: "button", onclick: act.end }, say("end")),
    ]),
    press("x", say("close_chat"), act.close));
};

/** A button that discloses a few others; Escape and leaving it close it. */
const menu = (m, items) => {
  const list = h("div.menu", { hidden: true, id: "ld-menu" }, items);
  const more = press("dots", m.say("more"), () => open(list.hidden));
  const open = (yes) => {
    list.hidden = !yes;
    more.setAttribute("aria-expanded", yes);
    if (yes) list.firstChild.focus();
  };
  more.setAttribute("aria-expanded", "false");
  more.setAttribute("aria-controls", "ld-menu");
  list.addEventListener("click", () => open(false));
  list.addEventListener("focusout", (event) => { if (event.relatedTarget !== more && !list.contains(event.relatedTarget)) open(false); });
  list.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    open(false);
    more.focus();
  });
  return [more, list];
};

const strip = (m, act) =>
  h("div.strip", { role: "status" }, icon("clock"), h("span.grow", m.say.rich("reconnecting", { now: h("b", m.say("reconnecting_now")) })), h("button.text", { type: "button", onclick: act.retry }, m.say("try_now")));

const empty = (m, act) => {
  const { say, boot } = m;
  const asks = [...(boot.flows || []), ...boot.suggestions.slice(0, 3).map(({ text }) => text)];
  return h("div.empty",
    boot.bot ? face("", true) : h("span.face.brand", { "aria-hidden": "true" }, initials(boot.brand.name)[0]),
    h("b", { dir: "auto" }, boot.welcome || say("how_help")),
    h("p.soft.small", say(boot.bot ? "empty_bot" : "empty_person")),
    boot.bot && asks.length > 0 && h("div.chips", { role: "group", "aria-label": say("suggested") },
      asks.map((text) => h("button.chip", { type: "button", dir: "auto", onclick: () => act.send(text) }, text))));
};

const typing = ({ say, state, typing: { bot, name: given } }) => {
  const name = bot ? say("assistant") : given;
  return h("div.turn", face((given === state?.name && state.full_name) || name, bot), h("div.bubble.typing", { role: "status" }, h("i"), h("i"), h("i"), h("span.vh", say("is_typing", { name }))));
};

const grey = () => h("div.grey", { "aria-hidden": "true" }, h("i"), h("i"), h("i"));

/** The field: grows with its words, sends with Enter (a new line with Shift, and where there is no real keyboard). */
const write = (m, act) => {
  const { say } = m;
  const touch = matchMedia("(pointer: coarse)").matches;
  let told = 0;
  const fit = () => {
    field.style.blockSize = "";
    if (field.scrollHeight > 44) field.style.blockSize = `${Math.min(field.scrollHeight, 132)}px`;
  };
  const quiet = () => {
    if (told) act.typing(false);
    told = 0;
  };
  const send = () => {
    const text = field.value.trim();
    if (!text || form.matches(".off")) return;
    if (text.length > m.boot.limits.characters) {
      act.set({ notice: say("too_long", { n: text.length - m.boot.limits.characters }) });
      return;
    }
    field.value = "";
    act.draft("");
    fit();
    quiet();
    act.send(text);
    field.focus();
  };
  const choose = h("input", { type: "file", multiple: true, hidden: true, tabindex: -1, accept: [...m.boot.limits.types, ...m.boot.limits.extensions].join(), onchange() { act.files([...choose.files]); choose.value = ""; } });
  const field = h("textarea", {
    rows: 1, dir: "auto", enterkeyhint: touch ? "enter" : "send", "aria-describedby": "ld-slow",
    oninput() {
      fit();
      act.draft(field.value);
      if (!field.value.trim()) return quiet();
      if (Date.now() - told > 3000) {
        told = Date.now();
        act.typing(true);
      }
    },
    onblur: quiet,
    onkeydown(event) {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || touch) return;
      event.preventDefault();
      send();
    },
    onpaste(event) {
      const files = [...event.clipboardData.files];
      if (!files.length) return;
      event.preventDefault();
      act.files(files);
    },
  });
  const form = h("form.write", { onsubmit(event) { event.preventDefault(); send(); } },
    press("clip", say("attach"), () => form.matches(".off") || choose.click()),
    choose, field,
    h("button.ico.send", { "aria-label": say("send"), title: say("send") }, icon("send")));
  form.field = field;
  form.fit = fit;
  return form;
};

/** Brings the field up to date without touching what is being written. */
const refresh = (form, m, act) => {
  const { say, state } = m;
  const { field } = form;
  const name = state?.who === "agent" && state.name;
  const hint = state?.resolved ? "hint_resolved" : name ? "hint_reply" : state?.who === "offline" ? "hint_offline" : "hint";
  field.placeholder = say(hint, { name });
  field.setAttribute("aria-label", name ? say("message_to", { name }) : say("message"));
  // Only the buttons rest: what is written meanwhile is a draft.
  form.classList.toggle("off", !!m.wait);
  for (const each of form.querySelectorAll(".ico")) each.setAttribute("aria-disabled", !!m.wait);
  const key = m.talk || "new";
  if (form.ldTalk !== key || (form.getRootNode().activeElement !== field && field.value !== act.drafted())) {
    // A conversation that just began keeps the words that were written for it.
    if (form.ldTalk === "new" && m.talk && field.value) act.draft(field.value);
    else field.value = act.drafted();
    form.ldTalk = key;
    form.fit();
  }
};

const slow = (m) => {
  const { say } = m;
  const left = h("b");
  const tick = () => {
    const n = Math.max(1, Math.ceil((m.wait - Date.now()) / 1000));
    left.textContent = say("seconds", { n });
    if (note.isConnected || !note.ldKey) setTimeout(tick, 1000);
  };
  const note = h("p.note.warn.small", { id: "ld-slow" }, icon("clock"), h("span", say.rich("slow", { time: left })));
  tick();
  return note;
};

const foot = (m, act) => {
  const { say, state, boot } = m;
  const aside = m.aside && state?.can_ask_bot; // waits for a person, and asks the assistant meanwhile
  const bot = state ? state.who === "bot" || aside : boot.bot && !m.loading;
  const asked = m.asked;
  return [
    m.below && ["new", 0, () => h("button.chip.new", { type: "button", onclick: () => act.set({ below: false, sent: true }) }, icon("down"), say("new_messages"))],
    bot && ["person", [asked, aside].join(), () => h("div.person", h("span", say(asked ? "person_asking" : "with_bot")), !asked && h("button.text", { type: "button", onclick: aside ? () => act.set({ aside: false }) : act.person }, say("person")))],
    m.wait && ["slow", m.wait, () => slow(m)],
    m.notice && ["notice", m.notice, () => h(`p.note.small${m.good ? "" : ".warn"}`, { role: m.good ? "status" : "alert" }, icon(m.good ? "mail" : "warn"), h("span", m.notice))],
    ["write", 0, () => write(m, act)],
  ];
};

/** The view as one item: everything in it keeps its place between drawings. */
export const talk = (m, act) => {
  const { state, boot } = m;
  const header = JSON.stringify([m.talk, state && [state.who, state.full_name, state.open, state.open_until, state.opens, state.resolved], m.me?.email, m.talks.find((each) => each.id === m.talk)?.transcript]);
  const lines = turns(m, act);
  const none = !lines.length && !m.loading && !m.asked && state?.who !== "queue";
  return ["talk", 0, () => {
    const node = h("div.view");
    node.addEventListener("dragover", (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      if (!m.drop) act.set({ drop: true });
    });
    node.addEventListener("dragleave", (event) => node.contains(event.relatedTarget) || act.set({ drop: false }));
    node.addEventListener("drop", (event) => {
      event.preventDefault();
      act.set({ drop: false });
      act.files([...event.dataTransfer.files]);
    });
    return node;
  }, [
    ["bar", header, () => bar(m, act)],
    m.strip && ["strip", 0, () => strip(m, act)],
    ["log", 0, () => h("div.log", { role: "log", "aria-label": m.say("conversation"), tabindex: 0 }), [
      m.more && ["more", 0, () => h("button.text.more", { type: "button", onclick: act.older }, m.say("earlier"))],
      m.loading && !lines.length && ["grey", 0, grey],
      none && ["empty", 0, () => empty(m, act)],
      ...lines,
      ...cards(m, act),
      m.typing && ["typing", JSON.stringify(m.typing), () => typing(m)],
    ]],
    ["foot", 0, () => h("div.foot"), foot(m, act)],
    m.drop && ["drop", 0, () => h("div.drop", { "aria-hidden": "true" }, icon("clip"), m.say("drop"))],
  ], (node) => {
    refresh(node.querySelector(".write"), m, act);
    const log = node.querySelector(".log");
    log.setAttribute("aria-busy", m.loading); // what was said before is there to be read, not announced
    progress(log, m);
  }];
};
