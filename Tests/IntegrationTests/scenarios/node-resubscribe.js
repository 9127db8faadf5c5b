// node node-resubscribe.js CLIENT URL TOPIC: acknowledges nothing; leaves the topic with its first message and joins it again.
const [client, url, topic] = process.argv.slice(2);
const { io } = require(client);
const { report } = require("./node-report.js");

const socket = io(url, { transports: ["websocket"], reconnection: false });
socket.on("subscribed", () => report("subscribed"));
socket.on(topic, (payload) => report("message", { payload }));
socket.once(topic, () => {
  socket.emit("unsubscribe", { topic });
  socket.emit("subscribe", { topic });
});
socket.once("connect", () => socket.emit("subscribe", { topic }));
