/* Texts that scripts show, in the reader's language: the page carries them as JSON in #words. */
const holder = document.getElementById("words");
const words = holder ? JSON.parse(holder.textContent) : {};

/** The text of that name, with {placeholders} filled in. */
export function word(name, values = {}) {
  return (words[name] ?? name).replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
}
