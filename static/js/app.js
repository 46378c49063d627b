/* What every page of the desk has: theme, CSRF for htmx, toasts, dialogs, the keys that work everywhere. */
import "desk/bell";
import { command, help } from "desk/keys";
import { open as openPalette } from "desk/palette";
import { toast } from "desk/toast";
import { word } from "desk/words";

const root = document.documentElement;

/* The theme: the stored choice, or the system's. */
function toggleTheme() {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("loopdesk.theme", root.dataset.theme); } catch { /* the choice lasts as long as the page */ }
}

/* Every request of htmx carries the token that plain forms carry in a hidden field. */
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") {
    event.detail.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
  }
});

/* A button that is replaced while its request is under way, because the live line was faster, tells nobody how that went:
   htmx looks for its place only when the answer is there. The page is told in its stead. */
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const { xhr, elt, requestConfig } = detail;
  if (requestConfig.verb === "get") return; // what was asked for is not wanted any more
  let gone = false;
  const tell = (name) => document.body.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  xhr.addEventListener("readystatechange", () => { if (xhr.readyState === XMLHttpRequest.DONE) gone = !elt.isConnected; });
  xhr.addEventListener("load", () => {
    if (!gone) return;
    if (xhr.status >= 400) tell("htmx:responseError");
    tell("htmx:afterRequest");
  });
  xhr.addEventListener("error", () => { if (gone) tell("htmx:sendError"); });
});

/* What the server says in passing: the header X-Toast {"text": …, "danger": …, "undo": {"url", "values", "text"}}. */
document.addEventListener("htmx:afterRequest", (event) => {
  const said = event.detail.xhr?.getResponseHeader("X-Toast");
  if (said) document.dispatchEvent(new CustomEvent("desk:news", { detail: JSON.parse(said) }));
});
document.addEventListener("desk:news", ({ detail: { text, undo, danger } }) => {
  toast(text, { danger, action: undo?.text ?? "", run: () => document.dispatchEvent(new CustomEvent("desk:undo")) });
});

document.addEventListener("htmx:sendError", (event) => event.detail.elt.matches?.("[data-part]") || toast(word("no-connection"), { danger: true }));
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status === 409 || status === 422 || event.detail.elt.matches?.("[data-part]")) return; // it is said in its place
  if (status === 401) { location.reload(); return; } // the session ended: the login comes back to this page
  toast(event.detail.xhr.getResponseHeader("X-Message") ?? word(status === 403 ? "not-allowed" : status === 429 ? "too-fast" : "failed"), { danger: true });
});

/* A field's text into the clipboard; where the browser gives none (no https), it is selected for the person's own keys. */
async function copy(field) {
  field.focus();
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    toast(word("copied"));
  } catch { toast(word("copy-by-hand")); }
}

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest?.(selector);
  if (at("[data-theme-toggle]")) toggleTheme();
  else if (at("[data-keys-help]")) { at("[popover]")?.hidePopover(); help(); }
  else if (at("[data-close]")) at("dialog")?.close();
  else if (at("[data-opens]")) {
    const dialog = document.getElementById(at("[data-opens]").dataset.opens);
    dialog?.showModal();
  } else if (at("[data-copy]")) copy(document.getElementById(at("[data-copy]").dataset.copy));
  else if (event.target instanceof HTMLDialogElement && event.target.dataset.light !== undefined) event.target.close();
});

/* Which keys work on every page. Links of the rail say theirs in data-key. */
const searchLink = document.querySelector(".rail a[href='/search/']");
if (searchLink) command({ keys: "/", text: searchLink.getAttribute("aria-label"), group: word("keys-general"), run: () => { const box = document.getElementById("q"); if (box) box.focus(); else searchLink.click(); } });
command({ keys: "ctrl+k", text: word("palette"), group: word("keys-general"), icon: "search", anywhere: true, run: openPalette });
command({ keys: "?", text: word("keys-help"), group: word("keys-general"), run: help });
for (const link of document.querySelectorAll(".rail [data-key]")) {
  command({ keys: `g ${link.dataset.key}`, text: word("go-to", { name: link.getAttribute("aria-label") }), group: word("keys-general"), url: link.getAttribute("href"), run: () => link.click() });
}
