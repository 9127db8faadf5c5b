// What any client does, with the official library: joins, subscribes, publishes, receives, leaves.
// Node and a page run the same; `report(kind, fields)` carries what happens to the test, which judges it.

const PATIENCE_MS = 60000;

// Bytes as a list of numbers, so that they survive JSON.
function plain(value) {
  if (value instanceof ArrayBuffer) value = new Uint8Array(value);
  if (value instanceof Uint8Array) return { bytes: Array.from(value) };
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

// Reports everything that happens to a socket; `upgraded` is fulfilled once it has left long-polling.
function observe(socket, report) {
  socket.on("connect", () => report("connected"));
  socket.on("connect_error", (error) => report("refused", { message: error.message, data: error.data }));
  socket.on("disconnect", (reason) => report("disconnected", { reason }));
  socket.onAny((event, ...values) => report("event", { event, values: values.map(plain) }));
  const upgraded = new Promise((resolve) => {
    socket.io.on("open", () => socket.io.engine.once("upgrade", resolve));
  });
  return { upgraded };
}

function asker(socket, report) {
  return async (event, request) => {
    const answer = await socket.timeout(PATIENCE_MS).emitWithAck(event, request);
    report("answer", { to: event, answer });
  };
}

async function talk(socket, topic, report, { expectUpgrade }) {
  const { upgraded } = observe(socket, report);
  await new Promise((resolve) => socket.once("connect", resolve));
  const ask = asker(socket, report);
  await ask("subscribe", { topic });
  for (let n = 0; n < 20; n++) await ask("publish", { topic, payload: { n } });
  if (expectUpgrade) await upgraded;
  for (let n = 20; n < 40; n++) await ask("publish", { topic, payload: { n } });
  report("talking over", { transport: socket.io.engine.transport.name });
  await ask("publish", { topic, payload: { text: "Grüße 👋", bytes: new Uint8Array([0, 1, 127, 128, 255]) } });
  await ask("subscribe", { topic: "no-such-topic" });
  await ask("unsubscribe", { topic });
  report("finished talking");
}

if (typeof module !== "undefined") module.exports = { observe, asker, talk };
