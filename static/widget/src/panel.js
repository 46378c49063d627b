// The panel itself: draws the view, keeps scroll and focus where they belong, opens and closes, fits the phone's keyboard.

import { h, keyed } from "./dom.js";
import { home } from "./home.js";
import { search } from "./search.js";
import { talk } from "./talk.js";

const VIEWS = { home, search, talk };
const PHONE = "(max-width: 480px), (max-height: 480px)";
const LEFT_OPEN = "loopdesk"; // in sessionStorage: the view to come back to on the site's next page

export const panels = (it) => {
  const { m, shell, say, boot, box } = it;
  const dialog = h("dialog.panel", { "aria-label": say("panel", { brand: boot.brand.name }) });
  const phone = matchMedia(PHONE);
  const log = () => (m.view === "talk" ? dialog.querySelector(".log") : null);

  const remember = () => {
    try {
      m.shown ? sessionStorage.setItem(LEFT_OPEN, m.view) : sessionStorage.removeItem(LEFT_OPEN);
    } catch {
      // blocked: the panel is closed on the next page
    }
  };

  const panel = {
    /** Whether the last line is on screen; also true where there is no log. */
    atEnd() {
      const node = log();
      return !node || node.scrollHeight - node.scrollTop - node.clientHeight < 48;
    },

    draw() {
      if (!m.shown) return;
      const before = log();
      const end = panel.atEnd() || m.sent;
      const height = before?.scrollHeight;
      const first = before?.querySelector(".turn")?.ldKey;
      m.outbox = it.out.list();
      m.wait = it.out.wait;
      m.asked = !!box.get("asked");
      const lost = keyed(dialog, [VIEWS[m.view](m, it.act)]);
      const node = log();
      if (node && (end || node !== before)) {
        node.scrollTop = node.scrollHeight;
        m.sent = m.below = false;
      } else if (node && first && node.querySelector(".turn").ldKey !== first) {
        node.scrollTop += node.scrollHeight - height; // older lines came above: what is being read stays where it is
      }
      if (lost) panel.arrive(m.view === "talk");
      panel.look();
    },

    /** Puts the focus where one goes on: the field, or the heading. On touch screens the field only where it is asked for:
     * a keyboard that jumps up hides what one came to read. */
    arrive(field) {
      if (!m.shown) return;
      if (it.waiting()) panel.draw();
      const found = dialog.querySelector(m.view === "search" ? "input" : ".write textarea");
      const reads = m.view === "talk" && !field && matchMedia("(pointer: coarse)").matches;
      const target = (!reads && found) || dialog.querySelector("h2");
      target.focus({ preventScroll: true });
    },

    /** Tells the desk how far the visitor has truly read: what is on screen, in a tab that is looked at. */
    look() {
      const node = log();
      if (!node || !m.up || !m.shown || !m.talk || document.hidden) return;
      const bottom = node.getBoundingClientRect().bottom + 24;
      const last = [...node.children].reverse().find((each) => m.places[each.ldKey] && each.getBoundingClientRect().bottom <= bottom);
      const place = last && m.places[last.ldKey];
      if (!place || place === m.looked) return;
      m.looked = place;
      it.line.ask("seen", { conversation: m.talk, place }).then(
        ({ ok, unread }) => ok && it.on.unread({ unread }),
        () => { m.looked = null; },
      );
    },

    toggle(open = !m.shown) {
      if (open === m.shown) return;
      m.shown = open;
      shell.panel(open);
      remember();
      if (!open) {
        dialog.close();
        shell.bell.focus();
        return;
      }
      it.line.connect();
      const going = m.talks.find((each) => each.unread) || m.talks.find((each) => each.status === "open");
      if (m.view === "home" && going) it.act.talk(going.id);
      panel.draw();
      show();
      panel.draw(); // now that it has a size
      panel.arrive();
    },

    /** Opens by itself where it was left open on the site's page before. */
    resume() {
      try {
        const view = sessionStorage.getItem(LEFT_OPEN);
        if (!VIEWS[view] || phone.matches) return;
        m.view = view;
        panel.toggle(true);
      } catch {
        // blocked: nothing to come back to
      }
    },
  };

  const fit = () => {
    const end = panel.atEnd();
    const room = phone.matches && m.shown && window.visualViewport;
    dialog.style.blockSize = room ? `${room.height}px` : "";
    dialog.style.insetBlockStart = room ? `${room.offsetTop}px` : "";
    const node = log();
    if (end && node) node.scrollTop = node.scrollHeight;
  };
  const show = () => {
    phone.matches ? dialog.showModal() : dialog.show();
    fit();
  };

  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    panel.toggle(false);
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    panel.toggle(false);
  });
  dialog.addEventListener("scroll", ({ target }) => {
    if (target !== log()) return;
    if (m.below && panel.atEnd()) it.act.set({ below: false });
    if (m.more && target.scrollTop < 60) it.act.older();
    panel.look();
  }, true);
  phone.addEventListener("change", () => {
    if (!m.shown) return;
    dialog.close();
    show();
  });
  window.visualViewport?.addEventListener("resize", fit);
  window.visualViewport?.addEventListener("scroll", fit);
  document.addEventListener("visibilitychange", panel.look);
  shell.dock.prepend(dialog);
  return panel;
};
