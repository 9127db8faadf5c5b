"""How long a client may take over a request, a handshake, an upgrade and the like, with the real executable on raw sockets."""

import pytest

from harness import attack
from harness.certificates import secure
from harness.configuration import QUIET, feed
from harness.raw_websocket import RawWebSocket

#: In milliseconds. One of them is over long before any other.
SOON, NEVER = 200, 600_000
LIMITS = ("request", "upgrade", "idle", "connect", "ping")


@pytest.fixture
def connected(cleanup):
    """connected(server, b"GET /") -> a socket to the server on which this was sent."""
    def connect(server, sent=b""):
        connection = attack.connect(server)
        cleanup.callback(connection.close)
        connection.sendall(sent)
        return connection

    return connect


@pytest.fixture
def impatient(serve):
    """impatient(idleTimeoutMs=200) -> a server that gives all the time there is but for this."""
    never = {f"{limit}TimeoutMs": NEVER for limit in LIMITS} | {"pingIntervalMs": NEVER}
    return lambda **keys: serve(namespaces=[feed()], **{**never, **keys})


def counts_of(server):
    """Stops the server, and tells how many connections each limit has ended, of those that have any, and what else it counted."""
    counts = server.counts()
    numbers = {limit: counts.of("connections_timed_out", limit=f"{limit}TimeoutMs") for limit in LIMITS}
    return {limit: number for limit, number in numbers.items() if number}, counts


def timed_out(server):
    return counts_of(server)[0]


HEAD = b"GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: test\r\n"
POST = b"POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nsome"


@pytest.mark.parametrize("sent", [b"", HEAD, POST], ids=["nothing", "half a head", "half a body"])
def test_a_connection_that_asks_for_nothing_is_closed_and_counted(impatient, connected, sent):
    server = impatient(requestTimeoutMs=SOON)

    assert attack.read_to_end(connected(server, sent)) == b""
    assert timed_out(server) == {"request": 1}


def test_a_handshake_that_is_not_finished_counts_as_a_request_that_is_not(impatient, connected, authority):
    server = impatient(requestTimeoutMs=SOON, **secure(*authority.issue()))

    # The first bytes of a TLS record of 512.
    assert attack.read_to_end(connected(server, b"\x16\x03\x01\x02\x00\x01")) == b""
    ended, counts = counts_of(server)
    assert (ended, counts["tls_handshakes_failed"]) == ({"request": 1}, 0)


def test_a_connection_that_rests_between_two_requests_is_closed_and_counted(impatient, connected):
    server = impatient(idleTimeoutMs=SOON)

    answer = attack.read_to_end(connected(server, HEAD + b"\r\n"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert timed_out(server) == {"idle": 1}


def test_a_connection_that_is_to_be_closed_does_not_rest(impatient, connected):
    server = impatient(idleTimeoutMs=SOON)

    answer = attack.read_to_end(connected(server, HEAD + b"Connection: close\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert timed_out(server) == {}


def test_an_upgrade_that_does_not_come_to_its_end_is_given_up_and_counted(impatient, raw_polling, client, cleanup):
    # Time enough for the probe on a slow machine.
    server = impatient(upgradeTimeoutMs=3_000)
    bob, alice = raw_polling(server), client(server)
    candidate = RawWebSocket(server.url, sid=bob.sid)
    cleanup.callback(candidate.close)
    candidate.send("2probe")
    assert candidate.next_packet() == b"3probe"

    candidate.wait_for_close()
    alice.publish("snapshot", 1)

    assert bob.packet_starting('42/feed,["snapshot"') == b'42/feed,["snapshot",1]'
    # Of the server, which waits for clients that do not say that they go.
    bob.close()
    assert timed_out(server) == {"upgrade": 1}


def test_a_poll_that_waits_for_its_answer_is_at_no_deadline(impatient, connected, client, raw_polling):
    server = impatient(requestTimeoutMs=2_000, idleTimeoutMs=2_000)
    bob, alice = raw_polling(server), client(server)
    poll = f"GET /socket.io/?EIO=4&transport=polling&sid={bob.sid} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    waiting = connected(server, poll.encode())

    # Each is ended when its time is over; the second one began after the poll.
    for _ in range(2):
        attack.read_to_end(connected(server))
    alice.publish("snapshot", 1)

    assert b'42/feed,["snapshot",1]' in attack.read_to_end(waiting)


def test_a_namespace_that_is_not_joined_is_counted(impatient, raw_websocket):
    server = impatient(connectTimeoutMs=SOON)
    raw_websocket(server, joined=False).wait_for_close()

    assert timed_out(server) == {"connect": 1}


def test_a_heartbeat_that_is_not_answered_is_counted(impatient, raw_websocket):
    server = impatient(pingIntervalMs=SOON, pingTimeoutMs=SOON)
    raw_websocket(server, joined=False).wait_for_close()

    assert timed_out(server) == {"ping": 1}
