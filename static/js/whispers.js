/* What a lead says to whoever is on a conversation: beside the composer until it was read; and that they took it over. */
import { word } from "desk/words";
import { toast } from "desk/toast";
import { openId } from "desk/page";

const unread = new Map(); // conversation -> what was whispered there, by the number of its note

/** Shows the whispers of the conversation that is on the screen. */
export function whispersHere() {
  const node = document.getElementById("whispers");
  if (!node) return;
  const all = [...(unread.get(openId())?.values() ?? [])];
  node.hidden = !all.length;
  node.replaceChildren(...all.map(({ id, by, text }) => {
    const p = document.createElement("p"), name = document.createElement("b"), said = document.createElement("span"), done = document.createElement("button");
    p.className = "inset whispered";
    name.textContent = word("whispers", { name: by });
    said.dir = "auto";
    said.textContent = text;
    done.type = "button";
    done.className = "link xs";
    done.textContent = word("whisper-read");
    done.addEventListener("click", () => {
      unread.get(openId())?.delete(id);
      whispersHere();
      document.getElementById("answer")?.focus();
    });
    p.append(name, " ", said, " ", done);
    return p;
  }));
}

const goThere = (conversation) => ({ action: word("open"), run: () => document.dispatchEvent(new CustomEvent("desk:open", { detail: `/console/c/${conversation}` })) });

export function whispered({ conversation, id, by, text }) {
  if (!unread.has(conversation)) unread.set(conversation, new Map());
  unread.get(conversation).set(id, { id, by, text });
  if (conversation === openId()) whispersHere();
  else toast(`${word("whispers", { name: by })} ${text}`, goThere(conversation));
}

export function taken({ conversation, by }) {
  toast(word("taken-over", { name: by, id: conversation }), conversation === openId() ? {} : goThere(conversation));
}
