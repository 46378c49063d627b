// What outlives the page: in this site's localStorage, or in memory where a browser blocks that. No cookies.

/** A box of named JSON values; `set(name, null)` forgets, `hear` tells of changes that other tabs make. */
export const keep = (inbox) => {
  const prefix = `loopdesk:${inbox}:`;
  const memory = {};
  let box;
  try {
    box = window.localStorage;
    box.setItem(prefix, "1");
    box.removeItem(prefix);
  } catch {
    box = null; // blocked: what is kept lives as long as this page
  }
  return {
    get(name) {
      if (name in memory) return memory[name];
      try {
        return JSON.parse(box.getItem(prefix + name));
      } catch {
        return null;
      }
    },
    set(name, value) {
      delete memory[name];
      try {
        if (value == null) box.removeItem(prefix + name);
        else box.setItem(prefix + name, JSON.stringify(value));
      } catch {
        memory[name] = value; // blocked, or full
      }
    },
    hear(tell) {
      addEventListener("storage", (event) => {
        if (event.key?.startsWith(prefix)) tell(event.key.slice(prefix.length));
      });
    },
  };
};

/** The view that this tab has open, for the site's next page; nothing where storage is blocked. */
export const leftOpen = {
  get() {
    try {
      return sessionStorage.getItem("loopdesk");
    } catch {
      return null;
    }
  },
  set(view) {
    try {
      view ? sessionStorage.setItem("loopdesk", view) : sessionStorage.removeItem("loopdesk");
    } catch {
      // blocked: the panel is closed on the next page
    }
  },
};
