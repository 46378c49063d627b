/* The list of tasks: read again when the desk says that something changed in a conversation that one may see. */
import { io } from "desk/socket";
import { follow } from "desk/bell";

const LEAST = 1500, SLOWLY = 60_000; // milliseconds between two askings; and times pass though nothing happens
let at = 0, timer = 0, asking = false, again = false;

function soon() {
  again = asking; // what is read just now may be of before
  clearTimeout(timer);
  timer = setTimeout(read, Math.max(150, at + LEAST - performance.now()));
}

async function read() {
  if (asking || document.getElementById("tasks-now").contains(document.activeElement?.closest("form:has(:focus-visible)"))) { timer = setTimeout(read, LEAST); return; }
  asking = true;
  at = performance.now();
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (response.status === 401) { location.reload(); return; }
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const id of ["task-tabs", "tasks-now"]) {
      const now = document.getElementById(id), next = fresh.getElementById(id);
      const same = (node) => node.innerHTML.replaceAll(/value="[^"]*"/g, "");
      if (!now || !next || same(now) === same(next)) continue;
      now.replaceWith(next);
      htmx.process(next);
    }
  } catch { /* the next change asks again */ } finally {
    asking = false;
    clearTimeout(timer);
    timer = setTimeout(read, again ? LEAST : SLOWLY);
    again = false;
  }
}

const socket = io({ transports: ["websocket", "polling"], reconnectionDelay: 400, reconnectionDelayMax: 5000, timeout: 8000 });
socket.on("connect", () => {
  document.getElementById("shell").dataset.live = "yes";
  socket.emit("open", null);
  soon(); // what happened since the page was written, or since the line was lost, nobody tells
});
socket.on("disconnect", (reason) => {
  document.getElementById("shell").dataset.live = "no";
  if (reason === "io server disconnect") setTimeout(() => socket.connect(), 300 + Math.random() * 700);
});
setInterval(() => { if (socket.connected) socket.emit("here", { visible: !document.hidden }); }, 25_000);
socket.on("row", soon);
socket.on("gone", soon);
follow(socket);
timer = setTimeout(read, SLOWLY);
