// The panel itself: draws the view, keeps scroll and focus where they belong, opens and closes, fits the phone's keyboard.

import { stillOpen } from "./cards.js";
import { h, keyed } from "./dom.js";
import { home } from "./home.js";
import { search } from "./search.js";
import { talk } from "./talk.js";

const VIEWS = { home, search, talk };
const PHONE = "(max-width: 480px), (max-height: 480px)";

export const panels = (it) => {
  const { m, shell, say, boot, box } = it;
  const dialog = h("dialog.panel", { "aria-label": say("panel", { brand: boot.brand.name }) });
  const phone = matchMedia(PHONE);
  const log = () => (m.view === "talk" ? dialog.querySelector(".log") : null);
  let atEnd = true; // whether the last line is on screen; who reads further up is not pulled away
  let stood; // where the log stood when that was last looked at
  const look = (node) => {
    atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < 48;
    stood = node.scrollTop;
  };
  const toEnd = () => {
    const node = log();
    if (node && atEnd) {
      node.scrollTop = node.scrollHeight;
      stood = node.scrollTop;
    }
    m.below &&= !atEnd;
  };
  // Word of scrolling comes a frame later; a message that comes in between must not pull anybody away either.
  const scrolled = () => {
    const node = log();
    if (node && node.scrollTop < stood - 48 && node.scrollHeight - node.clientHeight >= stood) look(node);
  };
  const watch = new ResizeObserver(toEnd); // the field grows, a note comes, the phone's keyboard opens

  let left;
  const remember = () => {
    const view = m.shown ? m.view : null;
    if (view !== left) box.left.set((left = view));
  };

  const panel = {
    atEnd: () => (scrolled(), atEnd) || m.view !== "talk",

    draw() {
      if (!m.shown) return;
      scrolled();
      const before = log();
      const height = before?.scrollHeight;
      const first = before?.querySelector(".turn")?.ldKey;
      m.outbox = it.out.list();
      m.wait = it.out.wait;
      m.asked = !!box.get("asked");
      const lost = keyed(dialog, [VIEWS[m.view](m, it.act)]);
      const node = log();
      if (node !== before || m.sent) atEnd = true;
      if (node !== before && node) watch.observe(node);
      m.sent = false;
      if (atEnd) toEnd();
      else if (first && node.querySelector(".turn").ldKey !== first) {
        node.scrollTop += node.scrollHeight - height; // older lines came above: what is being read stays where it is
      }
      if (lost) panel.arrive();
      remember();
      panel.look();
    },

    /** Puts the focus where one goes on: what is asked for, the field, or the heading. A keyboard that jumps up hides what
     * one came to read, so that on touch screens the field waits to be touched. */
    arrive(wanted) {
      if (!m.shown) return;
      if (it.waiting()) panel.draw();
      const field = m.view === "search" ? "input" : matchMedia("(pointer: coarse)").matches ? "h2" : ".write textarea";
      const target = dialog.querySelector(wanted || field) || dialog.querySelector("h2");
      target.focus({ preventScroll: true });
      if (m.view === "search") target.setSelectionRange(1e6, 1e6); // goes on where it was typed at home
    },

    /** Whether the focus stands where `arrive` puts it when there is nothing yet to go on with, or nowhere. */
    idle() {
      const at = dialog.getRootNode().activeElement;
      return !at || at === dialog || at.tagName === "H2";
    },

    /** Tells the desk how far the visitor has truly read: what is on screen, in a tab that is looked at. */
    look() {
      const node = log();
      if (!node || !m.up || !m.shown || !m.talk || document.hidden) return;
      const bottom = node.getBoundingClientRect().bottom + 24;
      const asks = m.cardSeen !== m.card?.id && node.querySelector(".csat legend");
      if (asks && asks.getBoundingClientRect().bottom <= bottom) {
        m.cardSeen = m.card.id; // the desk mails a question that nobody had on the screen
        it.line.tell("seen", { conversation: m.talk, survey: m.card.id });
      }
      const last = [...node.children].reverse().find((each) => m.places[each.ldKey] && each.getBoundingClientRect().bottom <= bottom);
      const place = last && m.places[last.ldKey];
      if (!place || place === m.looked) return;
      m.looked = place;
      const { heard } = m;
      it.line.ask("seen", { conversation: m.talk, place }).then(
        // What came since is counted already, and not in this answer.
        ({ ok, unread }) => (heard !== m.heard ? (m.looked = null) : ok && it.on.unread({ unread })),
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
      const asks = m.card && !m.card.answered && stillOpen(m.card) && box.get("later") !== m.card.id;
      const going = m.talks.find((each) => each.unread) || m.talks.find((each) => each.status === "open" || (asks && each.id === m.talk));
      // Who has a conversation goes on with it; also before the desk has said which one that is.
      if (m.view === "home" && going) it.act.talk(going.id);
      else if (m.view === "home" && !m.up && box.get("going")) m.view = "talk";
      panel.draw();
      show();
      atEnd = true;
      panel.draw(); // now that it has a size
      panel.arrive();
    },

    /** Everything anew, in another language; what is half written, and where one is, stays. */
    speak() {
      dialog.setAttribute("aria-label", say("panel", { brand: boot.brand.name }));
      const at = dialog.getRootNode().activeElement;
      const way = (each) => (each.id ? `#${each.id}` : each.name ? `[name="${each.name}"][value="${each.value}"]` : each.localName);
      const kept = [...dialog.querySelectorAll("input, .card textarea")].map((each) => [each.type === "radio" || each.type === "checkbox" ? way(each) : each.id && `#${each.id}`, each.value, each.checked]);
      const back = dialog.contains(at) && (at.id ? `#${at.id}` : at.localName === "textarea" && ".write textarea");
      const typed = back && [at.selectionStart, at.selectionEnd];
      const top = log()?.scrollTop;
      dialog.replaceChildren();
      panel.draw();
      for (const [where, value, checked] of kept) {
        const node = where && dialog.querySelector(where);
        if (!node) continue;
        if (node.type === "radio" || node.type === "checkbox") node.checked = checked;
        else if (node.type !== "file") node.value = value;
      }
      if (top != null && !atEnd) log().scrollTop = top;
      const target = back && dialog.querySelector(back);
      target?.focus({ preventScroll: true });
      if (typed?.[0] != null) target?.setSelectionRange(...typed);
    },

    /** Opens by itself where it was left open on the site's page before. */
    resume() {
      const view = box.left.get();
      if (!VIEWS[view] || phone.matches) return;
      m.view = view;
      panel.toggle(true);
    },
  };

  const fit = () => {
    const room = phone.matches && m.shown && window.visualViewport;
    dialog.style.blockSize = room ? `${room.height}px` : "";
    dialog.style.insetBlockStart = room ? `${room.offsetTop}px` : "";
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
    look(target);
    if (m.below && atEnd) it.act.set({ below: false });
    if (m.more && target.scrollTop < 60) it.act.older();
    panel.look();
  }, true);
  dialog.addEventListener("load", toEnd, true); // a picture has got its height
  dialog.addEventListener("change", toEnd); // a survey shows more once it is answered
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
