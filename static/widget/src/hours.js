// When somebody is there, in the reader's own words and time zone.

import { h } from "./dom.js";

/** `hours` is `{open, until, opens}`; gives the sentence, a shorter one, and the dot before it. */
export const opening = (say, { open, until, opens }) => {
  const dot = () => h(`span.dot${open ? "" : ".shut"}`);
  if (open) return { dot, words: until ? say("open_until", { time: say.time(until) }) : say("open_always"), zone: !!until };
  if (!opens) return { dot, words: say("closed"), zone: false };
  const days = Math.round((new Date(opens).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 864e5);
  const time = say.time(opens);
  const words = days === 0 ? say("back_today", { time }) : days < 7 ? say("back_weekday", { time, day: say.weekday(opens) }) : say("back_date", { time, day: say.date(opens) });
  return { dot, words, zone: true };
};
