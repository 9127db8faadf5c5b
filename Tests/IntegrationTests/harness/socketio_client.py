"""A python-socketio client, as a publisher or subscriber of a test.

The asyncio client is used, on a thread of its own: the threaded one starts a thread for each message it receives, so
it keeps no order.
"""

import asyncio
import threading

import socketio

from .journal import PATIENCE, Journal

#: How a client gets through to the server.
TRANSPORTS = {"websocket": ["websocket"], "polling": ["polling"], "upgrade": ["polling", "websocket"]}


class EventLoop:
    """Runs the clients' coroutines while the test itself stays plain code."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(2 * PATIENCE)

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


class Refused(Exception):
    """The server refused the connection; `answer` is what it said."""

    def __init__(self, answer):
        super().__init__(str(answer))
        self.answer = answer


class Client:
    """One connection, in one namespace unless the test names several."""

    def __init__(self, loop, url, namespace="/feed", transport="websocket", more_namespaces=()):
        self.namespace = namespace
        self._loop = loop
        self._journals = {}
        self._refusals = []
        self._socket = loop.run(self._make(namespace, *more_namespaces))
        try:
            loop.run(
                self._socket.connect(
                    url,
                    namespaces=[namespace, *more_namespaces],
                    transports=TRANSPORTS[transport],
                    wait_timeout=PATIENCE,
                )
            )
        except socketio.exceptions.ConnectionError as error:
            self.close()
            raise Refused(self._refusals[0] if self._refusals else str(error)) from None
        expected = "polling" if transport == "polling" else "websocket"
        assert self.transport == expected, f"expected the transport {expected}, found {self.transport}"

    async def _make(self, *namespaces):
        client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        for namespace in namespaces:
            journal = self._journals[namespace] = Journal(f"a client in {namespace}")
            client.on("*", lambda event, *data, to=journal: to.record((event, *data)), namespace=namespace)
            client.on("connect_error", lambda *data: self._refusals.append(data[0] if data else None), namespace=namespace)
            client.on(
                "disconnect",
                lambda reason, to=journal: to.end(f"was disconnected: {reason}"),
                namespace=namespace,
            )
        return client

    @property
    def transport(self):
        return self._socket.transport()

    # What a client says.

    def ask(self, event, *data, namespace=None):
        """Sends an event and returns its acknowledgement."""
        return self._loop.run(
            self._socket.call(event, data or None, namespace=namespace or self.namespace, timeout=PATIENCE)
        )

    def tell(self, event, *data, namespace=None):
        """Sends an event without asking for an acknowledgement."""
        self._loop.run(self._socket.emit(event, data or None, namespace=namespace or self.namespace))

    def subscribe(self, topic, **fields):
        return self.ask("subscribe", {"topic": topic, **fields})

    def unsubscribe(self, topic):
        return self.ask("unsubscribe", {"topic": topic})

    def publish(self, topic, payload, **fields):
        return self.ask("publish", {"topic": topic, "payload": payload, **fields})

    # What a client hears.

    def next(self, event, namespace=None):
        """The argument of the earliest such event that was not looked at yet; waits for it."""
        name, *arguments = self._journal(namespace).take(lambda entry: entry[0] == event, f"the event {event}")
        assert len(arguments) == 1, f"expected one argument of {name}, found {arguments}"
        return arguments[0]

    def heard(self, event, namespace=None):
        """The arguments of every such event so far."""
        return [entry[1] for entry in self._journal(namespace).all(lambda entry: entry[0] == event)]

    def wait_for_disconnect(self):
        return self._journal(None).wait_for_end()

    def _journal(self, namespace):
        return self._journals[namespace or self.namespace]

    def close(self):
        self._loop.run(self._socket.disconnect())
