/* The bar above the timeline: what it is narrowed to, a search within it, the way to what is new, links to its lines. */
import { word } from "desk/words";
import { toast } from "desk/toast";
import { openId, part, post } from "desk/page";
import { atEnd, box, filtered, further, goTo, lineNodes, log, show, toEnd } from "desk/timeline";

const bar = () => document.getElementById("sieve");
const field = () => document.getElementById("within-q");
const since = () => log()?.querySelector("[data-since]");

/* Chips. The address says what is shown, so that it can be handed on; the timeline stays at its end. */
async function narrow(url) {
  const address = new URL(url, location.href);
  const query = new URLSearchParams(address.search);
  query.delete("view");
  const asked = decodeURIComponent(query.toString()), before = bar().dataset.asked;
  bar().dataset.asked = asked;
  try {
    const [shown, html] = await Promise.all([show(asked), part(`/console/c/${openId()}/sieve${address.search}`).then((r) => r.text())]);
    if (!shown) return;
    toEnd();
    history.replaceState(history.state, "", address);
    refill(html);
  } catch {
    if (bar()) bar().dataset.asked = before;
    toast(word("not-loaded"), { danger: true, action: word("retry"), run: () => narrow(url) });
  }
}
/* The chips are made anew; the field keeps what is written in it, and the focus stays where it was. */
function refill(html) {
  const holder = document.createElement("div"), at = document.activeElement?.closest?.("#sieve a"), focused = at ? at.dataset.name ?? "" : undefined;
  holder.innerHTML = html;
  const fresh = holder.querySelector(".chips");
  if (!fresh || !bar()) return;
  bar().querySelector(".chips").replaceWith(fresh);
  bar().dataset.asked = filtered();
  if (focused !== undefined) (fresh.querySelector(`[data-name="${focused}"]`) ?? fresh.querySelector("a"))?.focus({ preventScroll: true });
}
document.addEventListener("click", (event) => {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const chip = event.target.closest?.("#sieve [data-sieve]"), link = event.target.closest?.("[data-permalink]");
  const step = event.target.closest?.("#within [data-step]");
  if (chip) { event.preventDefault(); narrow(chip.href); }
  else if (link) { event.preventDefault(); copy(link); }
  else if (step) go(Number(step.dataset.step));
  else if (event.target.closest?.("#to-new")) jump();
});
document.addEventListener("desk:everything", () => narrow(bar()?.querySelector("[data-sieve]")?.href ?? location.pathname));

/* Links to lines: the time of a line is one. */
async function copy(link) {
  const address = new URL(link.getAttribute("href"), location.origin + location.pathname);
  history.replaceState(history.state, "", address.hash);
  try {
    await navigator.clipboard.writeText(address.href);
    toast(word("link-copied"));
  } catch {
    toast(address.href); // a page without a secure address may not write to the clipboard
  }
}

/* What is new since this colleague last looked: told apart, jumped to, and told to the desk once it was read. */
let seenNew = false, timer = 0;
const newest = () => lineNodes().reduce((most, n) => { const id = n.id ? BigInt(n.id.slice(1)) : 0n; return id > most ? id : most; }, 0n);

/** Goes to the first line that is new. */
export function jump() {
  const mark = since();
  if (!mark) { toast(word("nothing-new")); return; }
  mark.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}
function offer() {
  const button = document.getElementById("to-new"), mark = since();
  if (!button) return;
  button.hidden = !mark || mark.classList.contains("read");
  if (mark) button.querySelector("span").textContent = mark.textContent;
}
const inView = (node) => { const r = node.getBoundingClientRect(), edges = box().getBoundingClientRect(); return r.bottom > edges.top && r.top < edges.bottom; };
function reading() {
  const mark = since();
  if (document.hidden || !log()) return;
  if (mark && inView(mark)) seenNew = true;
  clearTimeout(timer);
  // A filter hides lines, and in the middle of a long life the newest are not here: neither has been read then.
  if (filtered() || further() || !atEnd() && !(mark && seenNew && inView(lineNodes().at(-1)))) return;
  if (mark && !seenNew) return;
  timer = setTimeout(read, 1500);
}
async function read() {
  const id = openId(), timeline = log(), last = newest();
  if (document.hidden || !timeline || last <= BigInt(timeline.dataset.read || 0)) return;
  try {
    await post(`/console/c/${id}/looked`, { entry: String(last) });
    timeline.dataset.read = String(last);
    since()?.classList.add("read");
    offer();
  } catch { /* the next line, or the next visit, says it again */ }
}
document.addEventListener("scroll", (event) => { if (event.target === box()) reading(); }, { capture: true, passive: true });
document.addEventListener("visibilitychange", reading);
document.addEventListener("desk:shown", (event) => {
  if (event.detail?.anew) { seenNew = false; if (bar()?.dataset.asked !== undefined && bar().dataset.asked !== filtered() && bar().querySelector(".chips")) syncChips(); }
  offer();
  requestAnimationFrame(() => { mark(); reading(); });
});
document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "sieve") offer(); });
/* Going to a line that the filter hid has lifted the filter: chips and address follow. */
async function syncChips() {
  const address = new URL(location.href);
  address.searchParams.delete("show");
  address.searchParams.delete("by");
  address.searchParams.delete("entry");
  history.replaceState(history.state, "", address);
  try { refill(await (await part(`/console/c/${openId()}/sieve${address.search}`)).text()); } catch { /* they stand as they were */ }
}

/* Searching within. Marks are painted over the lines, which stay as they are. */
let hits = [], words = [], at = -1, more = false, typed = 0, asking = 0;
const AGAIN_MS = 250, SLOWEST_MS = 4_000; // what came this moment is indexed after it; the page asks again ever slower
/** Puts the cursor into the field. */
export function searchHere() { field()?.focus(); field()?.select(); }
async function find(wait = AGAIN_MS) {
  const text = field().value.trim(), mine = ++asking, id = openId(), stood = hits[at];
  if (!text) { forget(); return; }
  try {
    const found = await (await part(`${document.getElementById("within").dataset.url}?q=${encodeURIComponent(text)}`)).json();
    if (mine !== asking || openId() !== id || !field()) return;
    hits = found.lines.reverse();
    words = found.words;
    more = found.more;
    if (found.problem) { at = -1; say(found.problem); steps(); mark(); return; }
    at = wait > AGAIN_MS ? hits.indexOf(stood) : -1;
    if (at >= 0) { tell(); mark(); }
    else if (hits.length) { at = hits.length; await go(-1); }
    else { say(word(found.behind ? "found-later" : "found-none")); mark(); }
    steps();
    if (found.behind) { clearTimeout(typed); typed = setTimeout(() => { if (mine === asking && openId() === id && field()) find(Math.min(wait * 1.5, SLOWEST_MS)); }, wait); }
  } catch { if (mine === asking) say(word("not-loaded")); }
}
async function go(by) {
  if (!hits.length) return;
  at = (at + by + hits.length) % hits.length;
  tell();
  await goTo(hits[at]);
  mark();
}
function tell() { say(word("found-at", { n: at + 1, all: more ? `${hits.length}+` : hits.length })); }
function say(text) { const out = document.querySelector("#within output"); if (out) out.textContent = text; }
function steps() { for (const b of document.querySelectorAll("#within [data-step]")) b.hidden = hits.length < 2; }
function forget() {
  asking += 1;
  hits = [];
  words = [];
  at = -1;
  say("");
  steps();
  mark();
}
function mark() {
  if (!CSS.highlights) return;
  CSS.highlights.delete("found");
  if (!words.length || !log()) return;
  const ranges = [], known = new Set(hits);
  const wanted = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.map((w) => w.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|")})`, "giu");
  for (const line of lineNodes()) {
    if (!known.has(line.id.slice(1))) continue;
    const walk = document.createTreeWalker(line.querySelector(".msg, .fact, .what") ?? line, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      // Folded letter by letter, so that places stay what they are.
      const plain = [...node.data].map((c) => { const f = c.normalize("NFD")[0]; return f.length === c.length ? f : c; }).join("");
      for (const hit of plain.matchAll(wanted)) {
        const range = new Range();
        range.setStart(node, hit.index);
        range.setEnd(node, hit.index + hit[0].length);
        ranges.push(range);
      }
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
}
document.addEventListener("input", (event) => {
  if (event.target !== field()) return;
  clearTimeout(typed);
  if (!field().value.trim()) forget();
  else typed = setTimeout(find, 250);
});
document.addEventListener("submit", (event) => {
  if (event.target.id !== "within") return;
  event.preventDefault();
  if (hits.length) go(-1);
  else { clearTimeout(typed); find(); }
});
document.addEventListener("keydown", (event) => {
  if (event.target !== field() || event.isComposing) return;
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    if (field().value) { field().value = ""; forget(); } else document.getElementById("title")?.focus();
  } else if (event.key === "Enter" && event.shiftKey && hits.length) {
    event.preventDefault();
    go(1);
  }
}, { capture: true });
