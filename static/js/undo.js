/* An answer that waits: its seconds count down, and whoever wrote it can take it back into the composer. */
import { word } from "desk/words";
import { toast } from "desk/toast";
import { me, openId, post } from "desk/page";
import { draftOf, keepDraft } from "desk/drafts";
import { waysAgain, write } from "desk/composer";

const ends = new WeakMap(); // the line's own place -> when it goes, by this page's clock: the machine's may be wrong
const ENDS = { resolve: "sending-in-resolved", pending: "sending-in-pending", snooze: "sending-in-snoozed" };
let timer = 0;

function tick() {
  const nodes = document.querySelectorAll("#timeline [data-left]");
  for (const node of nodes) {
    if (!ends.has(node)) ends.set(node, performance.now() + Number(node.dataset.left) * 1000);
    const button = node.parentElement.querySelector("[data-undo]");
    if (button) button.hidden = button.dataset.by !== me;
    const left = Math.ceil((ends.get(node) - performance.now()) / 1000);
    const text = left > 0 ? word(ENDS[node.dataset.then.split(":")[0]] ?? "sending-in", { n: left }) : word("sending");
    const said = node.querySelector("[data-said]");
    if (said.textContent !== text) said.textContent = text;
  }
  if (!nodes.length) { clearInterval(timer); timer = 0; }
}
function begin() {
  if (document.querySelector("#timeline [data-left]")) {
    timer ||= setInterval(tick, 250);
    tick();
  }
}
const holder = document.getElementById("shell");
new MutationObserver(begin).observe(holder, { childList: true, subtree: true });
begin();

/** The newest answer of ours on the screen that still waits. */
export const held = () => [...document.querySelectorAll("#timeline [data-undo]")].filter((b) => b.dataset.by === me).at(-1);

/** Takes an answer back; what was in it returns into the composer, before whatever has been written since. */
export async function takeBack(url) {
  try {
    await restored(await post(url, {}));
  } catch (error) { toast(error.text || error.message || word("failed"), { danger: true }); }
}

/** Puts what an answer held back into the composer. */
export async function restored(response) {
  const { conversation_id: id, text, channel, copies, said } = await response.json();
  document.querySelector("#toasts .toast:last-child")?.remove();
  if (openId() !== id) {
    keepDraft(id, { text: joined(text, draftOf(id)?.text ?? ""), mode: "reply", channel });
    toast(said);
    return;
  }
  const radio = document.querySelector(`#ways input[name=channel][value="${CSS.escape(channel)}"]`);
  if (radio && !radio.disabled && !radio.checked) { radio.checked = true; radio.dispatchEvent(new Event("change", { bubbles: true })); }
  write("reply");
  const field = document.getElementById("answer");
  field.value = joined(text, field.value);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  copied(copies);
  field.focus();
  toast(said);
  waysAgain(); // what the desk keeps of an answer that is being written comes back with it
}
const joined = (text, since) => (since.trim() && since !== text ? `${text}\n\n${since}` : text);

function copied(wanted) {
  const node = document.getElementById("copies");
  if (!node) return;
  const boxes = [...node.querySelectorAll("input[name=cc][type=checkbox]")];
  for (const box of boxes) box.checked = wanted.includes(box.value);
  const typed = node.querySelector("input[name=cc]:not([type=checkbox])");
  if (typed) typed.value = wanted.filter((one) => !boxes.some((box) => box.value === one)).join(", ");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-undo]");
  if (button) takeBack(`/console/e/${button.dataset.undo}/undo`);
  const again = event.target.closest?.("button[data-again]");
  if (again) sendAgain(again.dataset.again, {}, again);
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("form[data-again]");
  if (!form) return;
  event.preventDefault();
  sendAgain(form.dataset.again, { address: form.elements.address.value }, form.querySelector("button"));
});
/* The field for another address opens below the last line, where nobody would see it. */
document.addEventListener("toggle", ({ target }) => {
  if (!target.open || !target.matches?.(".again details")) return;
  target.querySelector("input").focus({ preventScroll: true });
  target.scrollIntoView({ block: "nearest" });
}, true);
async function sendAgain(id, values, button) {
  button.disabled = true;
  try {
    const said = (await post(`/console/e/${id}/again`, values)).headers.get("X-Toast");
    if (said) document.dispatchEvent(new CustomEvent("desk:news", { detail: JSON.parse(said) }));
    document.dispatchEvent(new CustomEvent("desk:acted", { detail: { id: openId() } }));
  } catch (error) {
    button.disabled = false;
    toast(error.text || error.message || word("failed"), { danger: true });
  }
}
