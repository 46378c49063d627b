/* A conversation that the desk begins: whom to write to, by which way, and what. Without this script the same form is a
   page. */
import { word } from "desk/words";
import { toast } from "desk/toast";
import { element, part, requestId } from "desk/page";

const dialog = document.getElementById("new-dialog");
let opener = null;
const form = () => dialog.querySelector("form");

/** Opens the form that `url` gives; where it is open, goes on there. */
export async function start(url = "/console/new") {
  if (!dialog) return;
  if (!dialog.open) opener = document.activeElement;
  try {
    dialog.replaceChildren(element(await (await part(url)).text()));
  } catch (error) {
    toast(error.status === 404 ? word("gone") : error.message || word("not-loaded"), { danger: true, action: word("retry"), run: () => start(url) });
    return;
  }
  htmx.process(form());
  if (form().elements.request_id) form().elements.request_id.value = requestId();
  wayChanged();
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector("#new-q") ?? [...dialog.querySelectorAll("#new-subject, #new-text")].find((node) => node.offsetParent))?.focus();
}

/* A subject is for a mail; whether to send all the same is asked where the last mail came back. */
function wayChanged() {
  const way = dialog.querySelector("input[name=way]:checked");
  const subject = dialog.querySelector("#new-subject-field"), anyway = dialog.querySelector("#new-anyway");
  if (subject) subject.hidden = Boolean(way) && !("subject" in way.dataset);
  if (anyway) anyway.hidden = !way || !("bounced" in way.dataset);
}

dialog?.addEventListener("change", (event) => { if (event.target.name === "way") wayChanged(); });
dialog?.addEventListener("close", () => { dialog.replaceChildren(); if (opener?.isConnected) opener.focus(); });
dialog?.addEventListener("keydown", (event) => {
  const links = [...dialog.querySelectorAll("#new-found a")], field = dialog.querySelector("#new-q");
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && form().method === "post") { event.preventDefault(); form().requestSubmit(dialog.querySelector("button.primary")); return; }
  if (!field || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
  const at = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  const next = at < 0 ? field : links[at];
  if (next) { event.preventDefault(); next.focus(); }
});
dialog?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form().method === "get") { dialog.querySelector("#new-found a")?.click(); return; }
  const buttons = [...form().querySelectorAll(".dialog-foot button")];
  if (buttons.some((button) => button.disabled)) return;
  const values = new FormData(form(), event.submitter);
  for (const button of buttons) button.disabled = true;
  try {
    const response = await part(form().getAttribute("action"), { method: "POST", body: values });
    const url = response.headers.get("X-Open"), news = response.headers.get("X-Toast");
    opener = null; // the focus goes into the conversation
    dialog.close();
    document.dispatchEvent(new CustomEvent("desk:open", { detail: url }));
    if (news) document.dispatchEvent(new CustomEvent("desk:news", { detail: JSON.parse(news) }));
  } catch (error) {
    const told = dialog.querySelector("#new-error");
    told.textContent = error.text || error.message || word("failed");
    told.hidden = false;
    told.scrollIntoView({ block: "nearest" });
  } finally { for (const button of buttons) button.disabled = false; }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-new]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  link.closest("[popover]")?.hidePopover();
  start(link.getAttribute("href"));
});
