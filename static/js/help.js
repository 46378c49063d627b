/* Suggestions below the search box while somebody types. Without this the box still searches, on Enter. */
const WAIT = 160;

for (const form of document.querySelectorAll("form[data-suggest]")) suggest(form);

function suggest(form) {
  const input = form.querySelector("input[type=search]");
  const list = document.createElement("ul");
  list.className = "suggest";
  list.id = "suggestions";
  list.role = "listbox";
  list.ariaLabel = input.ariaLabel;
  list.hidden = true;
  form.append(list);
  input.role = "combobox";
  input.ariaExpanded = "false";
  input.ariaAutoComplete = "list";
  input.setAttribute("aria-controls", list.id);
  let timer = 0, asked = 0, at = -1;

  const close = () => { list.hidden = true; input.ariaExpanded = "false"; input.removeAttribute("aria-activedescendant"); at = -1; };
  const pick = (to) => {
    const all = [...list.children];
    at = (to + all.length) % all.length;
    all.forEach((option, n) => { option.ariaSelected = String(n === at); });
    input.setAttribute("aria-activedescendant", all[at].id);
  };

  async function ask() {
    const query = input.value.trim(), mine = ++asked;
    if (query.length < 2) { close(); return; }
    const url = new URL(form.dataset.suggest, location.href);
    url.search = new URLSearchParams({ q: input.value, locale: form.dataset.lang, brand: form.dataset.brand });
    let results = [];
    try {
      const response = await fetch(url);
      if (!response.ok) return;
      ({ results } = await response.json());
    } catch { return; /* no connection: Enter will say so */ }
    if (mine !== asked) return;
    const rows = [...results.slice(0, 5).map(({ title, url: to }) => ({ title, to: new URL(to).pathname })), { title: form.dataset.all.replace("{q}", query), to: "" }];
    list.replaceChildren(...rows.map(({ title, to }, n) => {
      const option = document.createElement("li");
      option.role = "option";
      option.id = `suggestion-${n}`;
      option.ariaSelected = "false";
      option.dataset.to = to;
      option.textContent = title;
      return option;
    }));
    list.hidden = false;
    input.ariaExpanded = "true";
    at = -1;
  }

  const go = (option) => { if (option.dataset.to) location.assign(option.dataset.to); else form.requestSubmit(); };

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { close(); return; }
    if (list.hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); pick(at + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); pick(at < 0 ? -1 : at - 1); }
    else if (event.key === "Enter" && at >= 0) { event.preventDefault(); go(list.children[at]); }
  });
  list.addEventListener("mousedown", (event) => { event.preventDefault(); const option = event.target.closest("li"); if (option) go(option); });
  input.addEventListener("blur", () => setTimeout(close, 100));
}
