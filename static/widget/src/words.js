// Says things in the visitor's language: whole sentences with places for values, plural forms, times and numbers by Intl.

/** `words` are the texts by key; a text with plural forms is an object by CLDR category, chosen by the value `n`, which shows as
 * the value `as` where there is one ("99+"). `say.turn(locale, words)` makes it speak another language from then on. */
export const speech = (locale, words) => {
  let own;
  let plural;
  let number;
  const pattern = (key, values) => {
    const text = words[key];
    return typeof text === "string" ? text : text[plural.select(values.n)] || text.other;
  };
  const shown = (value) => (typeof value === "number" ? number.format(value) : value);
  const say = (key, values = {}) => pattern(key, values).replace(/\{(\w+)\}/g, (_, name) => shown((name === "n" && values.as) || values[name]));

  /** The same as a list of texts and nodes: values may be elements. */
  say.rich = (key, values) =>
    pattern(key, values)
      .split(/\{(\w+)\}/)
      .map((part, index) => (index % 2 ? shown(values[part]) : part));

  const format = (options) => (at) => new Intl.DateTimeFormat(own, options).format(new Date(at));
  say.time = format({ timeStyle: "short" });
  say.weekday = format({ weekday: "long" });
  say.date = format({ day: "numeric", month: "long" });
  say.number = shown;
  say.turn = (to, texts) => {
    // The reader's own region where the language is the same: 18:00 in London, 6 PM in Boston.
    const base = to.split("-")[0];
    own = navigator.languages?.find((each) => each.split("-")[0] === base) || to;
    plural = new Intl.PluralRules(own);
    number = new Intl.NumberFormat(own, { maximumFractionDigits: 1 });
    words = texts;
  };
  say.turn(locale, words);
  return say;
};
