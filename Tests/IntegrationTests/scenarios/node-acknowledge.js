// node node-acknowledge.js CLIENT URL TOPIC: subscribes and acknowledges each message, in the way that is offered.
const [client, url, topic] = process.argv.slice(2);
const { io } = require(client);
const { report } = require("./node-report.js");

const socket = io(url, { transports: ["websocket"], reconnection: false });
socket.on("subscribed", () => report("subscribed"));
socket.on(topic, (payload, metadata, done) => {
  report("message", { payload, metadata, by: done ? "function" : "event" });
  if (done) done();
  else socket.emit("ack", { topic: metadata.topic, messageId: metadata.messageId });
});
socket.once("connect", () => socket.emit("subscribe", { topic }));
