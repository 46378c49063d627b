/* The console's conductor: opens conversations, binds the keys, lets parts load and fail by themselves. */
import { command } from "desk/keys";
import { word } from "desk/words";
import { toast } from "desk/toast";
import { element, me, openId, part, post, showPane, view, wide, work } from "desk/page";
import { countsSoon, markCurrent, neighbour, refresh } from "desk/queue";
import * as ribbon from "desk/ribbon";
import * as timeline from "desk/timeline";
import { jump, searchHere } from "desk/sieve";
import * as composer from "desk/composer";
import { held, restored, takeBack as takeAnswerBack } from "desk/undo";
import { carry, sweep } from "desk/drafts";
import { elsewhere } from "desk/lost";
import { head, inUse, putHead, tellOpen } from "desk/live";
import { forward } from "desk/forward";
import { start } from "desk/starting";
import { take } from "desk/suggested";
import "desk/later";
import "desk/tasks";
import "desk/several";

let loading = null;
let undo = null;

/** Opens a conversation in place. `push` writes the address; focus goes to its title. With `keep`, the answer that is
    being written stays as it is. */
async function openConversation(url, { push = true, focus = true, keep = false } = {}) {
  const address = new URL(url, location.href);
  if (!address.searchParams.has("view")) address.searchParams.set("view", view());
  loading?.abort();
  const mine = loading = new AbortController();
  const slow = setTimeout(() => document.getElementById("conversation")?.classList.add("slow"), 200);
  try {
    const response = await part(address.pathname + address.search, { signal: mine.signal });
    const html = await response.text();
    if (mine !== loading) return;
    const fresh = element(html), answer = document.getElementById("composer"), typing = document.activeElement;
    const there = new URL(response.url), came = there.searchParams.get("came");
    const stays = keep && answer?.dataset.id === fresh.dataset.conversation;
    if (stays) fresh.querySelector("#composer").replaceWith(answer);
    work().replaceWith(fresh);
    htmx.process(fresh);
    if (came) { there.searchParams.delete("came"); address.href = there.href; }
    if (push) history.pushState({ console: address.href }, "", address);
    else if (came) history.replaceState({ console: address.href }, "", address);
    merged(came);
    began(stays);
    showPane("conversation");
    if (stays && answer.contains(typing)) typing.focus({ preventScroll: true });
    else if (!focus && typing && !typing.isConnected) (document.getElementById(typing.id) ?? document.getElementById("title"))?.focus({ preventScroll: true });
    if (focus) document.getElementById("title")?.focus({ preventScroll: true });
  } catch (error) {
    if (error.name === "AbortError") return;
    if (error.status === 404) { // it was merged away, given away or erased since its row was read
      toast(word("gone"), { danger: true });
      refresh().catch(() => {});
      return;
    }
    toast(error.message || word("not-loaded"), { danger: true, action: word("retry"), run: () => openConversation(url, { push, focus }) });
  } finally {
    clearTimeout(slow);
    document.getElementById("conversation")?.classList.remove("slow");
  }
}

/* The address named a conversation that was merged into this one: that is said, and its draft comes along. */
function merged(from) {
  if (from) toast(word(carry(from, openId()) ? "merged-kept" : "merged-here", { from, into: openId() }));
}

/* Customers were joined or parted: what is on the screen is another timeline now. */
async function changedHands() {
  if (openId()) await openConversation(location.href, { push: false, focus: false, keep: true });
}
/* Lines were moved. Who is writing is taken nowhere: they are told, and go on when they want to. */
document.addEventListener("desk:moved", async () => {
  if (!composer.isWriting()) { changedHands(); return; }
  await head();
  if (!openId() || document.getElementById("head")?.dataset.merged) return;
  await changedHands();
  elsewhere(word("lines-moved"));
});

function began(stays = false) {
  markCurrent();
  document.title = openId() ? `#${openId()} ${work().dataset.name} · Loopdesk` : document.title;
  timeline.began();
  if (stays) composer.waysAgain(); else composer.began();
  tellOpen();
  document.dispatchEvent(new CustomEvent("desk:opened"));
}

/** Opens another view of the queue in place. */
async function openView(name, { push = true } = {}) {
  try {
    const fresh = element(await (await part(`/console/${name}`)).text());
    const there = document.activeElement === document.body || document.activeElement?.closest("#list");
    document.getElementById("list").replaceWith(fresh);
    htmx.process(fresh);
    markCurrent();
    if (name.startsWith("view-")) countsSoon();
    document.dispatchEvent(new CustomEvent("desk:list"));
    if (there) fresh.querySelector(".tab[aria-current]")?.focus({ preventScroll: true });
    showPane("list");
    const address = openId() && wide() ? `/console/c/${openId()}?view=${name}` : `/console/${name}`;
    if (push) history.pushState({ console: location.href }, "", address);
  } catch {
    toast(word("not-loaded"), { danger: true, action: word("retry"), run: () => openView(name, { push }) });
  }
}

const plain = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
document.addEventListener("click", (event) => {
  if (!plain(event)) return;
  const at = (selector) => event.target.closest?.(selector);
  const link = at("a.convo, a[data-conversation-link], .timeline a[href^='/console/c/']");
  const other = at("[data-view-link]"), pane = at("[data-pane]:not(#shell)"), back = at("[data-back]");
  if (link && !link.hasAttribute("download")) { event.preventDefault(); openConversation(link.href); }
  else if (other) { event.preventDefault(); other.closest("[popover]")?.hidePopover(); openView(other.dataset.viewLink).then(() => document.querySelector("#list .tab[aria-current]")?.focus()); }
  else if (back) { event.preventDefault(); toList(); }
  else if (pane && !wide()) { event.preventDefault(); showPane(pane.dataset.pane); }
  else if (at("[data-later-menu]")) setTimeout(() => openMenu("later-menu", "#composer [popovertarget=send-menu]")); // once the menu that it stands in is closed
  else if (at("[data-take]")) takeNext();
  else if (at("[data-take-back]")) undoMerge(at("[data-take-back]"));
  else if (at("[data-correct]")) correct(at("[data-correct]"));
  else if (at("[data-instead]")) judged(at("[data-instead]"));
  else if (at("[data-risk]")) flagged(at("[data-risk]"));
  // A menu closes when something in it was chosen.
  const chosen = at(".menu[popover] > button, .menu[popover] > a");
  if (chosen && !chosen.hasAttribute("popovertarget")) chosen.closest("[popover]").hidePopover();
});
document.addEventListener("desk:open", (event) => openConversation(event.detail));
document.addEventListener("desk:view", (event) => openView(event.detail));
addEventListener("popstate", () => {
  const match = location.pathname.match(/^\/console\/c\/(\d+)/);
  if (match && match[1] !== openId()) openConversation(location.href, { push: false });
  else if (!match) { showPane("list"); const name = location.pathname.split("/")[2] || "mine"; if (name !== view()) openView(name, { push: false }); }
});

function toList() {
  showPane("list");
  const row = document.querySelector(`#c${CSS.escape(openId())} a`) ?? neighbour(1);
  row?.focus({ preventScroll: false });
}

async function takeNext() {
  try {
    const fresh = element(await (await part("/console/unassigned")).text());
    const next = fresh.querySelector("a.convo");
    if (!next) { toast(word("nothing-to-take")); return; }
    const id = next.closest("li").id.slice(1);
    await post(`/console/c/${id}/assign`, { staff_id: "me" });
    await openConversation(`/console/c/${id}`);
    if (view() !== "mine") countsSoon();
  } catch (error) { toast(error.text || error.message || word("failed"), { danger: true }); }
}

/* Opens a menu at the button it belongs to. Browsers that cannot anchor it there get its place by hand. */
function openMenu(id, selector) {
  const menu = document.getElementById(id), source = typeof selector === "string" ? document.querySelector(selector) : selector;
  if (!menu || !source) return;
  menu.showPopover({ source });
  if (CSS.supports("position-area: bottom")) return;
  const edge = source.getBoundingClientRect(), own = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(edge.right, innerWidth - 8) - own.width)}px`;
  menu.style.top = `${Math.max(8, Math.min(edge.bottom + 6, innerHeight - own.height - 8))}px`;
}
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (event.newState !== "open" || !menu.matches?.(".menu:not(.corner)") || CSS.supports("position-area: bottom")) return;
  const source = document.querySelector(`[popovertarget="${menu.id}"]`);
  if (source && !menu.style.top) { menu.hidePopover(); openMenu(menu.id, source); }
}, { capture: true });

/* A merge is undone on its own line: the button there, or X to go to the newest one that has it. */
function toUndo() {
  const button = [...document.querySelectorAll(".timeline [data-take-back]")].at(-1);
  if (!button) { toast(word("no-undo")); return; }
  button.scrollIntoView({ block: "center" });
  button.focus({ preventScroll: true });
}
async function undoMerge(button) {
  button.disabled = true;
  try {
    await answered(await post(button.dataset.takeBack, { back: openId() }));
  } catch (error) {
    button.disabled = false;
    toast(error.text || error.message || word("failed"), { danger: true });
  }
}

/* "Not right?": which level it is instead. */
let judging = null;
function correct(button) {
  judging = button;
  const menu = document.getElementById("correct-menu");
  for (const b of menu.querySelectorAll("[data-instead]")) b.hidden = b.dataset.instead === button.dataset.heard;
  openMenu("correct-menu", button);
  menu.querySelector("[data-instead]:not([hidden])").focus();
}
async function judged(choice) {
  try {
    const response = await post(`/console/e/${judging.dataset.correct}/correct`, { instead: choice.dataset.instead });
    await answered(response);
  } catch (error) { toast(error.text || error.message || word("failed"), { danger: true }); }
}
/* A flag is taken off or put back; its line is told anew. */
async function flagged(button) {
  const { entry, risk, on } = button.dataset;
  button.disabled = true;
  try {
    await answered(await post(`/console/e/${entry}/risk`, { kind: risk, on }));
  } catch (error) {
    button.disabled = false;
    toast(error.text || error.message || word("failed"), { danger: true });
  }
}
async function answered(response) {
  if (response.headers.get("X-Moved")) changedHands();
  const html = await response.text();
  const said = response.headers.get("X-Toast");
  if (said) document.dispatchEvent(new CustomEvent("desk:news", { detail: { ...JSON.parse(said), undo: null } }));
  if (inUse()) head(); // waits until the menu is closed, the action done
  else if (html && element(html).dataset.id === openId()) putHead(html);
  document.dispatchEvent(new CustomEvent("desk:acted", { detail: { id: openId() } }));
}

/* News with a way back: the toast's button, or Z. */
document.addEventListener("desk:news", (event) => { if (event.detail.undo) undo = event.detail.undo; });
async function takeBack() {
  if (!undo) return;
  const { url, values } = undo;
  undo = null;
  document.querySelector("#toasts .toast:last-child")?.remove();
  try {
    const response = await post(url, values);
    await (response.headers.get("X-Restored") ? restored(response) : answered(response));
  } catch (error) { toast(error.text || error.message || word("failed"), { danger: true }); }
}
document.addEventListener("desk:undo", takeBack);

/* Menus load when they are opened, and say so when they cannot. */
document.addEventListener("toggle", async (event) => {
  const menu = event.target;
  if (event.newState !== "open" || !menu.dataset?.lazy) return;
  try {
    menu.innerHTML = await (await part(menu.dataset.lazy)).text();
    htmx.process(menu);
  } catch {
    menu.innerHTML = "";
    const p = document.createElement("p");
    p.className = "menu-head xs";
    p.textContent = word("not-loaded");
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = word("retry");
    again.addEventListener("click", () => { menu.hidePopover(); menu.showPopover(); });
    menu.append(p, again);
  }
  menu.querySelector("a, button, input:not([type=hidden])")?.focus();
}, { capture: true });
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu:popover-open");
  if (!menu || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
  const all = [...menu.querySelectorAll("a, button, input:not([type=hidden])")].filter((n) => !n.disabled && n.offsetParent);
  const next = all[all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
  if (next) { event.preventDefault(); next.focus(); }
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.requestConfig?.verb !== "post" || !event.detail.successful) return;
  document.querySelectorAll(".menu:popover-open").forEach((m) => m.hidePopover());
  if (event.detail.xhr.getResponseHeader("X-Gone")) head();
  if (event.detail.xhr.getResponseHeader("X-Moved")) changedHands();
  document.dispatchEvent(new CustomEvent("desk:acted", { detail: { id: openId() } }));
});

/* What was pressed in a menu of the head goes with the head: the focus is on the title then, and not nowhere. */
let inHead = false;
document.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.target.id === "head") inHead = document.activeElement?.closest("#head") !== null; });
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt?.id !== "head" && event.target.id !== "head") return;
  if (inHead && (document.activeElement === document.body || !document.activeElement)) document.getElementById("title")?.focus({ preventScroll: true });
  inHead = false;
});

/* A dialog or a menu gives the focus back to what it came from. Where that was replaced meanwhile, it goes to the title, or
   to the row. */
const nowhere = () => (!document.activeElement || document.activeElement === document.body) && !document.querySelector("dialog[open], :popover-open");
const settled = () => setTimeout(() => { if (nowhere()) (document.getElementById("title") ?? neighbour(1) ?? document.querySelector("#list a"))?.focus({ preventScroll: true }); });
document.addEventListener("close", settled, { capture: true });
document.addEventListener("toggle", (event) => { if (event.newState === "closed") settled(); }, { capture: true });

/* A part that failed to load says so in its place, with a way to try again. */
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const node = event.detail.elt;
    if (!node.matches?.("#ribbon, [data-older], [data-more]")) return;
    const box = node.matches("#ribbon") && document.getElementById("panel") ? document.getElementById("panel") : node;
    const text = document.createElement("p");
    text.className = "failed xs";
    text.setAttribute("role", "alert");
    text.textContent = `${word("not-loaded")} `;
    const again = document.createElement("button");
    again.type = "button";
    again.className = "link";
    again.textContent = word("retry");
    again.addEventListener("click", () => { text.remove(); htmx.ajax("GET", node.getAttribute("hx-get"), { target: node, swap: "outerHTML" }); });
    text.append(again);
    box.querySelector(".failed")?.remove();
    box.append(text);
  });
}

/* The keys. */
const here = word("conversation"), go = word("go");
const opened = () => Boolean(openId());
const press = (selector) => document.querySelector(selector)?.click();
const move = (by) => {
  const link = neighbour(by);
  if (!link) return;
  link.focus();
  if (wide() && opened()) openConversation(link.href, { focus: false }).then(() => document.getElementById(link.parentElement.id)?.querySelector("a").focus());
};
command({ keys: "j", text: word("next"), group: go, icon: "down", run: () => move(1) });
command({ keys: "k", text: word("previous"), group: go, icon: "up", run: () => move(-1) });
command({ keys: "enter", text: word("open"), group: go, run: () => false });
command({ keys: "escape", text: word("back"), group: go, anywhere: true, when: () => !document.querySelector(":popover-open"), run: (event) => {
  if (event?.target?.closest?.("#composer")) { document.getElementById("title")?.focus(); return; }
  if (!wide() && document.getElementById("shell").dataset.pane === "customer") { showPane("conversation"); return; }
  toList();
} });
command({ keys: "e", text: word("resolve"), group: here, icon: "check", when: opened, run: () => press("#head [data-act=resolve]") });
command({ keys: "r", text: word("reply"), group: here, icon: "email", when: opened, run: () => composer.write("reply") });
command({ keys: "n", text: word("note"), group: here, icon: "lock", when: opened, run: () => composer.write("note") });
command({ keys: "n", text: word("take-next"), group: go, hidden: true, when: () => !opened(), run: takeNext });
command({ keys: "q", text: word("take-next"), group: go, icon: "take", run: takeNext });
for (const [number, name] of [[1, "chat"], [2, "email"], [3, "sms"]]) {
  command({ keys: `alt+${number}`, text: word(`by-${name}`), group: here, icon: name, anywhere: true, when: () => opened() && document.querySelector(`#ways input[value=${name}]`), run: () => composer.by(number) });
}
command({ keys: "s", text: word("snooze"), group: here, icon: "moon", when: () => opened() && document.querySelector("#head [data-menu=snooze]"), run: () => openMenu("snooze-menu", "#head [data-menu=snooze]") });
command({ keys: "a", text: word("assign"), group: here, icon: "users", when: opened, run: () => openMenu("assign-menu", "#head [data-menu=assign]") });
command({ text: word("take-it"), group: here, icon: "take", when: () => opened() && document.getElementById("head")?.dataset.assignee !== me, run: async () => { try { await answered(await post(`/console/c/${openId()}/assign`, { staff_id: "me" })); } catch (error) { toast(error.text || word("failed"), { danger: true }); } } });
command({ keys: "l", text: word("label"), group: here, icon: "label", when: opened, run: () => openMenu("label-menu", "#head [popovertarget=more-menu]") });
command({ keys: "m", text: word("merge-or-split"), group: here, icon: "merge", when: opened, run: () => openMenu("talks-menu", "#head [popovertarget=more-menu]") });
command({ keys: "p", text: word("status"), group: here, icon: "check", when: opened, run: () => openMenu("status-menu", "#head [data-menu=status]") });
command({ keys: "c", text: word("link"), group: here, icon: "link", when: opened, run: () => openMenu("link-menu", "#head [popovertarget=more-menu]") });
command({ keys: "o", text: word("task"), group: here, icon: "task", when: opened, run: () => openMenu("task-menu", "#head [popovertarget=more-menu]") });
command({ keys: "h", text: word("remind"), group: here, icon: "clock", when: opened, run: () => openMenu("remind-menu", "#head [popovertarget=more-menu]") });
command({ keys: "i", text: word("inbox"), group: here, icon: "inbox", when: opened, run: () => openMenu("inbox-menu", "#head [popovertarget=more-menu]") });
command({ keys: "x", text: word("to-undo"), group: here, icon: "undo", when: opened, run: toUndo });
command({ keys: "v", text: word("survey"), group: here, icon: "pause", when: opened, run: () => openMenu("survey-menu", "#head [popovertarget=more-menu]") });
command({ keys: "!", text: word("spam-or-block"), group: here, icon: "shield", when: opened, run: () => openMenu("spam-menu", "#head [popovertarget=more-menu]") });
command({ keys: "f", text: word("forward"), group: here, icon: "forward", when: opened, run: () => forward(`/console/c/${openId()}/forward`) });
command({ keys: "b", text: word("begin"), group: go, icon: "plus", run: () => start() });
command({ keys: "t", text: word("suggested"), group: here, icon: "spark", when: () => opened() && document.querySelector("#suggested [data-use]")?.checkVisibility(), run: take });
command({ keys: "d", text: word("later"), group: here, icon: "clock", when: () => opened() && composer.isAnswering(), run: () => openMenu("later-menu", "#composer [popovertarget=send-menu]") });
command({ keys: "z", text: word("undo"), group: here, icon: "undo", when: () => Boolean(undo), run: takeBack });
/* Right after sending, the cursor still stands in the empty field. */
command({ keys: "ctrl+z", text: word("undo-send"), group: here, icon: "undo", anywhere: true, when: () => opened() && held() && !composer.isWriting(), run: () => takeAnswerBack(`/console/e/${held().dataset.undo}/undo`) });
command({ keys: "ctrl+enter", text: word("send"), group: here, icon: "send", anywhere: true, when: () => opened() && composer.isWriting(), run: () => composer.submit() });
command({ keys: "ctrl+shift+enter", text: word("send-resolve"), group: here, icon: "check", anywhere: true, when: () => opened() && composer.isWriting(), run: () => composer.submit("resolve") });
command({ keys: "alt+enter", text: word("send-pending"), group: here, icon: "pause", anywhere: true, when: () => opened() && composer.isWriting(), run: () => composer.submit("pending") });
command({ keys: "alt+shift+enter", text: word("send-snooze"), group: here, icon: "moon", anywhere: true, when: () => opened() && composer.isWriting(), run: () => composer.submit("snooze:24") });
command({ keys: "]", text: word("event-next"), group: here, icon: "right", when: opened, run: () => ribbon.event(1) });
command({ keys: "[", text: word("event-previous"), group: here, icon: "left", when: opened, run: () => ribbon.event(-1) });
command({ keys: "u", text: word("to-new"), group: here, icon: "down", when: opened, run: jump });
command({ keys: "w", text: word("within"), group: here, icon: "find", when: opened, run: searchHere });
for (const link of document.querySelectorAll("#list [data-view-link]")) {
  const name = link.dataset.viewLink;
  command({ text: word("view", { name: link.title || link.firstChild.textContent.trim() || link.textContent.trim() }), group: go, icon: "inbox", place: true, run: () => openView(name) });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-settle]");
  if (!button) return;
  button.disabled = true;
  try { await answered(await post(`/console/e/${button.dataset.entry}/delivery`, { arrived: button.dataset.settle })); } catch (error) { button.disabled = false; toast(error.text || word("failed"), { danger: true }); }
});

sweep();
const came = new URL(location.href).searchParams.get("came");
if (came && openId()) {
  const here = new URL(location.href);
  here.searchParams.delete("came");
  history.replaceState(history.state, "", here);
  merged(came);
}
began();
if (openId() && location.hash !== "#customer") showPane("conversation");
