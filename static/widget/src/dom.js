// Small hands for the DOM: elements, icons, sheets, and lists that keep what has not changed. Nothing here reads markup
// from text, so that it also works on sites that forbid it (Trusted Types).

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  loop: "M12 3.5a8.5 8.5 0 1 1-4.6 15.6L3.6 20.4l1.2-3.9A8.5 8.5 0 0 1 12 3.5ZM8.2 12.4c1 2 2.3 3 3.8 3s2.8-1 3.8-3",
  x: "m6 6 12 12M18 6 6 18",
  down: "m5.5 9 6.5 6.5L18.5 9",
  spark: "M12 4c.6 5 3 7.4 8 8-5 .6-7.4 3-8 8-.6-5-3-7.4-8-8 5-.6 7.4-3 8-8Z",
};

/** Teaches `icon` more drawings: name -> path. */
export const learn = (more) => Object.assign(PATHS, more);

/** `h("p.small.soft", {id}, …)`: an element. `on…` listens; true is an empty attribute; null and false are left out. */
export const h = (tag, props, ...children) => {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(" ");
  if (props?.constructor !== Object) children.unshift(props);
  else
    for (const [key, value] of Object.entries(props)) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value != null && value !== false) node.setAttribute(key, value === true ? "" : value);
    }
  node.append(...children.flat(3).filter((child) => child != null && child !== false && child !== ""));
  return node;
};

/** A drawing; it says nothing to a screen reader. `box` is the side of its square. */
export const icon = (name, classes = "i", box = 24) => {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("class", classes);
  svg.setAttribute("viewBox", `0 0 ${box} ${box}`);
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  if (name === "dots") path.setAttribute("stroke-width", 3);
  svg.append(path);
  return svg;
};

/** A button that is an icon; `label` is its name. */
export const press = (name, label, onclick, classes = "") =>
  h(`button.ico${classes}`, { type: "button", "aria-label": label, title: label, onclick }, icon(name));

/** Up to two first letters. Scripts that join letters keep a space between them. */
export const initials = (name) => {
  const letters = name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => [...word][0]);
  return letters.join(/[\u0600-\u08ff]/.test(name) ? " " : "").toUpperCase();
};

/** The round picture of who speaks: the assistant's mark, or letters. */
export const face = (name, bot) => h(`span.face${bot ? ".bot" : ""}`, { "aria-hidden": "true" }, bot ? icon("spark") : initials(name));

/** Puts a style sheet into the shadow root, in the way that a content policy cannot refuse. */
export const dress = (root, css, nonce) => {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  } catch {
    root.append(h("style", { nonce }, css)); // browsers before constructable sheets
  }
};

/**
 * Makes the children of `parent` those of `items`: `[key, sign, make, kids, after]`. What has the same key and sign stays the very
 * node it was, so that focus, typed words and what a screen reader has heard are left alone; `kids` go on inside it, and `after(node)` is
 * called at each drawing.
 * Gives true if a node that held the focus went.
 */
export const keyed = (parent, items) => {
  const wanted = items.filter(Boolean);
  const signs = new Map(wanted.map(([key, sign]) => [key, sign]));
  const kept = new Map();
  let lost = false;
  for (const node of [...parent.children]) {
    if (signs.get(node.ldKey) === node.ldSign) kept.set(node.ldKey, node);
    else {
      lost ||= node.contains(parent.getRootNode().activeElement);
      node.remove();
    }
  }
  wanted.forEach(([key, sign, make, kids, after], index) => {
    let node = kept.get(key);
    if (!node) {
      node = make();
      node.ldKey = key;
      node.ldSign = sign;
    }
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] || null);
    if (kids) lost = keyed(node, kids) || lost;
    after?.(node);
  });
  return lost;
};
