/* The loop ribbon: what part of the life the timeline shows, and travelling along it. */
import { calmly } from "desk/page";
import { box, filtered, further, goTo, lineNodes, log, show } from "desk/timeline";

/* The ribbon's frame: what part of the life the timeline shows now. */
function knots() {
  const text = document.getElementById("ribbon")?.dataset.knots;
  return text ? text.split(" ").map((k) => k.split(":").map(Number)) : [];
}
function place(seconds) {
  const all = knots();
  if (!all.length) return 0;
  if (seconds <= all[0][0]) return all[0][1];
  for (let i = 1; i < all.length; i += 1) {
    const [t0, x0] = all[i - 1], [t1, x1] = all[i];
    if (seconds <= t1) return x0 + (x1 - x0) * ((seconds - t0) / (t1 - t0));
  }
  return all.at(-1)[1];
}
function timeAt(x) {
  const all = knots();
  for (let i = 1; i < all.length; i += 1) {
    const [t0, x0] = all[i - 1], [t1, x1] = all[i];
    if (x <= x1) return t0 + (t1 - t0) * ((x - x0) / (x1 - x0));
  }
  return all.at(-1)?.[0] ?? 0;
}
export function frame() {
  const view = document.querySelector("#ribbon .view");
  if (!view || !box()) return;
  const edges = box().getBoundingClientRect();
  const seen = lineNodes().filter((n) => { const r = n.getBoundingClientRect(); return r.bottom > edges.top && r.top < edges.bottom; });
  if (!seen.length) return;
  const from = place(Date.parse(seen[0].dataset.at) / 1000), to = place(Date.parse(seen.at(-1).dataset.at) / 1000);
  const width = Math.max(2.4, to - from);
  view.setAttribute("x", `${Math.min(from, 100 - width)}%`);
  view.setAttribute("width", `${width}%`);
}
let queued = false;
export const frameSoon = () => { if (!queued) { queued = true; requestAnimationFrame(() => { queued = false; frame(); }); } };
document.addEventListener("htmx:afterSettle", (event) => { if (event.target.closest?.("#ribbon, #work")) frameSoon(); });

/** Travels to a time: to the first line at or after it; where that is not loaded, the lines around it take its place. */
async function travel(seconds) {
  const lines = lineNodes(), at = (n) => Date.parse(n.dataset.at) / 1000;
  const loaded = lines.length && (at(lines[0]) <= seconds || !log().querySelector("[data-older]")) && (at(lines.at(-1)) >= seconds || !further());
  if (!loaded && !await show(`at=${encodeURIComponent(new Date(seconds * 1000).toISOString())}&${filtered()}`).catch(() => false)) return;
  const target = lineNodes().find((n) => at(n) >= seconds) ?? lineNodes().at(-1);
  target?.scrollIntoView({ block: "start" });
}
let dragging = false;
document.addEventListener("pointerdown", (event) => {
  const track = event.target.closest?.("#ribbon .track");
  if (!track) return;
  const dot = event.target.closest("[data-event]");
  if (dot?.classList.contains("dot")) { goTo(dot.dataset.event); return; }
  dragging = true;
  moveTo(event, track);
});
document.addEventListener("pointermove", (event) => { if (dragging) moveTo(event, document.querySelector("#ribbon .track")); });
document.addEventListener("pointerup", () => { dragging = false; });
const travelSoon = calmly(() => travel(wanted), 40, 80);
let wanted = 0;
function moveTo(event, track) {
  if (!track) return;
  const edges = track.getBoundingClientRect();
  wanted = timeAt(Math.min(100, Math.max(0, ((event.clientX - edges.left) / edges.width) * 100)));
  travelSoon();
}

/** The next (1) or previous (-1) event of the ribbon, seen from what is on the screen. */
export function event(by) {
  const ids = [...new Set([...document.querySelectorAll("#ribbon [data-event]")].map((n) => n.dataset.event))].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  if (!ids.length) return;
  const now = document.querySelector("#timeline .pointed")?.id.slice(1);
  const at = now ? ids.indexOf(now) : ids.length;
  const next = ids[Math.min(ids.length - 1, Math.max(0, at + by))];
  if (next) goTo(next);
}
