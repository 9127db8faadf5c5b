"""requestTimeoutMs and idleTimeoutMs: connections that take their time over a request, with the real executable on raw sockets."""

import socket

import pytest

from harness.certificates import secure
from harness.configuration import QUIET, feed
from harness.process import PATIENCE

#: In milliseconds. One of them is over long before any other.
SOON, NEVER = 200, 600_000


@pytest.fixture
def connected(cleanup):
    """connected(server, b"GET /") -> a socket to the server on which this was sent."""
    def connect(server, sent=b""):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        cleanup.callback(connection.close)
        connection.sendall(sent)
        return connection

    return connect


def read_to_the_end(connection):
    received = b""
    while True:
        try:
            some = connection.recv(65_536)
        except ConnectionResetError:
            return received
        if not some:
            return received
        received += some


def timed_out(server):
    """Stops the server, and tells how many connections each limit has ended, of those that have any."""
    counts = server.counts()
    numbers = {limit: counts.of("connections_timed_out", limit=f"{limit}TimeoutMs") for limit in LIMITS}
    return {limit: number for limit, number in numbers.items() if number}


LIMITS = ("request", "idle", "connect", "ping")
HEAD = b"GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: test\r\n"
POST = b"POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nsome"


@pytest.mark.parametrize("sent", [b"", HEAD, POST], ids=["nothing", "half a head", "half a body"])
def test_a_connection_that_asks_for_nothing_is_closed_and_counted(serve, connected, sent):
    server = serve(namespaces=[feed()], requestTimeoutMs=SOON, idleTimeoutMs=NEVER, **QUIET)

    assert read_to_the_end(connected(server, sent)) == b""
    assert timed_out(server) == {"request": 1}


def test_a_connection_without_a_handshake_is_closed_and_counted(serve, connected, authority):
    server = serve(
        namespaces=[feed()], requestTimeoutMs=SOON, idleTimeoutMs=NEVER, **QUIET, **secure(*authority.issue())
    )

    # The first bytes of a TLS record of 512.
    assert read_to_the_end(connected(server, b"\x16\x03\x01\x02\x00\x01")) == b""
    assert timed_out(server) == {"request": 1}


def test_a_connection_that_rests_between_two_requests_is_closed_and_counted(serve, connected):
    server = serve(namespaces=[feed()], requestTimeoutMs=NEVER, idleTimeoutMs=SOON, **QUIET)

    answer = read_to_the_end(connected(server, HEAD + b"\r\n"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert timed_out(server) == {"idle": 1}


def test_a_poll_that_waits_for_its_answer_is_at_no_deadline(serve, connected, client, raw_polling):
    server = serve(namespaces=[feed()], requestTimeoutMs=2_000, idleTimeoutMs=SOON, **QUIET)
    bob, alice = raw_polling(server), client(server)
    poll = f"GET /socket.io/?EIO=4&transport=polling&sid={bob.sid} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    waiting = connected(server, poll.encode())

    # Ended one after the other, by the longer of the two times.
    for _ in range(2):
        read_to_the_end(connected(server))
    alice.publish("snapshot", 1)

    assert b'42/feed,["snapshot",1]' in read_to_the_end(waiting)


def test_a_heartbeat_and_a_namespace_that_never_come_are_counted(serve, raw_websocket):
    server = serve(namespaces=[feed()], connectTimeoutMs=SOON, pingIntervalMs=NEVER)
    raw_websocket(server, joined=False).wait_for_close()
    assert timed_out(server) == {"connect": 1}

    server = serve(namespaces=[feed()], pingIntervalMs=SOON, pingTimeoutMs=SOON)
    raw_websocket(server).wait_for_close()
    assert timed_out(server) == {"ping": 1}
