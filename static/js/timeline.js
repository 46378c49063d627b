/* The timeline: new lines at its end, old ones when they are scrolled to, never a jump for the reader. */
import { word } from "desk/words";
import { toast } from "desk/toast";
import { calmly, element, isPressed, me, openId, openCustomer, part, rested } from "desk/page";
import { frame, frameSoon } from "desk/ribbon";

export const box = () => document.getElementById("scroller");
export const log = () => document.getElementById("timeline");
const news = () => document.getElementById("news");
const NEAR_END = 48;
let unseen = 0;
const hidden = new Set(); // new lines that the filter keeps away
const ahead = new Set(); // new lines that come after others which are not loaded
let showing = 0; // which of several askings for the timeline is the last
let stuck = true; // the reader is at the end and stays there while it grows
let writing = 0; // answers on their way: our own lines from the desk wait for them, so that none shows twice
const parked = [];

/** Newer lines are there that are not loaded. */
export const further = () => Boolean(log()?.querySelector("[data-newer]"));
export const filtered = () => log()?.dataset.asked ?? "";
/* A line that is told knows its kind and channel; one that was asked for has passed the filter already. */
const fits = ({ kind, channel }) => !filtered() || channel === undefined || ((!log().dataset.kinds || log().dataset.kinds.split(" ").includes(kind)) && (!log().dataset.by || log().dataset.by === channel));
export const atEnd = () => !box() || !further() && box().scrollHeight - box().scrollTop - box().clientHeight < NEAR_END;
export function toEnd() {
  if (further()) { reload().catch(() => toast(word("not-loaded"))); return; }
  if (box()) box().scrollTop = box().scrollHeight;
  stuck = true;
  unseen = 0;
  showNews();
}
function showNews() {
  if (!news()) return;
  const here = unseen + ahead.size, away = hidden.size, n = here || away;
  news().hidden = !n;
  news().querySelector("span").textContent = word(`new-${n === 1 ? "one" : "many"}${here ? "" : "-hidden"}`, { n });
}
function noNews() {
  unseen = 0;
  hidden.clear();
  ahead.clear();
  showNews();
}

/** Keeps what the reader sees where it is while `change` alters what is above or below. */
function steadily(change) {
  const scroller = box(), edge = scroller.getBoundingClientRect().top;
  const anchor = [...log().children].find((n) => n.id && n.getBoundingClientRect().bottom > edge + 1);
  const top = anchor?.getBoundingClientRect().top;
  change();
  if (anchor?.isConnected) scroller.scrollTop += anchor.getBoundingClientRect().top - top;
}

/** A line was added or changed. Lines are told apart by their id: the second telling replaces the first. */
export function entryTold(event) {
  if (event.customer !== openCustomer()) return;
  if (writing && event.staff === me && (event.kind === "reply" || event.kind === "note") && !document.getElementById(`e${event.id}`)) {
    parked.push(event);
    return;
  }
  const old = document.getElementById(`e${event.id}`);
  if (isPressed(old)) { rested(old).then(() => entryTold(event)); return; }
  if (event.kind === "withdrawn") { withdrawn(old); return; }
  const fresh = element(event.html);
  if (!fresh) return;
  if (event.conversation && event.conversation !== openId()) elsewhere(fresh, event.conversation);
  if (old) {
    if (old.outerHTML !== fresh.outerHTML) steadily(() => { keepOpen(old, fresh); old.replaceWith(fresh); });
  } else if (!fits(event)) {
    if (kept(hidden, event)) about(event);
  } else if (further() && Date.parse(event.at) >= Date.parse(newestAt())) {
    if (kept(ahead, event)) about(event); // it comes when the reader gets there
  } else {
    steadily(() => insert(fresh, event));
    if (stuck) toEnd();
    else if (Date.parse(event.at) >= Date.parse(newestAt())) { unseen += 1; showNews(); }
    about(event);
    document.dispatchEvent(new CustomEvent("desk:shown"));
  }
  if (event.kind !== "note" && event.kind !== "assigned") customerSoon();
}

/* A line that is not put in place is counted once, however often it is told. */
function kept(lines, { id }) {
  const first = !lines.has(id);
  lines.add(id);
  showNews();
  return first;
}

/* An answer was taken back before it was sent: it goes, and with it the heading of a day that has no other line. */
function withdrawn(node) {
  if (!node) return;
  const heading = node.previousElementSibling, next = node.nextElementSibling;
  steadily(() => {
    node.remove();
    if (heading?.classList.contains("day") && (!next || next.classList.contains("day"))) heading.remove();
  });
  customerSoon();
}

/* What has been unfolded stays so when the line is replaced. */
function keepOpen(old, fresh) {
  const were = [...old.querySelectorAll("details")].map((d) => d.open);
  fresh.querySelectorAll("details").forEach((d, i) => { d.open = were[i] ?? false; });
  const frame = old.querySelector("iframe");
  if (frame) fresh.querySelector(".formatted")?.click();
}

function elsewhere(node, id) {
  const by = node.querySelector(".by, .what");
  if (!by || by.querySelector("a[href^='/console/c/']")) return;
  const link = document.createElement("a");
  link.className = "chip line";
  link.href = `/console/c/${id}`;
  link.textContent = `#${id}`;
  by.append(link);
}

/** The newest line that can have been read: numbers grow with time. */
export const seenTo = () => lineNodes().map((n) => n.id.slice(1)).filter(Boolean).reduce((most, id) => (BigInt(id) > BigInt(most) ? id : most), "0");
export const lineNodes = () => [...(log()?.children ?? [])].filter((n) => n.dataset.at);
const newestAt = () => lineNodes().filter((n) => !n.classList.contains("waiting")).at(-1)?.dataset.at ?? "";

function insert(fresh, { at, id, day, day_name: dayName }) {
  const time = Date.parse(at);
  const later = lineNodes().find((n) => !n.classList.contains("waiting") && (Date.parse(n.dataset.at) > time || (Date.parse(n.dataset.at) === time && BigInt(n.id.slice(1)) > BigInt(id))));
  const place = later ?? log().querySelector(".waiting") ?? null;
  let heading = place ? place.previousElementSibling : log().lastElementChild;
  while (heading && !heading.classList.contains("day")) heading = heading.previousElementSibling;
  log().insertBefore(fresh, later && later.previousElementSibling?.classList.contains("day") && later.previousElementSibling.dataset.day !== day ? later.previousElementSibling : place);
  if (day && heading?.dataset.day !== day) {
    const node = document.createElement("div");
    node.className = "day";
    node.dataset.day = day;
    const text = document.createElement("span");
    text.textContent = dayName;
    node.append(text);
    log().insertBefore(node, fresh);
  }
}

/* Somebody else answered while an answer is being written. */
function about(event) {
  if (event.kind !== "reply" || event.staff === me || event.conversation !== openId()) return;
  document.dispatchEvent(new CustomEvent("desk:answered", { detail: { name: element(event.html)?.querySelector(".by b")?.textContent ?? "" } }));
}

export const customerSoon = calmly(() => {
  const ribbon = document.getElementById("ribbon");
  if (!ribbon) return;
  // What is under way may be of before, and the place that asks again goes with its answer.
  if (ribbon.classList.contains("htmx-request")) customerSoon();
  else htmx.trigger(ribbon, "refresh");
}, 350, 2000);

/* A button of the panel that is held down: what would replace it is asked for again when it was let go. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const panel = document.getElementById("panel");
  if (event.detail.target.id !== "ribbon" || !isPressed(panel)) return;
  event.detail.shouldSwap = false;
  rested(panel).then(customerSoon);
});

/** Puts one's own line in place at once; gives what makes it real or takes it back. */
export function pending({ text, mode, name, tone, initials, requestId }) {
  const node = document.createElement("article");
  node.className = `entry ${mode === "note" ? "note" : "from-agent"} waiting`;
  node.dataset.request = requestId;
  node.dataset.at = new Date().toISOString();
  const av = document.createElement("span");
  av.className = `av staff ${tone}`;
  av.textContent = initials;
  const body = document.createElement("div");
  const by = document.createElement("div");
  by.className = "by";
  const b = document.createElement("b");
  b.textContent = name;
  const state = document.createElement("span");
  state.className = "delivery";
  state.textContent = word("sending");
  by.append(b, state);
  const msg = document.createElement("div");
  msg.className = "msg pre";
  msg.dir = "auto";
  msg.textContent = text;
  const actions = document.createElement("p");
  actions.className = "xs mt-1 soft";
  actions.hidden = true;
  body.append(by, msg, actions);
  node.append(av, body);
  log().append(node);
  toEnd();
  writing += 1;
  let counted = true;
  const done = () => {
    if (counted) { counted = false; writing -= 1; }
    node.remove();
    if (!writing) for (const event of parked.splice(0)) entryTold(event);
  };
  return {
    node,
    real(html, event) {
      if (log()?.contains(node)) {
        const fresh = element(html);
        if (fresh && !document.getElementById(fresh.id)) insert(fresh, event);
      }
      done();
      toEnd();
    },
    state(text) { state.textContent = text; state.className = "delivery"; actions.hidden = true; },
    failed(reason, retry, discard) {
      state.className = "chip danger";
      state.textContent = word("not-sent");
      actions.hidden = false;
      actions.replaceChildren(reason ? `${reason} ` : "", button(word("retry"), retry), " ", button(word("discard"), discard));
    },
    done,
  };
}
function button(text, run) {
  const node = document.createElement("button");
  node.type = "button";
  node.className = "link";
  node.textContent = text;
  node.addEventListener("click", run);
  return node;
}

/** Asks for what happened while nobody told: everything after the newest line that stands here. */
export async function catchUp() {
  const id = openId(), last = lineNodes().filter((n) => !n.classList.contains("waiting")).at(-1);
  if (!id || !log() || further()) return;
  if (!last) { await reload(); return; }
  // A minute back: lines are ordered by when they happened, and one that was told late may stand before the last.
  const from = new Date(Date.parse(last.dataset.at) - 60_000).toISOString();
  const holder = document.createElement("div");
  holder.innerHTML = await (await part(`/console/c/${id}/timeline?after=${encodeURIComponent(`${from}~1`)}&${filtered()}`)).text();
  if (openId() !== id) return;
  if (holder.querySelector("[data-too-many]")) { await reload(); return; }
  for (const node of log().querySelectorAll(".entry:has([data-left])")) if (Date.parse(node.dataset.at) > Date.parse(from) && !holder.querySelector(`#${node.id}`)) withdrawn(node);
  let day = null;
  for (const node of [...holder.children]) {
    if (node.classList.contains("day")) { day = node; continue; }
    if (!node.dataset.at) continue;
    entryTold({ id: node.id.slice(1), customer: openCustomer(), conversation: "", kind: node.dataset.kind, staff: "", at: node.dataset.at, day: day?.dataset.day, day_name: day?.textContent, html: node.outerHTML });
  }
}

/** Reads the end of the timeline anew, as it is filtered; the composer keeps what is written in it. */
export async function reload() {
  if (await show(filtered())) toEnd();
}

/** Puts other lines of this timeline in place: `query` says which. False where somebody asked for others meanwhile. */
export async function show(query) {
  const id = openId(), mine = ++showing;
  const holder = element(await (await part(`/console/c/${id}/stream?${query}`)).text()), here = log();
  if (mine !== showing || openId() !== id || !here) return false;
  holder.append(...here.querySelectorAll(".waiting")); // answers on their way are at the end, whatever is shown
  here.replaceWith(holder);
  htmx.process(holder);
  stuck = false;
  noNews();
  watch();
  document.dispatchEvent(new CustomEvent("desk:shown", { detail: { anew: true } }));
  return true;
}

/* Older lines come in above without moving what is read; a day that goes on has one heading. */
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.target.matches?.("[data-older], [data-newer]") || !event.detail.shouldSwap) return;
  const first = event.detail.target.matches("[data-older]") ? lineNodes()[0] : lineNodes().at(-1);
  log().setAttribute("aria-busy", "true");
  const top = first?.getBoundingClientRect().top;
  document.addEventListener("htmx:afterSettle", () => {
    const days = [...log().querySelectorAll(".day")];
    days.forEach((d, i) => { if (i && d.dataset.day === days[i - 1].dataset.day) d.remove(); });
    [...log().querySelectorAll("[data-since]")].slice(1).forEach((n) => n.remove()); // the earliest is where it begins
    if (first?.isConnected) box().scrollTop += first.getBoundingClientRect().top - top;
    log().removeAttribute("aria-busy");
    frame();
    document.dispatchEvent(new CustomEvent("desk:shown"));
  }, { once: true });
});

/** Goes to a line by its id. Where it is not loaded, or is hidden by a filter, the lines around it take its place. */
export async function goTo(id) {
  if (!document.getElementById(`e${id}`)) {
    try {
      if (!await show(`entry=${id}`)) return false;
    } catch (error) {
      toast(word(error.status === 404 ? "still-here" : "not-loaded"));
      return false;
    }
  }
  return point(id);
}

/** Shows a line in the middle, and where it is. */
export function point(id) {
  const node = document.getElementById(`e${id}`);
  if (!node) return false;
  stuck = false;
  node.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  log().querySelectorAll(".pointed").forEach((n) => n.classList.remove("pointed"));
  requestAnimationFrame(() => node.classList.add("pointed"));
  return true;
}

document.addEventListener("scroll", (event) => {
  if (event.target !== box()) return;
  frameSoon();
  stuck = atEnd();
  if (unseen && stuck) { unseen = 0; showNews(); }
}, { capture: true, passive: true });

/** A button for pictures from elsewhere, where the mail has some; until it is pressed, nothing asks for them. */
async function offerPictures(button, frame) {
  const url = button.dataset.formatted;
  const answer = await fetch(url, { method: "HEAD" }).catch(() => null);
  const count = Number(answer?.ok ? answer.headers.get("X-Remote-Pictures") : 0);
  if (!count || !frame.isConnected) return;
  const images = document.createElement("button");
  images.type = "button";
  images.className = "link xs";
  images.dataset.images = "";
  images.textContent = `${word("show-images")} (${count})`;
  images.addEventListener("click", () => { frame.src = `${url}?images=1`; images.remove(); });
  button.after(images);
}

/* Formatted mail, in a frame that can run nothing; pictures from elsewhere stay away until asked for. */
document.addEventListener("click", (click) => {
  const button = click.target.closest?.("[data-formatted]");
  if (!button) return;
  const msg = button.closest(".msg"), frame = msg.querySelector("iframe");
  if (frame) {
    frame.remove();
    msg.querySelector("[data-images]")?.remove();
    msg.classList.remove("shows-html");
    button.textContent = word("show-formatted");
    return;
  }
  const node = document.createElement("iframe");
  node.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  node.title = word("formatted-title");
  node.src = button.dataset.formatted;
  node.className = "mail-frame";
  button.before(node);
  offerPictures(button, node);
  msg.classList.add("shows-html");
  button.textContent = word("hide-formatted");
});
document.addEventListener("click", (click) => {
  const link = click.target.closest?.("[data-evidence]");
  if (link) { click.preventDefault(); goTo(link.getAttribute("href").slice(2)); }
  if (click.target.closest?.("#news button")) { if (hidden.size && !unseen && !ahead.size) document.dispatchEvent(new CustomEvent("desk:everything")); else toEnd(); }
});

/* A picture that cannot be fetched just now is a file like others: no browser's torn page stands for it. */
document.addEventListener("error", ({ target }) => {
  if (!(target instanceof HTMLImageElement) || !target.matches(".file .thumb")) return;
  const icon = document.createElement("template");
  icon.innerHTML = `<svg class="ic" aria-hidden="true"><use href="#clip"/></svg>`;
  target.replaceWith(icon.content);
}, true);

/** A fresh conversation stands on the screen: its end is shown, or the line that the address names. */
export function began() {
  showing += 1;
  parked.length = 0;
  noNews();
  const hash = location.hash.match(/^#e(\d+)$/);
  stuck = !hash && !further();
  if (hash) goTo(hash[1]); else if (stuck) toEnd();
  frameSoon();
  watch();
  document.dispatchEvent(new CustomEvent("desk:shown", { detail: { anew: true } }));
}
/* Pictures, late fonts and replaced lines make the log taller, and what the composer shows leaves it less room; whoever
   reads its end goes on reading its end. */
const grows = new ResizeObserver(() => { if (stuck) toEnd(); });
function watch() {
  grows.disconnect();
  if (log()) { grows.observe(log()); grows.observe(box()); }
}
