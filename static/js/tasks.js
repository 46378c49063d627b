/* Tasks of the open conversation: read again when one changed anywhere, asked about before a conversation ends, and the
   word at the moment of which somebody wanted to be reminded. */
import { calmly, element, openId, part, rested } from "desk/page";
import { toast } from "desk/toast";
import { word } from "desk/words";

let timer = 0;
let asked = 0, put = 0; // answers overtake each other

/** Reads the part of the panel again; the focus stays where it was. */
async function read() {
  const id = openId(), old = document.getElementById("tasks"), mine = ++asked;
  if (!id || !old) return;
  try {
    const fresh = element(await (await part(`/console/c/${id}/tasks`)).text());
    await rested(document.getElementById("tasks"));
    const now = document.getElementById("tasks");
    if (openId() !== id || !now || mine < put) return;
    put = mine;
    const focused = now.contains(document.activeElement) ? document.activeElement.id : "";
    now.replaceWith(fresh);
    htmx.process(fresh);
    if (focused) (document.getElementById(focused) ?? fresh.querySelector("button"))?.focus({ preventScroll: true });
    stand();
  } catch { /* the next change asks again */ }
}
const again = calmly(read, 120, 600);

/* Whoever looks at the conversation gets no notice of it: the word is said here. */
function stand() {
  clearTimeout(timer);
  const at = Date.parse(document.getElementById("tasks")?.dataset.reminder ?? "");
  const wait = at - Date.now();
  if (!(wait < 86_400_000)) return; // none, or a day that this page will not see
  timer = setTimeout(() => {
    if (document.hasFocus()) toast(word("reminded"));
    setTimeout(again, 1500); // once the desk has rung
  }, Math.max(0, wait));
}

document.addEventListener("desk:tasks", again);
document.addEventListener("desk:told", ({ detail }) => { if (detail.kind === "reminder") again(); });
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.requestConfig?.verb === "post" && detail.successful && /\/(tasks|remind)\b/.test(detail.requestConfig.path)) again();
});
document.addEventListener("desk:undone", again);
document.addEventListener("htmx:oobAfterSwap", stand);

/* A task is changed in a dialog: the panel that it stands in is written anew whenever something becomes of one. */
const form = document.getElementById("task-dialog");
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-change-task]");
  if (!button) return;
  try {
    form.innerHTML = await (await part(`/console/tasks/${button.dataset.changeTask}/menu`)).text();
    htmx.process(form);
    form.dataset.from = button.id;
    form.showModal();
    form.querySelector("[name=text]").select();
  } catch (error) { toast(error.message || word("not-loaded"), { danger: true }); }
});
form.addEventListener("close", () => document.getElementById(form.dataset.from)?.focus({ preventScroll: true }));
document.addEventListener("htmx:afterRequest", ({ detail }) => { if (form.contains(detail.elt) && detail.successful) form.close(); });

/* Before a conversation ends in which something is to be done. */
const dialog = document.getElementById("ask-dialog");
document.addEventListener("htmx:afterSwap", ({ detail }) => { if (detail.target === dialog && !dialog.open) dialog.showModal(); });
document.addEventListener("htmx:afterRequest", ({ detail }) => { if (detail.elt?.matches?.("[data-ask]") && detail.successful) dialog.close(); });
