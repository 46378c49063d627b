// Search through the help centre: results as one types, and a way on when nothing matches.

import { h, icon, press } from "./dom.js";

/** The words that were found, marked. */
const marked = (text, query) => {
  const words = query.split(/\s+/).filter((word) => word.length > 1).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!words.length) return text;
  return text.split(new RegExp(`(${words.join("|")})`, "gi")).map((part, index) => (index % 2 ? h("mark", part) : part));
};

let timer;
let running;

/** Asks the help centre, a moment after the last key. */
export const look = (m, act, query) => {
  act.set({ query });
  clearTimeout(timer);
  running?.abort();
  if (query.trim().length < 2) {
    act.set({ found: null });
    return;
  }
  timer = setTimeout(async () => {
    running = new AbortController();
    const { signal } = running;
    try {
      const answer = await fetch(`${m.boot.help}search.json?q=${encodeURIComponent(query)}&locale=${m.boot.locale}`, { credentials: "omit", signal });
      if (!answer.ok) throw answer.status;
      act.set({ found: { query: query.trim(), results: (await answer.json()).results } });
    } catch {
      if (!signal.aborted) act.set({ found: { query: query.trim(), results: null } });
    }
  }, 200);
};

const results = (m, act) => {
  const { say, found } = m;
  if (!found) return [];
  const { query, results: list } = found;
  const begin = () => h("button.btn.wide.quiet", { type: "button", onclick: () => act.talk(null, query) }, say("start"));
  if (!list) return [["failed", query, () => h("div.note.warn", { role: "alert" }, icon("warn"), h("div", say("search_failed")))], ["begin", query, begin]];
  if (!list.length) {
    return [["none", query, () => h("div.note", { role: "status" }, icon("find"), h("div", h("b", say.rich("search_none", { query: h("bdi", query) })), h("br"), h("span.soft", say("search_none_then"))))], ["begin", query, begin]];
  }
  return [
    ["count", list.length, () => h("p.small.soft", { role: "status" }, say("articles", { n: list.length }))],
    ["list", query, () => h("ul.links", list.map(({ title, url, snippet }) => h("li", h("a", { href: url, target: "_blank", rel: "noopener" },
      h("span", { dir: "auto" }, h("b", marked(title, query)), snippet && [h("br"), h("span.soft.small", marked(snippet, query))]), icon("next", "i flip")))))],
    ["begin", query, begin],
  ];
};

export const search = (m, act) => {
  const { say } = m;
  return ["search", 0, () => h("div.view"), [
    ["bar", 0, () => h("header.bar", press("back", say("back"), () => act.go("home"), ".flip"),
      h("div.find", { role: "search" }, icon("find"), h("input.input", { type: "search", value: m.query, "aria-label": say("search"), oninput: (event) => act.search(event.target.value) })),
      press("x", say("close_chat"), act.close))],
    ["log", 0, () => h("div.log.results", { tabindex: 0 }), results(m, act)],
  ]];
};
