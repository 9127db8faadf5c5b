// node node-driven.js CLIENT: any number of clients, each of which does what a line of JSON on stdin tells it to.
//
//   {"client": 1, "open": "http://…/feed", "options": {…}}     connects
//   {"client": 1, "emit": ["subscribe", {…}]}                  sends an event
//   {"client": 1, "ask": ["subscribe", {…}]}                   sends one and reports its acknowledgement
//   {"client": 1, "leave": true}                               says goodbye
//
// Reports are as elsewhere, with the client's number.
require("./xhr.js");
const { io } = require(process.argv[2]);
const { observe, asker } = require("./talk.js");
const { report } = require("./node-report.js");

const clients = {};

function obey({ client, open, options, emit, ask, leave }) {
  if (open) {
    const tell = (kind, fields) => report(kind, { client, ...fields });
    const socket = io(open, { ...options, forceNew: true, reconnection: false });
    observe(socket, tell).upgraded.then(() => tell("upgraded"));
    clients[client] = { socket, ask: asker(socket, tell) };
  }
  if (emit) clients[client].socket.emit(...emit);
  // One that is never answered is for the test to miss.
  if (ask) clients[client].ask(...ask).catch(() => {});
  if (leave) clients[client].socket.disconnect();
}

require("readline").createInterface({ input: process.stdin }).on("line", (line) => obey(JSON.parse(line)));
