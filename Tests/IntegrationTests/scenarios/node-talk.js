// node node-talk.js CLIENT URL TOPIC: talks once, then leaves.
const [client, url, topic] = process.argv.slice(2);
const { io } = require(client);
const { talk } = require("./talk.js");
const { report } = require("./node-report.js");

const socket = io(url, { transports: ["websocket"], reconnection: false });
talk(socket, topic, report, { expectUpgrade: false }).then(() => socket.disconnect());
