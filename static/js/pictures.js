/* Pictures of an article: chosen, pasted or dropped, sent to the desk at once, and put where the cursor stood once
   somebody has said what they show. */
const csrf = () => document.querySelector("meta[name=csrf-token]").content;
const field = document.getElementById("body"), box = document.getElementById("picture");
const form = box.querySelector("form"), image = box.querySelector("img"), alt = form.elements.alt;
const wrong = box.querySelector("[role=alert]"), sending = box.querySelector("[data-sending]"), put = form.querySelector("[value=put]");
const queue = [];
let path = "", at = [0, 0], call = null;

const pictures = (files) => [...(files ?? [])].filter((file) => file.type.startsWith("image/"));

function take(files) {
  queue.push(...files);
  if (!box.open) next();
}

function next() {
  const file = queue.shift();
  if (!file) return;
  at = [field.selectionStart, field.selectionEnd];
  path = "";
  alt.value = "";
  put.disabled = true;
  say("");
  show(file);
  box.showModal();
  alt.focus();
  if (file.size > Number(box.dataset.bytes)) say(box.dataset.big);
  else send(file);
}

function show(file) {
  if (image.src) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(file);
  image.hidden = false;
}
image.addEventListener("error", () => { image.hidden = true; });

function say(sentence) {
  wrong.textContent = sentence;
  wrong.hidden = !sentence;
}

async function send(file) {
  const mine = call = new AbortController();
  const body = new FormData();
  body.append("file", file, file.name || "picture");
  sending.hidden = false;
  try {
    const response = await fetch(box.dataset.to, { method: "POST", body, signal: mine.signal, headers: { "X-CSRFToken": csrf() } });
    if (mine !== call) return;
    if (response.status === 201) path = (await response.json()).path;
    else say(response.status === 422 ? await response.text() : response.status === 413 ? box.dataset.big : box.dataset.failed);
  } catch {
    if (mine === call) say(box.dataset.failed);
  }
  if (mine !== call) return;
  sending.hidden = true;
  put.disabled = !path;
}

/* What has a meaning of its own between the brackets stands for itself. */
const quoted = (text) => text.trim().replace(/\s+/g, " ").replace(/[\\[\]]/g, "\\$&");

box.addEventListener("close", () => {
  call?.abort();
  call = null;
  sending.hidden = true;
  if (box.returnValue === "put" && path) {
    const [start, end] = at, { value } = field;
    const before = start && !value.slice(0, start).endsWith("\n\n") ? (value[start - 1] === "\n" ? "\n" : "\n\n") : "";
    const after = end < value.length && !value.slice(end).startsWith("\n") ? "\n\n" : "";
    field.setRangeText(`${before}![${quoted(alt.value)}](${path})${after}`, start, end, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  box.returnValue = "";
  field.focus();
  next();
});
form.querySelector("[data-close]").addEventListener("click", () => box.close(""));

document.getElementById("choose-picture").addEventListener("change", (event) => {
  take([...event.target.files]);
  event.target.value = "";
});
field.addEventListener("paste", (event) => {
  const files = pictures(event.clipboardData?.files), kinds = event.clipboardData?.types ?? [];
  if (!files.length || (kinds.includes("text/html") && kinds.includes("text/plain"))) return; // a table: its words are meant
  event.preventDefault();
  take(files);
});

/* A file that is let go of beside the text must not replace the page. */
const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
const editor = field.closest(".editor");
document.addEventListener("dragover", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  const over = editor.contains(event.target);
  event.dataTransfer.dropEffect = over ? "copy" : "none";
  editor.classList.toggle("dropping", over);
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) editor.classList.remove("dropping"); });
document.addEventListener("drop", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  editor.classList.remove("dropping");
  if (!editor.contains(event.target)) return;
  const files = pictures(event.dataTransfer.files);
  if (files.length) take(files);
  else { queue.length = 0; at = [field.selectionStart, field.selectionEnd]; path = ""; put.disabled = true; image.hidden = true; say(box.dataset.kind); box.showModal(); }
});
