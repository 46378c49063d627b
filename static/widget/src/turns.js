// The lines of a conversation as the log shows them: who wrote what, files, the assistant's sources, and what happened.

import { face, h, icon, press } from "./dom.js";

const TOGETHER = 5 * 60_000; // ms: lines of one person that stand under one name

const newTab = { target: "_blank", rel: "noopener" };

/** Plain text with its web addresses as links. */
const linked = (text) =>
  text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'’”»])/).map((part, index) => (index % 2 ? h("a", { href: part, ...newTab }, part) : part));

/** What a person formatted: elements of a short list, whatever the tree says, and links that lead only where links may. */
const TAGS = ["p", "ul", "ol", "li", "blockquote", "pre", "code", "strong", "em", "br"];
const built = (nodes) =>
  nodes.map((node) => {
    if (!Array.isArray(node)) return `${node}`;
    const [tag, inside, address] = node;
    if (tag === "pre") return h("pre", h("code", built(inside)));
    if (TAGS.includes(tag)) return h(tag, built(inside));
    return tag === "a" && /^(https?:|mailto:|tel:)/i.test(address) ? h("a", { href: address, ...newTab }, built(inside)) : h("span", built(inside));
  });

const bubble = (text, title, rich) => h(`div.bubble${rich ? ".rich" : ""}`, { dir: "auto", title }, rich ? built(rich) : linked(text));

const fileCard = (m, file, extra) => [
  icon("page"),
  h("span", h("b", { dir: "ltr" }, file.name), h("span.soft.small", { dir: "auto" }, file.failed || m.bytes(file.size || 0))),
  extra,
];

/** A file that is there: a picture as such, anything else as a card; both open it. */
const attached = (m, file) => {
  const link = { href: file.url, ...newTab };
  const card = () => h("a.file", { ...link, download: file.name }, fileCard(m, file));
  if (!file.image || !file.url) return card();
  const picture = h("a.pic", link, h("img", { src: file.url, alt: file.name, loading: "lazy" }));
  // A site's content policy may refuse pictures of ours, and a signed address ends after a day.
  picture.firstChild.addEventListener("error", () => picture.replaceWith(card()));
  return picture;
};

const uploading = (m, act, item) =>
  item.files.map((file, index) => {
    const cancel = press("x", m.say("cancel_file", { name: file.name }), () => act.drop(item.id), ".less");
    const bar = h("progress", { value: 0, max: 100, "aria-label": m.say("sending_file", { name: file.name }) });
    return [`f${index}`, 0, () => h("div.file", { "data-file": index }, fileCard(m, file, [cancel, bar]))];
  });

/** Brings progress up to date without a new node, so that nothing is announced between start and end. */
export const progress = (log, m) => {
  for (const item of m.outbox) {
    if (!item.stop || item.failed) continue;
    const node = [...log.children].find((each) => each.ldKey === item.id);
    item.files.forEach((file, index) => {
      const card = node?.querySelector(`[data-file="${index}"]`);
      if (!card) return;
      const done = file.token ? file.size : file.done;
      card.querySelector("progress").value = (100 * done) / file.size;
      card.querySelector("b + span").textContent = m.say("of_size", { done: m.say.number(done / 1e6), size: m.bytes(file.size) });
    });
  }
};

/** What stands under one's own words. */
const state = (m, status, at, by) => {
  const { say } = m;
    const drawing = { sending: "clock", waiting: "clock", sent: "one", delivered: "both", seen: "both" };
  // Each step is not worth interrupting somebody: only a failure is announced.
  return h(`div.state.${status}`, { "aria-live": "off" }, icon(drawing[status]), h("span", say.rich(by ? "seen_by" : status, { time: say.time(at), name: by && h("bdi", by) })));
};

const own = (m, group, status) => {
  const last = group[group.length - 1];
  const seen = status === "seen" && m.seen;
  // A line keeps its node, under the id that we gave it, when the desk has taken it.
  const kids = [
    ["vh", 0, () => h("span.vh", m.say(group[0].text ? "you_wrote" : "you_sent"))],
    ...group.flatMap((each) => [
      ...each.files.map((file, index) => [`${own.key(each)}f${index}`, file.url, () => attached(m, file)]),
      each.text && [own.key(each), each.text, () => bubble(each.text, m.say.time(each.at))],
    ]),
    status && ["state", `${status}${last.at}${seen.by}`, () => state(m, status, seen ? seen.at : last.at, seen?.by)],
  ];
  return [own.key(group[0]), "me", () => h("div.turn.me"), kids];
};
own.key = (message) => message.client_id || message.id;

/** What is on its way with files, or did not get there. */
const unsent = (m, act, item) => {
  const { say } = m;
  const failed = !!item.failed;
  const kids = [
    ["vh", 0, () => h("span.vh", say(item.text ? "you_wrote" : failed ? "you_sent" : "you_are_sending"))],
    ...(failed ? item.files.map((file, index) => [`f${index}`, 0, () => h("div.file", fileCard(m, file))]) : uploading(m, act, item)),
    item.text && ["text", 0, () => bubble(item.text)],
    failed && ["state", `${item.failed}`, () => h("div.state.bad", { role: "alert" }, icon("warn"), h("span", item.failed === true ? say("not_sent") : item.failed),
      !item.final && h("button.text.bad", { type: "button", onclick: () => (item.start ? item.start() : act.again(item.id)) }, say("try_again")),
      h("button.text.bad", { type: "button", onclick: () => act.drop(item.id) }, say("delete")))],
  ];
  return [item.id, `unsent${failed}`, () => h(`div.turn.me${failed ? ".failed" : ""}`), kids];
};

/** The assistant's part below its words: what it read, what it could also mean, and whether that helped. */
const backing = (m, act, { id, bot }, newest) => {
  const { say } = m;
  const { article, choices, flow, ask_helped: asks, helped } = bot;
  const answer = (yes, words) => h("button.chip", { type: "button", onclick: () => act.helped(id, yes) }, words);
  return [
    article && ["cite", article.url, () => h("a.cite", { href: article.url, ...newTab }, icon("page"), h("b", { dir: "auto" }, article.title), icon("next", "i flip"), h("small", say("help_centre")))],
    newest && (flow || choices.length > 0) && ["choices", 0, () => h("div.chips", { role: "group", "aria-label": say("suggested") },
      choices.map((choice) => h("button.chip", { type: "button", dir: "auto", onclick: () => act.send(choice.title) }, choice.title)),
      h("button.chip", { type: "button", onclick: () => act.person() }, say("person")))],
    asks && ["ask", `${helped}`, () => helped == null
      ? h("div.ask", { role: "group", "aria-label": say("did_help") }, h("span", say("did_help")), answer(true, say("yes")), answer(false, say("no")))
      : h("div.ask.soft", say(helped ? "did_help_yes" : "did_help_no"))],
  ];
};

const other = (m, act, group, newest) => {
  const { say } = m;
  const [first] = group;
  const bot = first.who === "bot";
  const name = bot ? say("assistant") : first.name || m.boot.brand.name;
  const way = { email: "by_email", sms: "by_sms" }[first.channel];
  const kids = [
    ["face", 0, () => face(name, bot)],
    ["by", 0, () => h("div.by", say.rich(way || "by", { name: h("b", name), time: say.time(first.at) }))],
    ...group.flatMap((each) => [
      each.text && [each.id, each.text, () => bubble(each.text, say.time(each.at), each.rich)],
      ...each.files.map((file, index) => [`${each.id}f${index}`, file.url, () => attached(m, file)]),
    ]),
    ...(bot ? backing(m, act, first, newest) : []),
  ];
  return [first.id, first.who, () => h("div.turn"), kids];
};

const event = (m, { id, event: what, detail, text }) => {
  const { say } = m;
  const name = h("bdi", detail.name || m.boot.brand.name);
  const words = {
    handover: () => say(detail.why === "customer" ? "event_asked_person" : "event_handover"),
    joined: () => say.rich("event_joined", { name }),
    resolved: () => say("event_resolved"),
    reopened: () => say("event_reopened"),
    by_email: () => say("event_by_email"),
  }[what];
  const line = [id, what, () => h("div.event", h("span", words ? words() : text))];
  if (what !== "by_email" || !detail.address) return [line];
  return [line, [`${id}n`, 0, () => h("div.note", icon("mail"), h("div", h("b", say.rich("went_to", { name, address: h("bdi", detail.address) })), h("br"), h("span.soft", say("reply_there"))))]];
};

const day = (m, at) => {
  const date = new Date(at);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 864e5);
  return days === 0 ? m.say("today") : days === 1 ? m.say("yesterday") : days < 6 ? m.say.weekday(at) : m.say.date(at);
};

/** Everything that was said, as items of the log; fills `m.places` with how far each of what others said reaches. */
export const turns = (m, act) => {
  const items = [];
  m.places = {};
  const here = m.outbox.filter((item) => (item.talk || null) === m.talk);
  const waits = !m.up || m.wait;
  const list = [
    ...m.list,
    ...here.filter((item) => !item.failed && !item.stop).map((item) => ({ ...item, who: "me", name: "", channel: "chat", at: new Date(item.at).toISOString(), status: waits ? "waiting" : "sending" })),
  ];
  let lastSeen = m.seen ? list.findLastIndex((each) => each.place === m.seen.place) : -1;
  if (m.seen && lastSeen < 0) lastSeen = list.findLastIndex((each) => each.place && Date.parse(each.at) <= Date.parse(m.seen.at));
  while (lastSeen >= 0 && list[lastSeen].who !== "me") lastSeen -= 1;
  const reached = m.state?.who === "agent" || m.state?.who === "bot" ? "delivered" : "sent";
  let date = "";
  for (let index = 0, end; index < list.length; index = end) {
    const first = list[index];
    const today = day(m, first.at);
    if (today !== date) items.push([`day${new Date(first.at).toDateString()}`, (date = today), () => h("p.day", today)]);
    end = index + 1;
    if (first.who === "event") {
      items.push(...event(m, first));
      continue;
    }
    while (
      first.who !== "bot" && list[end]?.who === first.who && list[end].name === first.name && list[end].channel === first.channel &&
      Date.parse(list[end].at) - Date.parse(list[end - 1].at) < TOGETHER && day(m, list[end].at) === today && end - 1 !== lastSeen
    ) end += 1;
    const group = list.slice(index, end);
    const last = end - 1;
    const status = list[last].status || (last === lastSeen ? "seen" : last > lastSeen && reached);
    const item = first.who === "me" ? own(m, group, status) : other(m, act, group, end === list.length);
    items.push(item);
    if (first.who !== "me") m.places[item[0]] = group.findLast((each) => each.place)?.place;
  }
  return [...items, ...here.filter((item) => item.failed || item.stop).map((item) => unsent(m, act, item))];
};
