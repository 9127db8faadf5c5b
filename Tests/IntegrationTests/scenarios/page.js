// page.html?url=URL&topic=TOPIC&transports=LIST: talks, and reports to the server the page came from.
const query = new URLSearchParams(location.search);
const transports = query.get("transports") ? query.get("transports").split(",") : undefined;

let reported = Promise.resolve();
function report(kind, fields = {}) {
  // One after the other, so that they arrive in order.
  reported = reported.then(() => fetch("report", { method: "POST", body: JSON.stringify({ report: kind, ...fields }) }));
}

addEventListener("error", (event) => report("failed", { message: event.message }));
addEventListener("unhandledrejection", (event) => report("failed", { message: String(event.reason) }));

const socket = io(query.get("url"), { reconnection: false, ...(transports && { transports }) });
talk(socket, query.get("topic"), report, { expectUpgrade: !transports }).then(() => socket.disconnect());
