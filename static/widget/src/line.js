// The connection to the desk, as a small Socket.IO 5 client: the official one is as large as everything else here together.
// It connects, says who we are, comes back by itself, and asks with an answer or a failure. Nothing is buffered: what must
// not be lost waits in the outbox. (https://github.com/socketio/socket.io-protocol)

import { polling, webSocket } from "./wire.js";

const PATIENCE = 10_000; // ms that an acknowledgement may take, and a connection
const LONGEST_PAUSE = 15_000;

/** `auth()` gives what the desk is told at each connecting; `on` hears of `up`, `down`, `refused(code, text)` and of every event
 * of the desk by its name. */
export const line = ({ url, path }, auth, on) => {
  const address = `${url}${path.replace(/\/?$/, "/")}?EIO=4`;
  const waiting = new Map(); // id of an event -> who waits for its acknowledgement
  let begun = false;
  let wire = null;
  let up = false;
  let way = webSocket;
  let failures = 0;
  let count = 0;
  let retry;
  let watch;

  const later = (ms) => {
    clearTimeout(retry);
    retry = setTimeout(connect, ms);
  };
  /** What does not show a sign of life in time is dead, whatever the browser says. */
  const expect = (ms) => {
    clearTimeout(watch);
    watch = setTimeout(() => drop(), ms);
  };
  /** Ends this connection, and plans the next one. */
  const drop = (pause) => {
    if (!wire) return;
    const old = wire;
    wire = null;
    clearTimeout(watch);
    old.close();
    for (const { fail } of waiting.values()) fail(new Error("gone"));
    waiting.clear();
    up = false;
    on.down();
    if (!begun) return;
    failures += 1;
    later(pause ?? Math.min(500 * 2 ** failures, LONGEST_PAUSE) * (0.5 + Math.random() / 2));
  };

  const connect = () => {
    clearTimeout(retry);
    if (wire) return;
    let opened = false;
    let life = PATIENCE;
    const mine = way(
      address,
      (packet) => {
        if (wire !== mine) return;
        expect(life);
        if (packet[0] === "0") {
          const { pingInterval, pingTimeout } = JSON.parse(packet.slice(1));
          opened = true;
          expect((life = pingInterval + pingTimeout));
          mine.send(`40${JSON.stringify(auth())}`);
        } else if (packet === "2") mine.send("3");
        else if (packet === "1") drop();
        else if (packet[0] === "4") hear(packet[1], packet.slice(2));
      },
      () => {
        if (wire !== mine) return;
        // Nothing came at all: perhaps it is this way that is closed, so the other one is tried at once.
        const other = !opened && way === webSocket;
        if (!opened) way = other ? polling : webSocket;
        drop(other && navigator.onLine ? 0 : undefined);
      },
    );
    wire = mine;
    expect(life);
  };

  const hear = (kind, text) => {
    const [, id, json] = /^(\d*)(.*)$/s.exec(text);
    const data = json && JSON.parse(json);
    if (kind === "0") {
      up = true;
      failures = 0;
      on.up();
    } else if (kind === "2") on[data[0]]?.(data[1]);
    else if (kind === "3") {
      waiting.get(id)?.done(data[0] || {});
      waiting.delete(id);
    } else if (kind === "4") {
      const why = data.data || {};
      // Who is refused for a reason comes back when that reason says so; some reasons are gone at once.
      drop(on.refused(why.error || data.message, why.text) ? 0 : 1000 * (why.retry_after || 10));
    } else if (kind === "1") drop();
  };

  const self = {
    get up() {
      return up;
    },
    get begun() {
      return begun;
    },
    connect() {
      begun = true;
      connect();
    },
    /** Does not wait for the next try. */
    now() {
      if (!begun || up) return;
      failures = 0;
      drop(0);
      connect();
    },
    stop() {
      begun = false;
      clearTimeout(retry);
      drop();
    },
    /** Another connection, because what we say of ourselves has changed. */
    again() {
      self.stop();
      self.connect();
    },
    tell(event, data, id = "") {
      if (up) wire.send(`42${id}${JSON.stringify([event, data])}`);
    },
    /** The desk's answer; throws when there is none: "no connection" if it was never asked. */
    ask: (event, data) =>
      new Promise((yes, no) => {
        if (!up) return no(new Error("no connection"));
        const id = `${count++}`;
        const timer = setTimeout(() => { waiting.delete(id); no(new Error("no answer")); }, PATIENCE);
        const settle = (act) => (value) => { clearTimeout(timer); act(value); };
        waiting.set(id, { done: settle(yes), fail: settle(no) });
        self.tell(event, data, id);
      }),
  };
  addEventListener("online", self.now);
  addEventListener("offline", () => drop());
  document.addEventListener("visibilitychange", () => document.hidden || self.now());
  return self;
};
