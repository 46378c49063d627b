/* The console's conductor: opens conversations, binds the keys, lets parts load and fail by themselves. */
import { command } from "desk/keys";
import { word } from "desk/words";
import { toast } from "desk/toast";
import { element, headings, me, openId, part, post, showPane, view, wide, work } from "desk/page";
import { countsSoon, markCurrent, neighbour } from "desk/queue";
import * as ribbon from "desk/ribbon";
import * as timeline from "desk/timeline";
import { jump, searchHere } from "desk/sieve";
import * as composer from "desk/composer";
import { held, restored, takeBack as takeAnswerBack } from "desk/undo";
import { open as openPalette } from "desk/palette";
import { sweep } from "desk/drafts";
import { head, inUse, tellOpen } from "desk/live";
import { forward } from "desk/forward";

let loading = null;
let undo = null;

/** Opens a conversation in place. `push` writes the address; focus goes to its title. */
async function openConversation(url, { push = true, focus = true } = {}) {
  const address = new URL(url, location.href);
  if (!address.searchParams.has("view")) address.searchParams.set("view", view());
  loading?.abort();
  const mine = loading = new AbortController();
  const slow = setTimeout(() => document.getElementById("conversation")?.classList.add("slow"), 200);
  try {
    const html = await (await part(address.pathname + address.search, { signal: mine.signal })).text();
    if (mine !== loading) return;
    const fresh = element(html);
    work().replaceWith(fresh);
    htmx.process(fresh);
    if (push) history.pushState({ console: address.href }, "", address);
    began();
    showPane("conversation");
    if (focus) document.getElementById("title")?.focus({ preventScroll: true });
  } catch (error) {
    if (error.name === "AbortError") return;
    toast(error.message || word(error.status === 404 ? "gone" : "not-loaded"), { danger: true, action: word("retry"), run: () => openConversation(url, { push, focus }) });
  } finally {
    clearTimeout(slow);
    document.getElementById("conversation")?.classList.remove("slow");
  }
}

/* Customers were joined or parted: what is on the screen is another timeline now. Drafts are kept on this device; but
   where somebody else did it, whoever is writing just hears the new customer from now on. */
async function changedHands() {
  if (openId()) await openConversation(location.href, { push: false, focus: false });
}
document.addEventListener("desk:moved", () => (composer.isWriting() ? tellOpen() : changedHands()));

function began() {
  markCurrent();
  document.title = openId() ? `#${openId()} ${work().dataset.name} · Loopdesk` : document.title;
  timeline.began();
  composer.began();
  tellOpen();
}

/** Opens another view of the queue in place. */
async function openView(name, { push = true } = {}) {
  try {
    const fresh = element(await (await part(`/console/${name}`)).text());
    document.getElementById("list").replaceWith(fresh);
    htmx.process(fresh);
    markCurrent();
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
  else if (at("[data-take]")) takeNext();
  else if (at("[data-correct]")) correct(at("[data-correct]"));
  else if (at("[data-instead]")) judged(at("[data-instead]"));
  // A menu closes when something in it was chosen.
  const chosen = at(".menu[popover] > button, .menu[popover] > a");
  if (chosen && !chosen.hasAttribute("popovertarget")) chosen.closest("[popover]").hidePopover();
});
document.addEventListener("desk:open", (event) => openConversation(event.detail));
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

/* "Not right?": which level it is instead. */
let judging = null;
function correct(button) {
  judging = button;
  const menu = document.getElementById("correct-menu");
  for (const b of menu.querySelectorAll("[data-instead]")) b.hidden = b.dataset.instead === button.dataset.said;
  openMenu("correct-menu", button);
  menu.querySelector("[data-instead]:not([hidden])").focus();
}
async function judged(choice) {
  try {
    const response = await post(`/console/e/${judging.dataset.correct}/correct`, { instead: choice.dataset.instead });
    await answered(response);
  } catch (error) { toast(error.text || error.message || word("failed"), { danger: true }); }
}
async function answered(response) {
  if (response.headers.get("X-Moved")) changedHands();
  const html = await response.text();
  const said = response.headers.get("X-Toast");
  if (said) document.dispatchEvent(new CustomEvent("desk:news", { detail: { ...JSON.parse(said), undo: null } }));
  if (inUse()) head(); // waits until the menu is closed, the action done
  else if (html) { document.getElementById("head").outerHTML = html; htmx.process(document.getElementById("head")); headings(); }
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
  menu.querySelector("button, input:not([type=hidden])")?.focus();
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
const here = word("conversation"), go = word("go"), commands = word("commands");
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
command({ keys: "n", text: word("take-next"), group: go, icon: "take", when: () => !opened(), run: takeNext });
for (const [number, name] of [[1, "chat"], [2, "email"], [3, "sms"]]) {
  command({ keys: `alt+${number}`, text: word(`by-${name}`), group: here, icon: name, anywhere: true, when: () => opened() && document.querySelector(`#ways input[value=${name}]`), run: () => composer.by(number) });
}
command({ keys: "s", text: word("snooze"), group: here, icon: "moon", when: () => opened() && document.querySelector("#head [data-menu=snooze]"), run: () => openMenu("snooze-menu", "#head [data-menu=snooze]") });
command({ keys: "a", text: word("assign"), group: here, icon: "users", when: opened, run: () => openMenu("assign-menu", "#head [data-menu=assign]") });
command({ text: word("take-it"), group: here, icon: "take", when: () => opened() && document.getElementById("head")?.dataset.assignee !== me, run: async () => { try { await answered(await post(`/console/c/${openId()}/assign`, { staff_id: "me" })); } catch (error) { toast(error.text || word("failed"), { danger: true }); } } });
command({ keys: "l", text: word("label"), group: here, icon: "label", when: opened, run: () => openMenu("label-menu", "#head [popovertarget=more-menu]") });
command({ keys: "m", text: word("merge-or-split"), group: here, icon: "merge", when: opened, run: () => openMenu("talks-menu", "#head [popovertarget=more-menu]") });
command({ keys: "!", text: word("spam-or-block"), group: here, icon: "shield", when: opened, run: () => openMenu("spam-menu", "#head [popovertarget=more-menu]") });
command({ keys: "f", text: word("forward"), group: here, icon: "forward", when: opened, run: () => forward(`/console/c/${openId()}/forward`) });
command({ keys: "z", text: word("undo"), group: here, icon: "undo", when: () => Boolean(undo), run: takeBack });
/* Right after sending, the cursor still stands in the empty field. */
command({ keys: "ctrl+z", text: word("undo-send"), group: here, icon: "undo", anywhere: true, when: () => opened() && held() && !composer.isWriting(), run: () => takeAnswerBack(`/console/e/${held().dataset.undo}/undo`) });
command({ keys: "ctrl+enter", text: word("send"), group: here, icon: "send", anywhere: true, when: () => opened() && composer.isWriting(), run: () => composer.submit() });
command({ keys: "ctrl+shift+enter", text: word("send-resolve"), group: here, icon: "check", anywhere: true, when: () => opened() && composer.isWriting(), run: () => composer.submit("resolve") });
command({ keys: "]", text: word("event-next"), group: here, icon: "right", when: opened, run: () => ribbon.event(1) });
command({ keys: "[", text: word("event-previous"), group: here, icon: "left", when: opened, run: () => ribbon.event(-1) });
command({ keys: "u", text: word("to-new"), group: here, icon: "down", when: opened, run: jump });
command({ keys: "w", text: word("within"), group: here, icon: "find", when: opened, run: searchHere });
command({ keys: "ctrl+k", text: word("palette"), group: commands, icon: "search", anywhere: true, run: openPalette });
for (const link of document.querySelectorAll("#list [data-view-link]")) {
  const name = link.dataset.viewLink;
  command({ text: word("view", { name: link.title || link.firstChild.textContent.trim() || link.textContent.trim() }), group: go, icon: "inbox", run: () => openView(name) });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-settle]");
  if (!button) return;
  button.disabled = true;
  try { await answered(await post(`/console/e/${button.dataset.entry}/delivery`, { arrived: button.dataset.settle })); } catch (error) { button.disabled = false; toast(error.text || word("failed"), { danger: true }); }
});

sweep();
began();
if (openId() && location.hash !== "#customer") showPane("conversation");
