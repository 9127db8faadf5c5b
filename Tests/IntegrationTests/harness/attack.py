"""How a server has to take an attack: others are served at once, and what it took comes back."""

import contextlib
import os
import re
import socket
import time
from pathlib import Path

from .journal import PATIENCE, wait_until
from .raw_websocket import RawWebSocket

MEBIBYTE = 1 << 20
#: What a process keeps for itself differs by this from one moment to the next, whatever it does.
UNREST = 3 * MEBIBYTE


def connect(server, **options):
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE, **options)
    # Otherwise the kernel may hold what is sent until the server has acknowledged what was sent before.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def request(method="GET", query="EIO=4&transport=polling", headers="", body=b""):
    return f"{method} /socket.io/?{query} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode() + body


UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"


def read_to_end(connection):
    received = b""
    with contextlib.suppress(ConnectionError):
        while some := connection.recv(1 << 16):
            received += some
    connection.close()
    return received


def flood(connection, pieces):
    """Sends them all, unless the server has had enough."""
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            connection.sendall(piece)


def memory(server):
    """What the process holds, in bytes."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


def descriptors(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


def seconds_to_serve(server, **options):
    """From the first byte to a message that came back."""
    start = time.monotonic()
    client = RawWebSocket.joined(server.url, **options)
    client.subscribe("snapshot")
    client.emit("publish", {"topic": "snapshot", "payload": "here"})
    client.next_event("snapshot")
    taken = time.monotonic() - start
    client.close()
    return taken


def is_served_at_once(server, **options):
    """Within 100 ms; a machine that is busy with other things may need some tries."""
    tries = []
    while len(tries) < 20:
        tries.append(seconds_to_serve(server, **options))
        if tries[-1] < 0.1:
            return True
    raise AssertionError(f"expected a client to be served within 100 ms, found {tries} seconds")


def withstands(server, rehearsal, attack, **options):
    """Both are generators, which pause where others are to be served; `options` are those of a client (RawWebSocket)."""
    for _ in range(20):
        seconds_to_serve(server, **options)
    # Once for what is made at first use.
    for _ in rehearsal:
        pass
    wait_until(lambda: descriptors(server) < 100, "its connections to end")
    before, open_before = memory(server), descriptors(server)

    # In the middle of an attack that takes its time, and after each.
    for _ in attack:
        is_served_at_once(server, **options)
    is_served_at_once(server, **options)

    wait_until(lambda: descriptors(server) <= open_before + 2, "its connections to end")
    wait_until(lambda: memory(server) <= before * 1.1 + UNREST, f"the memory to come back to {before} bytes")
