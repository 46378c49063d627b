// What stands below the last line of a conversation: the line of waiting people, the address, the code, the survey.

import { h, icon } from "./dom.js";

/** The sentence under a field that is not right yet; "" hides it. It is announced, and the field is marked. */
const complain = (form, words) => {
  const bad = form.querySelector(".error");
  const field = form.querySelector("input");
  bad.hidden = !words;
  bad.lastChild.textContent = words;
  if (field.type !== "radio") field.setAttribute("aria-invalid", !!words);
  if (words) field.focus();
};
const error = (id) => h("p.error.small", { id, role: "alert", hidden: true }, icon("warn"), h("span", ""));

/** A form that sends once at a time; `work(form)` gives a sentence where something is wrong. */
const form = (kind, work, ...children) =>
  h(`form.card${kind}`, {
    novalidate: true,
    async onsubmit(event) {
      event.preventDefault();
      const it = event.target;
      if (it.busy) return;
      it.busy = true;
      const send = it.querySelector(".btn");
      send.setAttribute("aria-disabled", "true");
      const wrong = await work(it);
      it.busy = false;
      send.removeAttribute("aria-disabled");
      if (it.isConnected) complain(it, wrong || "");
    },
  }, ...children);

const way = (m, act) => {
  const { say, state, me } = m;
  const { place, minutes, ahead_many: many } = state;
  const where = many ? say("line_many") : place === 1 ? say("line_first") : place ? say("line_place", { n: place }) : "";
  const soon = minutes ? say("line_time", { span: m.span(minutes) }) : "";
  return h("div.way", { role: "status" },
    h("b", say("line_title")),
    h("span", [where, soon, say("line_read")].filter(Boolean).join(" ")),
    place && h("progress", { value: Math.max(8, 100 - 20 * place), max: 100, "aria-label": say("line_label", { place }) }),
    me?.email
      ? h("span.small.soft", say.rich("line_leave_mail", { address: h("bdi", me.email.address) }))
      : h("span.small.soft", say("line_leave"), " ", h("button.text", { type: "button", onclick: () => act.set({ wants: "address" }) }, say("line_leave_ask"))),
    state.can_ask_bot && !m.aside && h("span", h("button.text.small", { type: "button", onclick: act.aside }, say("line_keep"))));
};

const address = (m, act) => {
  const { say } = m;
  return form("", async (it) => {
    const email = it.elements.email.value.trim();
    return /^\S+@\S+\.\S\S+$/.test(email) ? act.address(email) : say("address_bad");
  },
  h("div.field",
    h("label", { for: "ld-mail" }, say("address_label")),
    h("input.input", { id: "ld-mail", name: "email", type: "email", autocomplete: "email", inputmode: "email", placeholder: say("address_example"), "aria-describedby": "ld-mail-why ld-mail-bad", dir: "ltr" }),
    error("ld-mail-bad"),
    h("p.small.soft", { id: "ld-mail-why" }, say("address_why"))),
  h("button.btn.wide", say("address_send")));
};

const code = (m, act) => {
  const { say, me } = m;
  const { id } = me.email;
  return form("", async (it) => {
    const digits = it.elements.code.value.replace(/\D/g, "");
    return digits.length === 6 ? act.code({ id, code: digits }) : say("code_bad");
  },
  h("div.field",
    h("label", { for: "ld-code" }, say("code_label")),
    h("p.small.soft", { id: "ld-code-why" }, say.rich("code_why", { address: h("bdi", me.email.address) })),
    h("input.input.code", { id: "ld-code", name: "code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 9, dir: "ltr", "aria-describedby": "ld-code-why ld-code-bad" }),
    error("ld-code-bad")),
  h("div.row", h("button.btn.grow", say("code_send")), h("button.text", { type: "button", onclick: () => act.set({ code: false }) }, say("not_now"))),
  h("div.row", h("button.text.small", { type: "button", async onclick(event) {
    const button = event.target;
    const wrong = await act.code({ id, again: true });
    button.textContent = wrong || say("code_again_done");
  } }, say("code_again"))));
};

/** The provider's question, in a frame of the desk: its script never runs on the site. */
const challenge = (m, act) => {
  const { say, challenge: { frame, origin, text } } = m;
  const box = h("iframe.challenge", { src: frame, title: say("challenge"), referrerpolicy: "origin" });
  const late = setTimeout(() => fail(), 15_000);
  const over = () => {
    clearTimeout(late);
    removeEventListener("message", heard);
  };
  const fail = () => {
    bad.hidden = false;
    box.hidden = true;
  };
  const heard = ({ source, origin: from, data }) => {
    if (!box.contentWindow || source !== box.contentWindow || from !== origin || data?.loopdesk !== "challenge") return;
    clearTimeout(late);
    if (data.height) box.style.blockSize = `${Number(data.height)}px`;
    if (data.failed) fail();
    if (data.token) {
      over();
      act.proved(String(data.token));
    }
  };
  const bad = h("div.row", { hidden: true, role: "alert" }, h("span.grow", say("challenge_failed")),
    h("button.text", { type: "button", onclick: () => { over(); act.proved("unavailable"); } }, say("try_again")));
  addEventListener("message", heard);
  return h("div.card", h("p", { role: "status" }, text), box, bad);
};

/** Where answers go when nobody looks here, once an address is known. */
const mailed = (m, act) => {
  const { say, me } = m;
  return h("div.note", icon("mail"), h("div", say.rich("mailed", { address: h("bdi", me.email.address) }),
    me.email.state === "claimed" && [h("br"), h("button.text.small", { type: "button", onclick: () => act.set({ code: true }) }, say("code_enter"))]));
};

/** A survey can be answered, and the answer changed, until it closes. */
export const stillOpen = (card) => !card.closes || Date.now() < Date.parse(card.closes);

const survey = (m, act) => {
  const { say, card } = m;
  const given = card.answered;
  return form(".csat", async (it) => {
    const score = it.elements.score.value;
    if (!score) return say("survey_pick");
    return act.rate({ score: Number(score), reasons: [...it.querySelectorAll("[name=reason]:checked")].map((box) => box.value), comment: it.elements.comment.value.trim() });
  },
  h("fieldset", { "aria-describedby": "ld-pick-bad" },
    h("legend", { dir: "auto" }, card.question),
    card.hint && h("p.soft.small", { dir: "auto" }, card.hint),
    h("div.pick", card.labels.map(({ score, label }) => h("label", { dir: "auto" }, h("input", { type: "radio", name: "score", value: score, checked: given?.score === score }), icon(`f${score}`, "face-pic", 40), label)))),
  error("ld-pick-bad"),
  h("div.rest",
    card.reasons?.length > 0 && h("fieldset", h("legend.small", say("survey_reasons"), " ", h("span.soft.plain", say("optional"))),
      h("div.chips", card.reasons.map(({ key, label }) => h("label.chip", { dir: "auto" }, h("input", { type: "checkbox", name: "reason", value: key, checked: given?.reasons?.includes(key) }), label)))),
    h("div.field", h("label", { for: "ld-why" }, h("bdi", card.comment_label), " ", h("span.soft.plain", say("optional"))),
      h("textarea.input", { id: "ld-why", name: "comment", rows: 2, maxlength: card.comment_limit, dir: "auto" }, given?.comment))),
  h("div.row", h("button.btn.grow", say("survey_send")),
    h("button.text", { type: "button", onclick: () => { if (!given) m.box.set("later", card.id); act.set({ editing: false }); act.field(); } }, say("not_now"))));
};

const thanks = (m, act) => {
  const { score, label } = m.card.answered;
  return h("div.card.done", { role: "status" }, h("div.row", icon(`f${score}`, "face-pic", 40),
    h("div", h("b", m.say.rich("survey_thanks", { label: h("bdi", label) })),
      stillOpen(m.card) && [h("br"), h("button.text.small", { type: "button", onclick: () => act.set({ editing: true }) }, m.say("survey_change"))])));
};

/** Those of the cards that have their moment, as items of the log. */
export const cards = (m, act) => {
  const { state, me, card } = m;
  const mail = me?.email;
  const written = m.list.some((each) => each.who === "me");
  const away = state?.who === "offline" || state?.who === "queue";
  return [
    m.challenge?.frame && ["challenge", m.challenge.count, () => challenge(m, act)],
    state?.who === "queue" && !state.resolved && ["way", JSON.stringify([state.place, state.minutes, state.ahead_many, state.can_ask_bot, m.aside, mail]), () => way(m, act)],
    !mail && (m.wants || (state?.who === "offline" && written)) && ["address", 0, () => address(m, act)],
    mail?.state === "claimed" && m.code && ["code", mail.id, () => code(m, act)],
    mail && !m.code && (state?.who === "offline" || (away && m.wants)) && written && ["mailed", JSON.stringify(mail), () => mailed(m, act)],
    card && (card.answered && !m.editing
      ? ["thanks", JSON.stringify([card.answered, stillOpen(card)]), () => thanks(m, act)]
      : stillOpen(card) && (card.answered || m.box.get("later") !== card.id) && ["survey", card.id, () => survey(m, act)]),
  ];
};
