"""A client that comes over long-polling, and the HTTP connections it is made of."""

import asyncio
import re

from .connecting import PATIENCE, Ended, Session, connect, half_close, reset

PATH = "/socket.io/?EIO=4&transport=polling"
SEPARATOR = b"\x1e"
#: What polling sessions do.
working = set()
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class HTTPConnection(asyncio.Protocol):
    """Sends one request at a time, and keeps the connection for the next."""

    @classmethod
    async def open(cls, port):
        return await connect(cls, port)

    def __init__(self):
        self._answer = None
        self._received = b""
        self._transport = None

    async def request(self, method, target, body=b"", headers=""):
        """Status and body of the answer; waits as long as it takes."""
        if self._transport.is_closing():
            raise Ended("connection closed")
        self._answer = asyncio.get_running_loop().create_future()
        length = f"Content-Length: {len(body)}\r\n" if method == "POST" else ""
        head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}{length}\r\n"
        self._transport.write(head.encode() + body)
        return await self._answer

    def drop(self):
        self._transport.abort()

    def reset(self):
        reset(self._transport)

    def half_close(self):
        half_close(self._transport)

    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, data):
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._received[:end]
        length = LENGTH.search(head)
        if not length:
            self._fail(f"expected an answer with a length, found {head!r}")
            return
        end += 4
        if len(self._received) < end + int(length[1]):
            return
        body, self._received = self._received[end:], b""
        if self._answer and not self._answer.done():
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, error):
        self._fail(f"connection lost: {error!r}" if error else "connection closed")

    def _fail(self, reason):
        if self._answer and not self._answer.done():
            self._answer.set_exception(Ended(reason))
            # Nobody may be left who asks.
            self._answer.exception()


def forwarded_for(address):
    return f"X-Forwarded-For: {address}\r\n"


async def handshake(connection, address):
    """Opens a session; its id."""
    try:
        status, body = await asyncio.wait_for(connection.request("GET", PATH, headers=forwarded_for(address)), PATIENCE)
    except TimeoutError:
        connection.drop()
        raise Ended("no handshake in time") from None
    if status != 200 or not body.startswith(b"0{"):
        connection.drop()
        raise Ended(f"expected a handshake, found {status}: {body[:60]!r}")
    return re.search(rb'"sid":"([^"]+)"', body)[1].decode()


class PollingSession(Session):
    """Polls on one connection and posts on another."""

    @classmethod
    async def open(cls, port, address, receive):
        session = cls(receive)
        session._get = await HTTPConnection.open(port)
        session._post = await HTTPConnection.open(port)
        session._headers = forwarded_for(address)
        session._target = f"{PATH}&sid={await handshake(session._get, address)}"
        session._begin()
        return session

    def __init__(self, receive):
        super().__init__(receive)
        self._outgoing = asyncio.Queue()
        self._may_poll = asyncio.Event()
        self._may_poll.set()

    # What the client does.

    def send(self, packet):
        self._outgoing.put_nowait(packet.encode())

    def send_bytes(self, raw):
        """As the body of a POST."""
        self._outgoing.put_nowait(raw)

    def pause(self):
        """Polls no more: what the server has to send stays there."""
        self._may_poll.clear()

    def resume(self):
        self._may_poll.set()

    def goodbye(self):
        self.send("1")

    def drop(self):
        """Both connections are closed, and the session is left to itself."""
        self._leave(HTTPConnection.drop)

    def reset(self):
        self._leave(HTTPConnection.reset)

    def half_close(self):
        self._get.half_close()

    def _leave(self, how):
        how(self._get)
        how(self._post)
        self.end("left")

    # How it goes on.

    def _begin(self):
        for work in (self._keep_polling(), self._keep_posting()):
            task = asyncio.create_task(work)
            # asyncio itself holds on to no task that waits.
            working.add(task)
            task.add_done_callback(working.discard)
            self.ended.add_done_callback(lambda _, task=task: task.cancel())
        self.ended.add_done_callback(lambda _: self.drop())

    async def _keep_polling(self):
        try:
            while not self.ended.done():
                await self._may_poll.wait()
                status, body = await self._get.request("GET", self._target, headers=self._headers)
                if status != 200:
                    raise Ended(f"{status} to a poll: {body[:100]!r}")
                for packet in body.split(SEPARATOR):
                    self.received(packet)
        except Ended as error:
            self.end(str(error))

    async def _keep_posting(self):
        try:
            while not self.ended.done():
                packets = [await self._outgoing.get()]
                while not self._outgoing.empty():
                    packets.append(self._outgoing.get_nowait())
                status, body = await self._post.request(
                    "POST", self._target, SEPARATOR.join(packets), self._headers + "Content-Type: text/plain\r\n"
                )
                if status != 200:
                    raise Ended(f"{status} to a POST: {body[:100]!r}")
        except Ended as error:
            self.end(str(error))
