/* Ctrl K: every command there is now, the queues, and customers and conversations as the desk finds them. */
import { available, shown } from "desk/keys";
import { word } from "desk/words";
import { part } from "desk/page";

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

function show(found) {
  const text = input.value.trim().toLocaleLowerCase();
  const words = text.split(/\s+/).filter(Boolean);
  const commands = available().filter((c) => c.text && !c.hidden && words.every((w) => c.text.toLocaleLowerCase().includes(w)))
    .map((c) => ({ group: c.group, icon: c.icon ?? "right", text: c.text, keys: c.keys ? shown(c.keys) : "", run: c.run }));
  const results = found.map((f) => ({ ...f, run: () => (f.url.startsWith("/console/") ? document.dispatchEvent(new CustomEvent("desk:open", { detail: f.url })) : location.assign(f.url)) }));
  items = text ? [...results, ...commands] : commands;
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
      const { results } = await (await part(`/console/find?q=${encodeURIComponent(text)}`)).json();
      if (mine === asked && dialog.open) show(results);
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
