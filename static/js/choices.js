/* What somebody chooses on how to be told: the sound tried out, the browser asked, and only ever on a click; push. */
import { toast } from "desk/toast";
import { word } from "desk/words";
import { ring } from "desk/bell";

const box = document.getElementById("push");
const WORKER = { address: "/notices/worker.js", scope: "/notices/" };
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

const post = (url, values) => fetch(url, {
  method: "POST", body: JSON.stringify(values),
  headers: { "Content-Type": "application/json", "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content },
});

function bytes(text) {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

async function allowed() {
  if (!("Notification" in window)) { toast(word("no-notices"), { danger: true }); return false; }
  if (Notification.permission === "default") await Notification.requestPermission();
  tell();
  if (Notification.permission === "granted") return true;
  toast(word("denied"), { danger: true });
  return false;
}

function tell() {
  const state = "Notification" in window ? Notification.permission : "denied";
  document.getElementById("permission").textContent = word(`permission-${state}`);
  document.getElementById("ask").hidden = state !== "default";
}

async function subscribed() {
  const found = await navigator.serviceWorker.getRegistration(WORKER.scope);
  return await found?.pushManager.getSubscription() ?? null;
}

async function on() {
  if (!await allowed()) return;
  try {
    const worker = await navigator.serviceWorker.register(WORKER.address, { scope: WORKER.scope });
    const ready = worker.active ? worker : await new Promise((done) => {
      const coming = worker.installing ?? worker.waiting;
      coming.addEventListener("statechange", () => { if (coming.state === "activated") done(worker); });
    });
    const old = await ready.pushManager.getSubscription();
    if (old) await old.unsubscribe(); // the desk's key may be another one since
    const made = await ready.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(box.dataset.serverKey) });
    const response = await post("/profile/notices/browsers", made.toJSON());
    if (!response.ok) { await made.unsubscribe(); throw new Error((await response.json().catch(() => ({}))).error ?? ""); }
    location.reload();
  } catch (error) { toast(error.name === "Error" && error.message ? error.message : word("push-failed"), { danger: true }); }
}

async function off() {
  const made = await subscribed();
  if (made) {
    await post("/profile/notices/browsers/off", { endpoint: made.endpoint });
    await made.unsubscribe();
  }
  location.reload();
}

document.addEventListener("click", (event) => {
  const at = (id) => event.target.closest?.(`#${id}`);
  if (at("try-sound")) ring();
  else if (at("ask")) allowed();
  else if (at("push-on")) on();
  else if (at("push-off")) off();
});
document.addEventListener("change", (event) => { if (event.target.matches?.("[data-asks]") && event.target.checked && Notification?.permission === "default") allowed(); });

tell();
if (able) {
  subscribed().then((made) => {
    document.getElementById("push-on").hidden = Boolean(made);
    document.getElementById("push-off").hidden = !made;
  });
} else document.getElementById("push-none").hidden = false;
