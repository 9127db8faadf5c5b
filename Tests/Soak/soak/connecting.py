"""What the two transports have in common."""

import asyncio
import contextlib
import socket
import struct

#: Seconds until something is given up that a server on the same machine answers at once, or not at all.
PATIENCE = 30.0


class Ended(Exception):
    """The connection is over; says why."""


async def connect(make_protocol, port, receive_buffer=None):
    """A TCP connection. With a small receive buffer, in bytes, what a client does not read stays with the server."""
    loop = asyncio.get_running_loop()
    connection = socket.socket()
    try:
        # Before it connects: it is then that TCP settles how large the buffer may ever be.
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.setblocking(False)
        await asyncio.wait_for(loop.sock_connect(connection, ("127.0.0.1", port)), PATIENCE)
        _, protocol = await loop.create_connection(make_protocol, sock=connection)
    except (OSError, TimeoutError) as error:
        connection.close()
        raise Ended(f"could not connect: {error!r}") from None
    return protocol


def reset(transport):
    """Ends a connection as when the program crashes with unread data: the other side gets an RST."""
    connection = transport.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def half_close(transport):
    """Nothing more is sent, but it goes on reading."""
    # The other side may have closed it already.
    with contextlib.suppress(OSError):
        if not transport.is_closing():
            transport.write_eof()


class Session:
    """An Engine.IO session: hands its packets to `receive`, and answers heartbeats until it is silent."""

    def __init__(self, receive):
        self._receive = receive
        #: Why the session is over, once it is.
        self.ended = asyncio.get_running_loop().create_future()
        self.is_silent = False

    def send(self, packet):
        """Sends a text packet, later where it has to wait for another."""
        raise NotImplementedError

    def received(self, packet):
        if packet == b"2":
            if not self.is_silent:
                self.send("3")
        elif packet == b"1":
            self.end("closed by the server")
        elif packet != b"6":
            self._receive(packet)

    def end(self, reason):
        if not self.ended.done():
            self.ended.set_result(reason)
