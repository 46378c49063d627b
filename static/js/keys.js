/* The keyboard: one table of commands that shortcuts, the help sheet and the palette all read.
   Single keys are off while a field has the focus, and can be switched off in the profile. */
const commands = [];
let pending = "";
let pendingTimer = 0;

const root = document.documentElement;
const inField = (node) => node instanceof Element && node.closest("input:not([type=radio]):not([type=checkbox]):not([type=button]), textarea, select, [contenteditable=true]") !== null;
const singleKeysOn = () => root.dataset.singleKeys !== "off";

/** Adds a command: {keys: "g i" | "e" | "ctrl+k", text, group, run, when, hidden, anywhere}. `anywhere` works inside fields too. */
export function command(spec) {
  commands.push(spec);
  return spec;
}

export const available = () => commands.filter((c) => !c.when || c.when());
export const all = () => commands;

function nameOf(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("ctrl");
  if (event.altKey) parts.push("alt");
  // With Alt or Shift, many keyboards type another letter on a digit's key.
  const digit = (event.altKey || (event.shiftKey && parts.length)) && /^Digit\d$/.test(event.code) ? event.code.slice(5) : "";
  const key = digit || (event.key === " " ? "space" : event.key.toLowerCase());
  if (event.shiftKey && (key.length > 1 || parts.length)) parts.push("shift");
  parts.push(key);
  return parts.join("+");
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const name = nameOf(event);
  const chord = name.includes("+") || name.length > 1;
  const modal = document.querySelector("dialog[open]");
  const field = inField(event.target);
  if (!chord && (field || modal || !singleKeysOn())) return;

  const sequence = pending ? `${pending} ${name}` : name;
  pending = "";
  clearTimeout(pendingTimer);
  for (const c of commands) {
    if (!c.keys || ![].concat(c.keys).includes(sequence)) continue;
    if ((field || modal) && !c.anywhere) continue;
    if (modal && !c.inDialog) continue;
    if (c.when && !c.when(event)) continue;
    if (c.run(event) !== false) event.preventDefault();
    return;
  }
  if (!chord && commands.some((c) => [].concat(c.keys ?? "").some((k) => k.startsWith(`${sequence} `)))) {
    pending = sequence;
    pendingTimer = setTimeout(() => { pending = ""; }, 1200);
  }
});

const SHOWN = { ctrl: "Ctrl", shift: "⇧", alt: "Alt", enter: "↵", escape: "Esc", arrowdown: "↓", arrowup: "↑" };

/** "ctrl+shift+enter" as people read it: "Ctrl ⇧ ↵". */
export function shown(keys) {
  return [].concat(keys)[0].split(/[ +]/).map((k) => SHOWN[k] ?? (k.length === 1 ? k.toUpperCase() : k)).join(" ");
}

/** Fills and opens the sheet of all keys, by group. */
export function help() {
  const sheet = document.getElementById("keys-sheet");
  if (!sheet) return;
  const body = sheet.querySelector("[data-keys-list]");
  const groups = new Map();
  for (const c of commands) {
    if (!c.keys || c.hidden) continue;
    if (!groups.has(c.group)) groups.set(c.group, []);
    groups.get(c.group).push(c);
  }
  body.replaceChildren(...[...groups].map(([group, list]) => {
    const section = document.createElement("section");
    const title = document.createElement("h3");
    title.textContent = group;
    const dl = document.createElement("dl");
    for (const c of list) {
      const dt = document.createElement("dt");
      for (const part of shown(c.keys).split(" ")) {
        const kbd = document.createElement("kbd");
        kbd.textContent = part;
        dt.append(kbd);
      }
      const dd = document.createElement("dd");
      dd.textContent = c.text;
      dl.append(dt, dd);
    }
    section.append(title, dl);
    return section;
  }));
  if (!sheet.open) sheet.showModal();
}
