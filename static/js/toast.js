/* Short news at the foot of the page. Read out politely, gone after a while, kept while it has the pointer or the focus. */
const place = document.getElementById("toasts");
const template = document.getElementById("toast-template");
const STAYS_MS = 6000;
const TO_ACT_MS = 12_000; // for whoever has to reach its button

function leaveLater(node) {
  let timer;
  const start = () => { timer = setTimeout(() => node.remove(), node.querySelector("button:not([hidden])") ? TO_ACT_MS : STAYS_MS); };
  const stop = () => clearTimeout(timer);
  node.addEventListener("pointerenter", stop);
  node.addEventListener("pointerleave", start);
  node.addEventListener("focusin", stop);
  node.addEventListener("focusout", start);
  start();
}

/** Shows `text`; with `action`, a button that runs `run` once. */
export function toast(text, { action = "", run = null, danger = false } = {}) {
  if (!place) return null;
  const node = template.content.firstElementChild.cloneNode(true);
  node.querySelector("span").textContent = text;
  if (danger) node.classList.add("danger");
  if (action) {
    const button = node.querySelector("button");
    button.hidden = false;
    button.textContent = action;
    button.addEventListener("click", () => { node.remove(); run(); }, { once: true });
  }
  place.replaceChildren(node); // the news of before is old news
  leaveLater(node);
  return node;
}

place?.querySelectorAll("[data-toast]").forEach(leaveLater);
