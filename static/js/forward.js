/* Forwarding: the dialog with its addresses as chips, what goes with it and how much that is, the preview, the post.
   Without this script the same form is a page. */
import { word } from "desk/words";
import { toast } from "desk/toast";
import { element, part, requestId } from "desk/page";

const dialog = document.getElementById("forward-dialog");
let opener = null;
const form = () => dialog.querySelector("form");

/** Opens the form that `url` gives. */
export async function forward(url) {
  if (!dialog || dialog.open) return;
  opener = document.activeElement;
  try {
    dialog.replaceChildren(element(await (await part(url)).text()));
  } catch (error) {
    toast(error.message || word("not-loaded"), { danger: true, action: word("retry"), run: () => forward(url) });
    return;
  }
  form().elements.request_id.value = requestId();
  for (const box of dialog.querySelectorAll("[data-chips]")) begin(box);
  counted();
  dialog.showModal();
  const named = chips("to").length > 0;
  document.getElementById(named ? "forward-note" : "forward-to").focus();
}

/* Addresses: each a chip, asked about one by one, so that a wrong one says why before anything is sent. */
const boxOf = (name) => dialog.querySelector(`[data-chips="${name}"]`);
const chips = (name) => [...boxOf(name).querySelectorAll("li")];
const all = () => [...chips("to"), ...chips("cc")].map((li) => li.dataset.address);

function begin(box) {
  const name = box.dataset.chips, input = box.querySelector("input");
  const given = chips(name).map((li) => li.dataset.address);
  box.querySelector("ul").replaceChildren();
  given.forEach((address) => add(name, address));
  const take = () => {
    const typed = input.value.split(/[,;\s]+/).filter(Boolean);
    input.value = "";
    typed.forEach((address) => add(name, address));
  };
  input.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === "," || event.key === ";") && input.value.trim()) { event.preventDefault(); take(); }
    else if (event.key === "Enter") event.preventDefault();
    else if (event.key === "Backspace" && !input.value) chips(name).at(-1)?.querySelector("button").click();
  });
  input.addEventListener("blur", take);
  input.addEventListener("input", () => {
    const known = [...document.getElementById("forward-known").options].some((o) => o.value === input.value);
    if (known || /[,;\s]/.test(input.value)) take();
  });
  box.addEventListener("click", (event) => { if (event.target === box) input.focus(); });
}

function add(name, address) {
  if (all().some((known) => known.toLowerCase() === address.toLowerCase())) return;
  const li = document.createElement("li"), text = document.createElement("bdi"), gone = document.createElement("button");
  const value = document.createElement("input");
  li.dataset.address = address;
  text.textContent = address;
  value.type = "hidden";
  value.name = name;
  value.value = address;
  gone.type = "button";
  gone.setAttribute("aria-label", word("forward-remove", { address }));
  gone.innerHTML = '<svg class="ic" aria-hidden="true"><use href="#x"/></svg>';
  gone.addEventListener("click", () => { li.remove(); said(name); boxOf(name).querySelector("input[type=text]").focus(); });
  li.className = "chip line";
  li.append(text, gone, value);
  boxOf(name).querySelector("ul").append(li);
  said(name);
  ask(name, li);
}

async function ask(name, li) {
  try {
    const { why } = await (await part(`/console/c/${form().dataset.id}/forward/address?address=${encodeURIComponent(li.dataset.address)}`)).json();
    wrong(li, why);
    said(name);
  } catch { /* the post asks again */ }
}

function wrong(li, why) {
  li.classList.toggle("danger", Boolean(why));
  li.classList.toggle("line", !why);
  li.dataset.why = why;
}

/* What is wrong with whom, and who gets it. */
function said(name) {
  const list = document.getElementById(`forward-wrong-${name}`);
  if (!list) return;
  list.replaceChildren(...chips(name).filter((li) => li.dataset.why).map((li) => {
    const line = document.createElement("p");
    line.textContent = `${li.dataset.address}: ${li.dataset.why}`;
    return line;
  }));
  const names = all();
  document.getElementById("forward-reach").textContent = names.length ? word("forward-to", { names: names.join(", ") }) : word("forward-nobody");
}

/* Files go with the messages that they came with; how much they are together. */
function shown(bytes) {
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
function counted() {
  let bytes = 0;
  for (const list of form().querySelectorAll("[data-of]")) {
    const goes = form().querySelector(`input[name=line][value="${list.dataset.of}"]`).checked;
    list.classList.toggle("resting", !goes);
    if (goes) for (const box of list.querySelectorAll("input:checked")) bytes += Number(box.dataset.bytes);
  }
  const over = bytes * 1.38 > Number(form().dataset.most);
  const line = document.getElementById("forward-size");
  line.textContent = bytes ? word(over ? "forward-over" : "forward-size", { size: shown(bytes), most: form().dataset.mostShown }) : "";
  line.classList.toggle("over", over);
}

dialog?.addEventListener("change", (event) => { if (event.target.matches("input[type=checkbox]")) counted(); });
dialog?.addEventListener("close", () => { dialog.replaceChildren(); if (opener?.isConnected) opener.focus(); });
dialog?.addEventListener("submit", async (event) => {
  const typed = form().querySelectorAll("[data-chips] input[type=text]");
  typed.forEach((input) => input.dispatchEvent(new Event("blur")));
  if (event.submitter?.matches("[data-preview]")) {
    const frame = document.getElementById("forward-preview");
    frame.hidden = false;
    requestAnimationFrame(() => frame.scrollIntoView({ block: "nearest" }));
    return;
  }
  event.preventDefault();
  const button = form().querySelector("[data-send-forward]");
  if (button.disabled) return;
  button.disabled = true;
  try {
    const response = await part(form().action, { method: "POST", body: new URLSearchParams(new FormData(form())) });
    const news = response.headers.get("X-Toast");
    dialog.close();
    if (news) document.dispatchEvent(new CustomEvent("desk:news", { detail: JSON.parse(news) }));
  } catch (error) {
    refused(error);
  } finally { button.disabled = false; }
});

function refused(error) {
  const told = document.getElementById("forward-error");
  let answer = { text: error.message || word("failed"), wrong: {} };
  try { answer = JSON.parse(error.text); } catch { /* no answer of the desk: it could not be reached */ }
  for (const name of ["to", "cc"]) {
    for (const li of chips(name)) if (answer.wrong[li.dataset.address]) wrong(li, answer.wrong[li.dataset.address]);
    said(name);
  }
  told.textContent = answer.text;
  told.hidden = false;
  told.scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-forward]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  link.closest("[popover]")?.hidePopover();
  forward(link.getAttribute("href"));
});
