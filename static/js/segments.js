/* How many SMS a text takes, while it is typed: the same count as desk/channels/sms/segments.py, held to the same cases. */
const BASIC = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const EXTENDED = new Set("\f^{}\\[~]|€");
const ROOM = { "GSM-7": [160, 153], "UCS-2": [70, 67] };

/** `{encoding, units, segments, left}`: a letter of two units is never cut in two. */
export function count(text) {
  const letters = [...text]; // by code points: a surrogate pair is one of two units
  const gsm = letters.every((c) => BASIC.has(c) || EXTENDED.has(c));
  const encoding = gsm ? "GSM-7" : "UCS-2";
  const widths = letters.map((c) => ((gsm ? EXTENDED.has(c) : c.length > 1) ? 2 : 1));
  const units = widths.reduce((sum, n) => sum + n, 0);
  const [alone, among] = ROOM[encoding];
  if (units <= alone) return { encoding, units, segments: units ? 1 : 0, left: alone - units };
  let segments = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > among) { segments += 1; used = 0; }
    used += width;
  }
  return { encoding, units, segments, left: among - used };
}

/** The letter for which a text is dearer than its other letters are: `{letter, fewer}`, the segments without its kind;
    null where that saves nothing. An emoji is shown whole, with what it is put together of. */
export function price(text) {
  const whole = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)].map((one) => one.segment);
  const odd = (shown) => ![...shown].every((c) => BASIC.has(c) || EXTENDED.has(c));
  const letter = whole.find(odd);
  if (!letter) return null;
  const fewer = count(whole.filter((shown) => !odd(shown)).join("")).segments;
  return fewer && fewer < count(text).segments ? { letter, fewer } : null;
}
