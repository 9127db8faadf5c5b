"""A client's websocket, on bare asyncio: thousands of them have to fit onto one core."""

import asyncio

from .connecting import PATIENCE, Ended, Session, connect, half_close, reset

#: What one that does not read leaves with the server. A few frames fit, for the sake of those that do.
RECEIVE_BUFFER = 16_384

REQUEST = """\
GET /socket.io/?EIO=4&transport=websocket{sid} HTTP/1.1\r
Host: 127.0.0.1\r
X-Forwarded-For: {address}\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
Sec-WebSocket-Version: 13\r
\r
"""
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def frame(payload, opcode=TEXT):
    """A masked frame, under the mask that changes nothing."""
    length = len(payload)
    if length < 126:
        head = bytes((0x80 | opcode, 0x80 | length))
    elif length < 1 << 16:
        head = bytes((0x80 | opcode, 0xFE)) + length.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 0xFF)) + length.to_bytes(8, "big")
    return head + bytes(4) + payload


class WebSocketSession(Session, asyncio.Protocol):
    @classmethod
    async def open(cls, port, address, receive, sid=None):
        """With a `sid` it is the upgrade of that session."""
        session = await connect(lambda: cls(address, receive, sid), port, RECEIVE_BUFFER)
        await asyncio.wait({session._opened, session.ended}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not session._opened.done():
            session.reset()
            raise Ended(session.ended.result() if session.ended.done() else "no handshake in time")
        return session

    def __init__(self, address, receive, sid):
        super().__init__(receive)
        self._address = address
        self._sid = sid
        self._opened = asyncio.get_running_loop().create_future()
        self._is_upgraded = False
        self._rest = b""
        self._transport = None
        self._has_said_all = False

    # What the client does.

    def send(self, packet):
        self.send_bytes(frame(packet.encode()))

    def send_bytes(self, raw):
        """Past the framing: any bytes on the connection."""
        if not self._has_said_all and not self._transport.is_closing():
            self._transport.write(raw)

    def pause(self):
        """Reads nothing more: what the server sends stays in the kernel, and then with the server."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self):
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def goodbye(self):
        self.send_bytes(frame(b"1") + frame((1000).to_bytes(2, "big"), CLOSE))

    def drop(self):
        """The connection is closed without a word."""
        self._transport.abort()

    def reset(self):
        reset(self._transport)

    def half_close(self):
        """Nothing more is sent, but it goes on reading."""
        self._has_said_all = True
        half_close(self._transport)

    # What asyncio tells.

    def connection_made(self, transport):
        self._transport = transport
        sid = f"&sid={self._sid}" if self._sid else ""
        transport.write(REQUEST.format(sid=sid, address=self._address).encode())

    def data_received(self, data):
        data = self._rest + data if self._rest else data
        position = 0
        if not self._is_upgraded:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._rest = data
                return
            if not data.startswith(b"HTTP/1.1 101 "):
                self.end(f"expected 101 to an upgrade, found {data[:60]!r}")
                self._transport.abort()
                return
            self._is_upgraded, position = True, end + 4
            if self._sid:
                self.send("2probe")
        while (found := find_frame(data, position)) and not self._transport.is_closing():
            opcode, start, position = found
            self._frame_received(opcode, data[start:position])
        self._rest = data[position:]

    def _frame_received(self, opcode, payload):
        if opcode == TEXT and payload.startswith(b"0{"):
            self._opened.set_result(None)
        elif opcode == TEXT and payload == b"3probe":
            self.send("5")
            self._opened.set_result(None)
        elif opcode == TEXT:
            self.received(payload)
        elif opcode == PING and not self.is_silent:
            self.send_bytes(frame(payload, PONG))
        elif opcode == CLOSE:
            self.end(f"closed by the server with code {int.from_bytes(payload[:2], 'big')}")

    def eof_received(self):
        self.end("ended by the server")

    def connection_lost(self, error):
        self.end(f"connection lost: {error!r}" if error else "connection closed")


def find_frame(data, position):
    """Opcode, start and end of the frame at a position; None if it has not come whole."""
    if len(data) < position + 2:
        return None
    opcode, length, start = data[position] & 0x0F, data[position + 1], position + 2
    if length >= 126:
        wide = 2 if length == 126 else 8
        length, start = int.from_bytes(data[start:start + wide], "big"), start + wide
    return (opcode, start, start + length) if start + length <= len(data) else None
