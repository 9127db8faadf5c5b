"""Clients that mean harm, on raw sockets: whatever they do, others are served at once, and the memory it took comes back."""

import contextlib
import re

import pytest

from harness.attack import UPGRADE, connect, flood, read_to_end, request, withstands
from harness.configuration import feed
from harness.raw_websocket import CONTINUATION, TEXT, RawWebSocket, frame

#: Sessions that nobody polls any more are given up soon; requests that drip in are after ten seconds.
SHORT = {"pingIntervalMs": 1_000, "pingTimeoutMs": 1_000}


@pytest.fixture
def server(serve):
    return serve(namespaces=[feed()], **SHORT)


def answers(connection, count):
    """Reads until the heads of so many answers have come, or the connection ends; returns what was read."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while received.count(b"\r\n\r\n") < count and (some := connection.recv(1 << 16)):
            received += some
    return received


def open_session(server):
    """The id of a polling session that nobody polls."""
    with connect(server) as connection:
        connection.sendall(request())
        received = answers(connection, 1)
        while b"}" not in received:
            received += connection.recv(4096)
    return re.search(rb'"sid":"([^"]+)"', received)[1].decode()


def websocket(server):
    """A connection past the handshake of a websocket."""
    connection = connect(server)
    connection.sendall(request(query="EIO=4&transport=websocket", headers=UPGRADE))
    received = b""
    while b"maxPayload" not in received:
        received += connection.recv(4096)
    return connection


# What they do. Each leaves nothing behind that it holds on to.


def heads_that_drip_in(server):
    connections = [connect(server) for _ in range(300)]
    for connection in connections:
        connection.sendall(b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nX-Slow: ")
    yield
    for connection in connections:
        flood(connection, [b"x"])
        # The server gives up on them; nobody waits for the end of their head.
        assert read_to_end(connection) == b""


def bodies_that_drip_in(server):
    sid = open_session(server)
    connections = [connect(server) for _ in range(300)]
    for connection in connections:
        head = request("POST", f"EIO=4&transport=polling&sid={sid}", "Content-Length: 900000\r\n")
        flood(connection, [head, b"4" * 1000])
    yield
    for connection in connections:
        read_to_end(connection)


def heads_without_end(server):
    for _ in range(20):
        connection = connect(server)
        flood(connection, [b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n", *(b"X-%d: y\r\n" % n for n in range(20_000))])
        assert b" 200 " not in read_to_end(connection)
    yield


def one_header_without_end(server):
    for _ in range(20):
        connection = connect(server)
        flood(connection, [b"GET / HTTP/1.1\r\nX: ", *([b"y" * 65_536] * 64)])
        assert b" 200 " not in read_to_end(connection)
    yield


def fragments_without_end(server, content=b"2"):
    connections = [websocket(server) for _ in range(20)]
    for connection in connections:
        flood(connection, [frame(TEXT, b"4", fin=False), *([frame(CONTINUATION, content, fin=False) * 1000] * 9)])
    yield
    for connection in connections:
        flood(connection, [frame(CONTINUATION, content, fin=False) * 1000] * 9)
    for connection in connections:
        read_to_end(connection)


def empty_fragments_without_end(server):
    yield from fragments_without_end(server, content=b"")


def frames_that_announce_too_much(server):
    connections = [websocket(server) for _ in range(30)]
    for connection, length in zip(connections, (1_000_001, 1 << 31, 1 << 62) * 10):
        flood(connection, [b"\x81\xff" + length.to_bytes(8, "big") + b"mask" + b"x" * 1000])
    for connection in connections:
        read_to_end(connection)
    yield


def a_hundred_thousand_attachments(server):
    clients = [RawWebSocket.joined(server.url) for _ in range(30)]
    for client in clients:
        client.send('45100000-/feed,["publish",{"topic":"snapshot","payload":{"_placeholder":true,"num":0}}]')
    for client in clients:
        client.wait_for_close()
    yield


def json_without_end(server):
    clients = [RawWebSocket.joined(server.url) for _ in range(15)]
    for client, piece in zip(clients, ("[", '{"a":', '["a",') * 5):
        # It may be closed already.
        with contextlib.suppress(OSError):
            client.send('42/feed,["publish",{"topic":"snapshot","payload":' + piece * (900_000 // len(piece)))
    for client in clients:
        client.wait_for_close()
    yield


def requests_behind_an_upgrade(server):
    connections = [connect(server) for _ in range(50)]
    smuggled = request("POST", "EIO=4&transport=polling&sid=x", "Content-Length: 3\r\n", b"40,")
    for connection in connections:
        connection.sendall(request(query="EIO=4&transport=websocket", headers=UPGRADE) + smuggled)
    for connection in connections:
        received = read_to_end(connection)
        assert received.startswith(b"HTTP/1.1 101 ") and received.count(b"HTTP/1.1 ") == 1
    yield


def sessions_that_nobody_polls(server, count=100_000):
    together = 500
    for _ in range(count // together):
        with connect(server) as connection:
            connection.sendall(request() * together)
            assert answers(connection, together).count(b" 200 ") == together
    yield


def upgrades_that_race(server):
    for _ in range(100):
        sid = open_session(server)
        upgrade = request(query=f"EIO=4&transport=websocket&sid={sid}", headers=UPGRADE)
        racers = [connect(server) for _ in range(4)]
        for racer in racers:
            racer.sendall(upgrade + frame(TEXT, b"2probe"))
        for racer in racers:
            flood(racer, [frame(TEXT, b"5")])
        for racer in racers:
            racer.close()
    yield


def connections_that_come_and_go(server):
    for _ in range(10):
        for connection in [connect(server) for _ in range(500)]:
            connection.close()
    yield


ATTACKS = [
    heads_that_drip_in, bodies_that_drip_in, heads_without_end, one_header_without_end, fragments_without_end,
    empty_fragments_without_end, frames_that_announce_too_much, a_hundred_thousand_attachments, json_without_end,
    requests_behind_an_upgrade, upgrades_that_race, connections_that_come_and_go,
    # A hundred thousand take a while on a machine that is busy.
    pytest.param(sessions_that_nobody_polls, marks=pytest.mark.timeout(900)),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__.replace("_", " "))
def test_others_are_served_and_nothing_stays(server, attack):
    rehearsal = attack(server, count=10_000) if attack is sessions_that_nobody_polls else attack(server)
    withstands(server, rehearsal, attack(server))
