/* The list of notices follows along: it has a live line of its own, and reads its first page again when something came. */
import { io } from "desk/socket";
import { follow, show } from "desk/bell";

const socket = io({ transports: ["websocket", "polling"], reconnectionDelay: 1000, reconnectionDelayMax: 10_000 });
follow(socket);
socket.on("connect", () => again());
socket.on("disconnect", (reason) => { if (reason === "io server disconnect") setTimeout(() => socket.connect(), 1000); });
setInterval(() => { if (socket.connected) socket.emit("here", { visible: !document.hidden }); }, 25_000);

let waits = 0;
function again() {
  clearTimeout(waits);
  waits = setTimeout(async () => {
    const list = document.getElementById("told");
    if (!list || list.dataset.first !== "yes") return;
    try {
      const response = await fetch(location.pathname, { headers: { "HX-Request": "true" } });
      if (!response.ok) return;
      const focused = list.contains(document.activeElement) ? document.activeElement.id : "";
      list.outerHTML = await response.text();
      const { unread, cap } = document.getElementById("told").dataset;
      show({ unread: Number(unread), cap: Number(cap) });
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
      document.documentElement.dataset.noticesLive = "yes";
    } catch { /* the next one asks again */ }
  }, 100);
}
document.addEventListener("desk:told", again);
