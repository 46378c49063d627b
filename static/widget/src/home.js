// The first thing one sees: who this is, whether somebody is there, conversations to go on with, and help to read.

import { face, h, icon, press } from "./dom.js";
import { opening } from "./hours.js";

const continued = (m, act, { id, subject, status, unread, preview }) => {
  const { say } = m;
  const { who, name, text } = preview || {};
  const from = who === "bot" ? say("assistant") : who === "me" ? say("you") : name || m.boot.brand.name;
  return h("button.card", { type: "button", onclick: () => act.talk(id) }, h("span.row",
    face(from, who === "bot"),
    h("span.grow", h("b.cut", { dir: "auto" }, subject || text), h("span.soft.small.cut", { dir: "auto" }, status === "resolved" && !unread ? say("ended") : text ? say.rich("said", { name: h("bdi", from), text }) : "")),
    unread > 0 && h("span.count", { dir: "ltr" }, h("span", { "aria-hidden": "true" }, unread > 99 ? "99+" : say.number(unread)), h("span.vh", say("unread", { n: unread })))));
};

/* A site may allow no pictures from elsewhere: then the name stands alone. */
const logo = ({ logo }) => logo && h("img.logo", { src: logo[0], width: logo[1], height: logo[2], alt: "", onerror: (event) => event.target.remove() });

export const home = (m, act) => {
  const { say, boot, me, talks, box } = m;
  const hours = opening(say, boot.hours);
  const name = me?.name?.split(" ")[0] || "";
  const shown = m.all ? talks : talks.slice(0, 2);
  const help = boot.suggestions.length > 0;
  return ["home", 0, () => h("div.view"), [
    ["home", 0, () => h("div.home"), [
      ["hello", name, () => h("div.hello", icon("motif", "i motif"),
        h("div.row", logo(boot.brand), h("bdi", boot.brand.name), press("x", say("close_chat"), act.close)),
        h("h2", { tabindex: -1 }, name ? say.rich("hello_name", { name: h("bdi", name) }) : say("hello"), "\n", boot.welcome || say("how_help")))],
      ["stack", 0, () => h("div.stack"), [
        ["start", 0, () => h("div.card",
          h("div.row", hours.dot(), h("div", h("b", hours.words), hours.zone && h("span.soft", " ", say("your_time")),
            boot.reply_minutes && h("div.soft.small", say("usually", { span: m.span(boot.reply_minutes) })),
            !boot.hours.open && h("div.soft.small", say("closed_write")))),
          h("button.btn.wide", { type: "button", onclick: () => act.talk(null) }, say("start")))],
        m.notice && ["notice", m.notice, () => h("p.note.warn.small", { role: "alert" }, icon("warn"), h("span", m.notice))],
        ...shown.map((each) => [`talk${each.id}`, JSON.stringify(each), () => continued(m, act, each)]),
        talks.length > shown.length && ["all", talks.length, () => h("button.text.small", { type: "button", onclick: () => act.set({ all: true }) }, say("all_talks", { n: talks.length }))],
        boot.help && ["help", 0, () => h("div.card",
          h("div.find", { role: "search" }, icon("find"), h("input.input", { type: "search", placeholder: say("search"), "aria-label": say("search"), oninput: (event) => act.search(event.target.value) })),
          help && [h("h3", say("often")), h("ul.links", boot.suggestions.map(({ text, url }) => h("li", h("a", { href: url, target: "_blank", rel: "noopener" }, h("span", { dir: "auto" }, text), icon("next", "i flip")))))])],
      ]],
    ]],
  ]];
};
