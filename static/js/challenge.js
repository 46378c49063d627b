// In the frame: brings the provider's script, shows its question, and tells the widget around it what came of it.
// hCaptcha's way of being called, which others share: `render(node, {sitekey, callback, …})`.

const { script, key, locale } = document.currentScript.dataset;
const SMALL = 80; // px
const LARGE = 560; // while the pictures of a question are shown
// Whoever may hold this frame is said by its policy; the token is good for nothing but one first message.
const tell = (what) => parent.postMessage({ loopdesk: "challenge", ...what }, "*");
const failed = () => tell({ failed: true });

const begin = () => {
  const api = window.hcaptcha || window.turnstile;
  if (!api) return failed();
  const theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  let id;
  const anew = () => {
    tell({ height: SMALL });
    api.reset(id);
  };
  try {
    id = api.render(document.getElementById("challenge"), {
      sitekey: key,
      theme,
      callback: (token) => tell({ token, height: SMALL }),
      "expired-callback": anew,
      "chalexpired-callback": anew,
      "error-callback": failed,
      "open-callback": () => tell({ height: LARGE }),
      "close-callback": () => tell({ height: SMALL }),
    });
  } catch {
    failed();
  }
};

addEventListener("DOMContentLoaded", () => {
  const address = new URL(script);
  address.searchParams.set("render", "explicit");
  address.searchParams.set("onload", "challengeReady");
  address.searchParams.set("hl", locale);
  window.challengeReady = begin;
  const node = document.createElement("script");
  node.src = address;
  node.async = true;
  node.onerror = failed;
  document.head.append(node);
});
