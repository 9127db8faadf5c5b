"""The official JavaScript client, as a publisher or subscriber of a test: what socketio_client.Client is in Python."""

import json
import subprocess
import threading

from . import node
from .journal import Journal
from .process import Process
from .socketio_client import TRANSPORTS, Refused


class Node(Process):
    """One Node with any number of clients (scenarios/node-driven.js), each of which does what its JavaScriptClient says."""

    def __init__(self, official_client, ca):
        """`ca` is the certificate of whom the clients trust."""
        self._journals = {}
        self._lock = threading.Lock()
        super().__init__(node.command("node-driven", official_client), env=node.environment(ca), stdin=subprocess.PIPE)

    def _read(self, stream, journal):
        if journal is self.err:
            return super()._read(stream, journal)
        for line in stream:
            report = json.loads(line)
            self._journals[report["client"]].record(report)
        journal.end("the program ended")
        for each in self._journals.values():
            each.end(f"Node ended: {self.stderr}")

    def add_client(self):
        """Its number and what it reports."""
        with self._lock:
            number = len(self._journals)
            journal = self._journals[number] = Journal(f"client {number} in Node")
        return number, journal

    def tell(self, number, **order):
        with self._lock:
            self._process.stdin.write(json.dumps({"client": number, **order}).encode() + b"\n")
            self._process.stdin.flush()

    def kill(self):
        super().kill()
        self._process.stdin.close()


class JavaScriptClient:
    """One connection, in one namespace."""

    def __init__(self, node, url, namespace="/feed", transport="websocket", auth=None):
        self._node = node
        self._number, self._journal = node.add_client()
        # It tries for as long as it takes.
        options = {"transports": TRANSPORTS[transport], "auth": auth or {}, "timeout": 600_000}
        node.tell(self._number, open=url + namespace, options=options)
        report = self._take(lambda each: each["report"] in ("connected", "refused"), "the answer to its CONNECT")
        if report["report"] == "refused":
            raise Refused({"message": report["message"], "data": report.get("data")})
        if transport == "upgrade":
            self._take(lambda each: each["report"] == "upgraded", "the upgrade")

    # What a client says.

    def ask(self, event, *data):
        """Sends an event and returns its acknowledgement."""
        self._node.tell(self._number, ask=[event, *data])
        return self._take(lambda each: each["report"] == "answer" and each["to"] == event, f"the answer to {event}")["answer"]

    def tell(self, event, *data):
        """Sends an event without asking for an acknowledgement."""
        self._node.tell(self._number, emit=[event, *data])

    def subscribe(self, topic, **fields):
        return self.ask("subscribe", {"topic": topic, **fields})

    def unsubscribe(self, topic):
        return self.ask("unsubscribe", {"topic": topic})

    def publish(self, topic, payload, **fields):
        return self.ask("publish", {"topic": topic, "payload": payload, **fields})

    def close(self):
        if not self._node.has_ended:
            self._node.tell(self._number, leave=True)

    # What a client hears.

    def next(self, event):
        """The argument of the earliest such event that was not looked at yet; waits for it."""
        values = self._take(lambda each: each["report"] == "event" and each["event"] == event, f"the event {event}")["values"]
        assert len(values) == 1, f"expected one argument of {event}, found {values}"
        return values[0]

    def events(self):
        """Every event so far, with its first argument."""
        return [(each["event"], each["values"][0]) for each in self._journal.all(lambda each: each["report"] == "event")]

    def heard(self, event):
        """The first argument of every such event so far."""
        return [value for name, value in self.events() if name == event]

    def wait_for_disconnect(self):
        return self._take(lambda each: each["report"] == "disconnected", "the end")["reason"]

    def _take(self, matches, what):
        return self._journal.take(matches, what)
