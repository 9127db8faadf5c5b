"""A python-socketio client, as a publisher or subscriber of a test.

The asyncio client is used, on a thread of its own: the threaded one starts a thread for each message it receives, so
it keeps no order.
"""

import asyncio
import threading

import aiohttp
import engineio.payload
import socketio

from .journal import PATIENCE, Journal

#: By default a client leaves when an answer to its poll has more than 16 packets, which is how many may wait for a slow one.
engineio.payload.Payload.max_decode_packets = 100_000

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

    def call(self, function):
        """Runs it on the loop and waits for it."""
        async def run():
            function()

        self.run(run())

    def close(self):
        async def cancel():
            # python-socketio leaves some of its own behind where it was refused.
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        self.run(cancel())
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

    def __init__(self, loop, url, namespace="/feed", transport="websocket", more_namespaces=(), auth=None, headers=None, ssl=None):
        self.namespace = namespace
        self._loop = loop
        self._journals = {}
        self._socket = None
        try:
            loop.run(self._connect(url, TRANSPORTS[transport], [namespace, *more_namespaces], auth, headers or {}, ssl))
        except Refused:
            self.close()
            raise
        expected = "polling" if transport == "polling" else "websocket"
        assert self.transport == expected, f"expected the transport {expected}, found {self.transport}"

    async def _connect(self, url, transports, namespaces, auth, headers, ssl):
        # With a context of `ssl` it trusts whom that trusts.
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=ssl)) if ssl else None
        self._socket = socketio.AsyncClient(
            # Its own patience with a POST would be five seconds.
            reconnection=False, handle_sigint=False, http_session=self._session, request_timeout=PATIENCE
        )
        answers = asyncio.Queue()
        for namespace in namespaces:
            self._listen(namespace, answers)
        try:
            # Not `wait=True`: when refused, that leaves in a way which can take a whole heartbeat (see `_leave`).
            await self._socket.connect(
                url, headers=headers, auth=auth, namespaces=namespaces, transports=transports, wait=False
            )
        except socketio.exceptions.ConnectionError as error:
            raise Refused(str(error)) from None
        for _ in namespaces:
            answer = await asyncio.wait_for(answers.get(), PATIENCE)
            if isinstance(answer, Refused):
                raise answer

    def _listen(self, namespace, answers):
        journal = self._journals[namespace] = Journal(f"a client in {namespace}")
        handlers = {
            "*": lambda event, *data: journal.record((event, *data)),
            "connect": lambda: answers.put_nowait(None),
            "connect_error": lambda *data: answers.put_nowait(Refused(*data)),
            "disconnect": lambda reason: journal.end(f"was disconnected: {reason}"),
        }
        for event, handler in handlers.items():
            self._socket.on(event, handler, namespace=namespace)

    @property
    def transport(self):
        return self._socket.transport()

    @property
    def id(self):
        """What the server calls the client."""
        return self._socket.get_sid(self.namespace)

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

    def acknowledge(self, metadata):
        """As the metadata of a message asks for."""
        assert metadata["ackRequired"] is True
        self.tell("ack", {"topic": metadata["topic"], "messageId": metadata["messageId"]}, namespace=metadata["namespace"])

    def pause(self):
        """Stops reading from the websocket, as a client does that hangs."""
        self._loop.call(self._connection.pause_reading)

    def resume(self):
        self._loop.call(self._connection.resume_reading)

    @property
    def _connection(self):
        return self._socket.eio.ws._conn.transport

    # What a client hears.

    def next(self, event, namespace=None):
        """The argument of the earliest such event that was not looked at yet; waits for it."""
        name, *arguments = self._journal(namespace).take(lambda entry: entry[0] == event, f"the event {event}")
        assert len(arguments) == 1, f"expected one argument of {name}, found {arguments}"
        return arguments[0]

    def next_message(self, topic, namespace=None, message_id=None):
        """The payload and the metadata of the topic's earliest message (of this id) that was not looked at yet; waits."""
        def matches(entry):
            return entry[0] == topic and (message_id is None or entry[-1]["messageId"] == message_id)

        _, *arguments = self._journal(namespace).take(matches, f"a message on {topic}")
        assert len(arguments) == 2, f"expected a payload and its metadata, found {arguments}"
        return tuple(arguments)

    def events(self, namespace=None):
        """Every event so far, with its first argument."""
        return [entry[:2] for entry in self._journal(namespace).all()]

    def heard(self, event, namespace=None):
        """The first argument of every such event so far."""
        return [entry[1] for entry in self._journal(namespace).all(lambda entry: entry[0] == event)]

    def wait_for_disconnect(self):
        return self._journal(None).wait_for_end()

    def _journal(self, namespace):
        return self._journals[namespace or self.namespace]

    def close(self):
        self._loop.run(self._leave())

    async def _leave(self):
        """Says goodbye to the server.

        python-engineio 4.15 forgets its goodbye if it is asked to leave while a POST is under way; its poll then waits for
        the server's next heartbeat. So let what was sent arrive first.
        """
        engine = self._socket.eio
        if engine.state == "connected" and engine.write_loop_task:
            sent = asyncio.ensure_future(engine.queue.join())
            await asyncio.wait([sent, engine.write_loop_task], return_when=asyncio.FIRST_COMPLETED)
            sent.cancel()
        await self._socket.disconnect()
        if self._session:
            await self._session.close()
