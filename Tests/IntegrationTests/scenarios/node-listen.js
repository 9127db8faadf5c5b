// node node-listen.js CLIENT URL TOPIC: subscribes and reports what it hears until the server lets go of it.
const [client, url, topic] = process.argv.slice(2);
const { io } = require(client);
const { observe, asker } = require("./talk.js");
const { report } = require("./node-report.js");

const socket = io(url, { transports: ["websocket"], reconnection: false });
observe(socket, report);
socket.once("connect", () => asker(socket, report)("subscribe", { topic }));
