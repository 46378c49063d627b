// The two ways to carry Engine.IO 4 packets: a WebSocket, and long polling where something between us and the desk lets no
// WebSocket through. (https://github.com/socketio/engine.io-protocol; text packets only, ours carry no binary parts)

/** `heard(packet)` for each packet, `closed()` once at the end, also after `close()`. Gives `{send(packet), close()}`. */
export const webSocket = (url, heard, closed) => {
  const socket = new WebSocket(`${url.replace("http", "ws")}&transport=websocket`);
  socket.onmessage = ({ data }) => heard(data);
  socket.onclose = closed;
  return { send: (packet) => socket.send(packet), close: () => socket.close() };
};

const BETWEEN = "\x1e";

export const polling = (url, heard, closed) => {
  const stop = new AbortController();
  let session = "";
  let waiting = [];
  let sending = false;
  const call = async (body) => {
    const answer = await fetch(`${url}&transport=polling&t=${Math.random()}${session}`, { method: body ? "POST" : "GET", body, credentials: "omit", signal: stop.signal });
    if (!answer.ok) throw answer.status;
    return answer.text();
  };
  const end = () => {
    if (stop.signal.aborted) return;
    stop.abort();
    closed();
  };
  const pull = async () => {
    while (!stop.signal.aborted) {
      for (const packet of (await call()).split(BETWEEN)) {
        if (packet[0] === "0") session = `&sid=${JSON.parse(packet.slice(1)).sid}`;
        heard(packet);
      }
    }
  };
  const push = async () => {
    if (sending) return;
    sending = true;
    while (waiting.length) {
      const packets = waiting;
      waiting = [];
      await call(packets.join(BETWEEN));
    }
    sending = false;
  };
  pull().catch(end);
  return {
    send(packet) {
      waiting.push(packet);
      push().catch(end);
    },
    close() {
      if (session) call("1").catch(() => {}); // a goodbye, so that the desk need not wait for it
      end();
    },
  };
};
