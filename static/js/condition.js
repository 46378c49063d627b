/* While a condition is written: the facts and segments that go on from what stands before the cursor. They are read from
   the list that the page shows anyway, so that whoever has no script reads them there. */
const MOST = 8;
const GRAMMAR = ["days since ", "days in stage ", "count(", "sum(", "average(", "lowest(", "highest(", "last(", "previous(",
  "unless ", "is known", "is unknown", "contains "];

/** What stands before the cursor and may be gone on with: `segment "VI`, `order.pl`; empty where nothing does. */
export function begun(text) {
  const named = /(?:^|[^\w.])(segment\s+["“]?[^"”]*)$/i.exec(text);
  if (named) return named[1];
  if ((text.replace(/\\./g, "").match(/"/g) || []).length % 2) return ""; // within the words of a quote
  return (/[\w.]+$/.exec(text) || [""])[0];
}

const folded = (text) => text.toLowerCase().replace(/[“”"]/g, "").replace(/\s+/g, " ");

/** The words that fit what was begun, those that begin with it first. */
export function fitting(words, start) {
  const asked = folded(start);
  if (!asked.trim()) return [];
  const first = words.filter((word) => folded(word).startsWith(asked));
  const rest = words.filter((word) => !first.includes(word) && asked.length > 1 && folded(word).includes(asked));
  return [...first, ...rest].filter((word) => folded(word) !== asked).slice(0, MOST);
}

function offer(field, words) {
  const list = document.createElement("ul");
  list.className = "menu suggest";
  list.id = `${field.id}-fits`;
  list.role = "listbox";
  list.hidden = true;
  list.setAttribute("aria-label", field.dataset.fits || "");
  field.after(list);
  for (const [name, value] of [["aria-autocomplete", "list"], ["aria-controls", list.id]]) field.setAttribute(name, value);
  let start = "", fits = [], at = -1;

  const draw = () => {
    list.hidden = fits.length === 0;
    list.replaceChildren(...fits.map((word, index) => {
      const item = document.createElement("li");
      item.role = "option";
      item.id = `${list.id}-${index}`;
      item.textContent = word.trim();
      item.ariaSelected = String(index === at);
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(index); });
      return item;
    }));
    if (at < 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", `${list.id}-${at}`);
  };
  const close = () => { fits = []; at = -1; draw(); };
  const look = () => {
    const alone = field.selectionStart === field.selectionEnd;
    start = alone ? begun(field.value.slice(0, field.selectionStart)) : "";
    fits = fitting(words, start);
    at = -1;
    draw();
  };
  const take = (index) => {
    const end = field.selectionStart;
    let after = end;
    if (fits[index].endsWith('"') && field.value[after] === '"') after += 1; // the quote that was there already
    field.setRangeText(fits[index], end - start.length, after, "end");
    close();
    field.dispatchEvent(new InputEvent("input", { bubbles: true, data: "", inputType: "insertReplacementText" }));
  };

  field.addEventListener("input", (event) => { if (event.inputType !== "insertReplacementText") look(); });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      at = (at + (event.key === "ArrowDown" ? 1 : -1) + fits.length + (at < 0 && event.key === "ArrowUp" ? 1 : 0)) % fits.length;
      draw();
    } else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) take(at);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
}

if (typeof document !== "undefined") {
  for (const field of document.querySelectorAll("textarea[data-condition]")) {
    if (field.readOnly) continue;
    const known = [...document.querySelectorAll(`#${field.dataset.condition} dt code`)].map((one) => one.textContent);
    offer(field, [...known, ...GRAMMAR]);
  }
}
