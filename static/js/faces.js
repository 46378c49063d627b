/* Who of the staff has which conversation open: on its row, on its head. Told by the desk, kept in no storage. */
import { word } from "desk/words";
import { me } from "desk/page";

const MOST = 3;
const here = new Map(); // conversation -> the people at it, this person among them

/** The letters of these people, as small circles; a pen marks who writes. */
export function avatars(people, most = MOST) {
  return people.slice(0, most).map((one) => {
    const av = document.createElement("span");
    av.className = `av staff s tone-${one.id % 8}${one.writing ? " writes" : ""}`;
    av.title = one.name;
    av.textContent = one.name.split(/\s+/).map((w) => w[0]).filter((_, i, all) => i === 0 || i === all.length - 1).join("").toUpperCase();
    return av;
  });
}

/** Puts onto a row who else is at it. */
export function paint(li) {
  const people = (here.get(li.id.slice(1)) ?? []).filter((one) => String(one.id) !== me);
  let stack = li.querySelector(".faces");
  if (!people.length) { stack?.remove(); return; }
  if (!stack) {
    stack = document.createElement("span");
    stack.className = "stack faces";
    stack.setAttribute("role", "img");
    const marks = li.querySelector(".marks");
    marks.insertBefore(stack, marks.querySelector(".count"));
  }
  stack.setAttribute("aria-label", word("faces", { names: people.map((one) => one.name).join(", ") }));
  stack.replaceChildren(...avatars(people));
}

export function paintAll() {
  document.querySelectorAll("#rows > li[id]").forEach(paint);
}

/** Somebody came to a conversation, left it, began or ended writing. */
export function peopleAt(conversation, faces) {
  if (faces.length) here.set(conversation, faces); else here.delete(conversation);
  const li = document.getElementById(`c${conversation}`);
  if (li?.closest("#rows")) paint(li);
}

/** Where everybody is, told once after each connection. */
export function company(all) {
  here.clear();
  for (const [conversation, faces] of Object.entries(all)) here.set(conversation, faces);
  paintAll();
}

/* Rows that were scrolled to, and another view of the queue. */
document.addEventListener("htmx:afterSettle", (event) => { if (event.target.closest?.("#list") || event.target.id === "list") paintAll(); });
document.addEventListener("desk:list", paintAll);
