/* Shows what the desk pushes, and opens it on a click. It loads nothing, keeps nothing and has no say in any page. */
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("push", (event) => {
  let told = {};
  try { told = event.data.json(); } catch { return; }
  const id = /^\d+$/.test(told.id) ? told.id : "";
  event.waitUntil(self.registration.showNotification(String(told.text).slice(0, 200), {
    tag: `notice-${id}`, lang: told.lang, icon: "/static/icon.svg", data: { id },
  }));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(`/notices/${event.notification.data.id}`));
});
