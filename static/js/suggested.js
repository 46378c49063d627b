/* The suggested answer beside the composer: there when the desk is sure of one, in the answer only when chosen. */
import { openId, part } from "desk/page";

const box = () => document.getElementById("suggested");
const field = () => document.getElementById("answer");
const hidden = new Set(); // suggestions that were put away on this screen
let used = null; // {id, conversation, words}: what went into the answer that is being written
let asked = 0;
let timer = 0;

/* Asks what there is for the open conversation; where a job still looks, asks again when it is told, or by itself. */
async function look(again = 3) {
  clearTimeout(timer);
  const node = box(), id = openId(), mine = ++asked;
  if (!node || !id) return;
  try {
    const response = await part(`/console/c/${id}/suggested`, { method: "POST" });
    if (mine !== asked || box() !== node) return;
    if (response.status === 202) { if (again) timer = setTimeout(() => look(again - 1), 4000); return; }
    show(response.status === 200 ? await response.text() : "");
  } catch { /* without it one answers as ever */ }
}
function show(html) {
  const node = box();
  node.innerHTML = html;
  const one = node.querySelector(".suggests");
  node.hidden = !one || hidden.has(one.dataset.id) || used?.id === one.dataset.id;
  if (node.hidden) node.replaceChildren();
}

/** Puts the suggested words where the cursor is, but into no note: what stands there is not for the customer. */
export function take() {
  const button = box()?.querySelector("[data-use]"), text = field();
  if (!button?.checkVisibility() || !text) return;
  used = { id: button.closest(".suggests").dataset.id, conversation: openId(), words: button.dataset.insert.trim() };
  const [from, to] = [text.selectionStart, text.selectionEnd];
  const before = text.value.slice(0, from), gap = before && !before.endsWith("\n") ? "\n\n" : "";
  text.focus();
  text.setRangeText(gap + used.words, from, to, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
  show("");
}
/** The suggestion that this answer was made with: as long as some of its words are still in it. */
export function suggestionOf(text) {
  const mine = used?.conversation === openId() ? used : null;
  used = null;
  return mine && mine.words.split(/\s+/).filter((word) => word.length > 3 && text.includes(word)).length >= 3 ? mine.id : "";
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("#suggested [data-use]")) take();
  const away = event.target.closest?.("#suggested [data-dismiss]");
  if (away) { hidden.add(away.closest(".suggests").dataset.id); show(""); field()?.focus(); }
});
const soon = () => { clearTimeout(timer); timer = setTimeout(look, 250); }; // not for what is only passed by
document.addEventListener("desk:opened", soon);
document.addEventListener("desk:asked", soon);
document.addEventListener("desk:suggested", (event) => { if (event.detail.id === openId()) look(0); });
