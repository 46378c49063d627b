/* What was on the screen is not this person's any more: one sentence says so, and what they were writing stays in reach. */
import { word } from "desk/words";
import { element, me, openId, showPane, stillMe, view, work } from "desk/page";
import { draftOf, waiting } from "desk/drafts";

/* What is in the field, and what left it and has not arrived. */
function written(id) {
  const text = document.getElementById("answer")?.value || draftOf(id)?.text || "";
  const under = waiting(me).filter((answer) => answer.id === id && answer.text !== text).map((answer) => answer.text);
  return [...under, text].filter(Boolean).join("\n\n");
}

/* A pane with the sentence, the words to copy, and where to go on. */
function pane(title, sentence, text, link, href) {
  const fresh = element(document.getElementById("lost-template").innerHTML);
  fresh.querySelector("h2").textContent = title;
  fresh.querySelector("p").textContent = sentence;
  const on = fresh.querySelector("[data-on]");
  for (const kept of fresh.querySelectorAll("[data-kept]")) kept.hidden = !text;
  fresh.querySelector("textarea").value = text;
  on.textContent = link;
  on.href = href;
  return fresh;
}

/** The open conversation is gone from this person's sight: its words leave the screen, theirs stay. */
export function lost() {
  const id = openId();
  if (!id) return;
  const there = document.activeElement?.closest("#work"), text = written(id);
  const fresh = pane(word("gone-id", { id }), word(text ? "gone-kept" : "gone-why"), text, word("gone-back"), `/console/${view()}`);
  fresh.querySelector("[data-on]").dataset.back = "";
  work().replaceWith(fresh);
  document.getElementById(`c${id}`)?.remove();
  history.replaceState({ console: location.href }, "", `/console/${view()}`);
  document.title = `${word("gone-id", { id })} · Loopdesk`;
  if (there) fresh.querySelector("h2").focus({ preventScroll: true });
}

/** Signed out, or somebody else is signed in here: nothing of the desk stays on the screen but one's own words. */
function out(other) {
  const shell = document.getElementById("shell");
  if (shell.dataset.out) return;
  shell.dataset.out = "yes";
  const text = written(openId()), back = `${location.pathname}${location.search}`;
  const fresh = pane(word(other ? "out-other" : "out"), word(text ? "out-kept" : "out-why"), text, word(other ? "out-go-on" : "out-sign-in"), other ? "/console/" : `/login?next=${encodeURIComponent(back)}`);
  fresh.className = "contents out";
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  document.getElementById("toasts").replaceChildren();
  for (const part of shell.querySelectorAll("nav.rail, #list, #work, #connection")) part.remove();
  shell.append(fresh);
  showPane("conversation");
  fresh.querySelector("h2").focus({ preventScroll: true });
}

export const isOut = () => Boolean(document.getElementById("shell").dataset.out);

// What asked learns of it first: an answer that was refused is back in its field by then.
document.addEventListener("desk:out", ({ detail }) => setTimeout(() => out(detail?.other)));
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { status } = event.detail.xhr;
  if (status !== 401) return;
  event.preventDefault(); // it would leave for the login, and with it what is being written
  stillMe();
});

/* A part that was on its way when its place went, goes nowhere: it may be of another customer than the one on the screen
   now. What a place hears after it left the page does not reach the page, so the place itself is asked to listen. */
const late = (event) => { if (!event.detail.target?.isConnected) event.detail.shouldSwap = false; };
document.addEventListener("htmx:beforeRequest", ({ detail }) => detail.target?.addEventListener("htmx:beforeSwap", late));

/** Says above the answer what happened to the conversation meanwhile; nothing to say takes it away. */
export function elsewhere(sentence, { href = "", link = "" } = {}) {
  const node = document.getElementById("elsewhere");
  if (!node || node.dataset.said === sentence) return;
  node.dataset.said = sentence;
  node.hidden = !sentence;
  node.replaceChildren();
  if (!sentence) return;
  const p = document.createElement("p"), bar = document.createElement("span");
  p.textContent = sentence;
  bar.className = "row-flex wrap";
  if (href) {
    const a = document.createElement("a");
    a.className = "btn small";
    a.href = href;
    a.dataset.conversationLink = "";
    a.textContent = link;
    bar.append(a);
  }
  const copy = document.createElement("button");
  copy.type = "button";
  copy.className = "btn small ghost";
  copy.dataset.copy = "answer";
  copy.textContent = word("copy-mine");
  bar.append(copy);
  node.append(p, bar);
}
