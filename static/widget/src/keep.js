// What outlives the page: in this site's localStorage, or in memory where a browser blocks that. No cookies.

/** A box of named JSON values; `set(name, null)` forgets, `hear` tells of changes that other tabs make. `left` is the view that
 * this tab has open, for the site's next page (nothing where storage is blocked); `clear` forgets all of it. */
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
  const self = {
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
        if (event.key?.startsWith(prefix)) tell(event.key.slice(prefix.length), event.newValue);
      });
    },
    left: {
      get() {
        try {
          return sessionStorage.getItem(prefix);
        } catch {
          return null;
        }
      },
      set(view) {
        try {
          view ? sessionStorage.setItem(prefix, view) : sessionStorage.removeItem(prefix);
        } catch {
          // blocked: the panel is closed on the next page
        }
      },
    },
    clear() {
      for (const name of Object.keys(memory)) delete memory[name];
      self.left.set(null);
      try {
        for (const name of Object.keys(box)) if (name.startsWith(prefix)) box.removeItem(name);
      } catch {
        // blocked: there was nothing
      }
    },
  };
  return self;
};
