/* Ctrl K, on every page: the commands there are now, and what the desk finds: conversations, customers, queues, pages,
   canned replies. */
import { available, shown } from "desk/keys";
import { word } from "desk/words";

const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const box = dialog?.querySelector("ul");
let items = [];
let at = 0;
let asked = 0;

/** Opens the palette; what had the focus gets it back when it closes without a choice. */
export function open() {
  if (!dialog || dialog.open) return;
  input.value = "";
  dialog.showModal();
  show([]);
}

/** Goes where something found is: in place on the console, else by a page of its own. */
function follow(found) {
  const live = document.querySelector(".shell.console") !== null;
  if (found.canned && document.getElementById("answer")) document.dispatchEvent(new CustomEvent("desk:canned", { detail: { ...found, id: found.canned } }));
  else if (live && found.view) document.dispatchEvent(new CustomEvent("desk:view", { detail: found.view }));
  else if (live && found.url.startsWith("/console/c/")) document.dispatchEvent(new CustomEvent("desk:open", { detail: found.url }));
  else location.assign(found.url);
}

function show(found, places = []) {
  const text = input.value.trim().toLocaleLowerCase();
  const words = text.split(/\s+/).filter(Boolean);
  // A page that has been found stands there once, with the key that leads to it.
  const twice = new Set(places.map((f) => f.url));
  const ways = new Map(available().filter((c) => c.url).map((c) => [c.url, shown(c.keys)]));
  const commands = available().filter((c) => c.text && !c.hidden && !(text && c.place) && !(text && twice.has(c.url)) && words.every((w) => c.text.toLocaleLowerCase().includes(w)))
    .map((c) => ({ group: c.group, icon: c.icon ?? "right", text: c.text, keys: c.keys ? shown(c.keys) : "", run: c.run }));
  const way = (f) => ({ ...f, keys: ways.get(f.url) ?? f.keys ?? "", run: () => follow(f) });
  // What begins so by its name is meant before what has the words somewhere in a conversation.
  const begins = (f) => f.text.toLocaleLowerCase().startsWith(text);
  items = text ? [...places.filter(begins).map(way), ...found.map(way), ...places.filter((f) => !begins(f)).map(way), ...commands] : commands;
  at = 0;
  const nodes = [];
  let group = "";
  items.forEach((item, i) => {
    if (item.group !== group) {
      group = item.group;
      const head = document.createElement("li");
      head.className = "group";
      head.setAttribute("role", "presentation");
      head.textContent = group;
      nodes.push(head);
    }
    const li = document.createElement("li");
    li.id = `palette-${i}`;
    li.setAttribute("role", "option");
    li.innerHTML = `<svg class="ic" aria-hidden="true"><use href="#${item.icon}"/></svg>`;
    const label = document.createElement("span");
    label.className = "clip";
    label.textContent = item.text;
    li.append(label);
    if (item.more) { const more = document.createElement("span"); more.className = "muted clip"; more.textContent = item.more; li.append(more); }
    if (item.keys) { const kbd = document.createElement("kbd"); kbd.textContent = item.keys; li.append(kbd); }
    li.addEventListener("click", () => run(i));
    nodes.push(li);
  });
  if (!items.length) {
    const li = document.createElement("li");
    li.className = "none muted";
    li.setAttribute("role", "presentation");
    li.textContent = word("nothing-found");
    nodes.push(li);
  }
  box.replaceChildren(...nodes);
  mark();
}

function mark() {
  box.querySelectorAll("[role=option]").forEach((li, i) => {
    li.setAttribute("aria-selected", i === at ? "true" : "false");
    if (i === at) { input.setAttribute("aria-activedescendant", li.id); li.scrollIntoView({ block: "nearest" }); }
  });
}
function run(i) {
  const item = items[i];
  if (!item) return;
  dialog.close();
  item.run();
}

input?.addEventListener("input", () => {
  show([]);
  const text = input.value.trim(), mine = ++asked;
  if (text.length < 1) return;
  setTimeout(async () => {
    if (mine !== asked) return;
    try {
      const response = await fetch(`/console/find?q=${encodeURIComponent(text)}`, { headers: { "HX-Request": "true", "X-Part": "1" } });
      if (!response.ok) return;
      const { results, places } = await response.json();
      if (mine === asked && dialog.open) show(results, places);
    } catch { /* the commands are still there */ }
  }, 90);
});
input?.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") at = Math.min(items.length - 1, at + 1);
  else if (event.key === "ArrowUp") at = Math.max(0, at - 1);
  else if (event.key === "Enter") { event.preventDefault(); run(at); return; }
  else return;
  event.preventDefault();
  mark();
});
document.addEventListener("click", (event) => { if (event.target.closest?.("[data-palette]")) open(); });
