"""Clients that mean harm to TLS itself, on raw sockets: others are served at once, and what it took comes back."""

import contextlib
import random
import socket
import ssl
import subprocess
import time

import pytest

from harness.attack import MEBIBYTE, UPGRADE, connect, flood, is_served_at_once, memory, read_to_end, request, withstands
from harness.certificates import secure
from harness.configuration import QUIET, feed
from harness.journal import PATIENCE, wait_until
from harness.raw_websocket import RawWebSocket
from harness.tls_dialogue import Dialogue

#: What the server gives a connection for its handshake and the head of its first request, in seconds.
TIME_LIMIT = 10


@pytest.fixture
def server(serve, authority):
    return serve(namespaces=[feed()], **secure(*authority.issue()), **QUIET)


@pytest.fixture
def trust(authority):
    return authority.trust


def hello():
    """The first bytes of a client that speaks TLS."""
    return Dialogue(ssl.create_default_context()).first_bytes()


def secured(server, trust):
    """A connection past the handshake."""
    return trust.wrap_socket(connect(server), server_hostname="localhost")


def websocket(server, trust):
    """A secure connection past the handshake of a websocket."""
    connection = secured(server, trust)
    connection.sendall(request(query="EIO=4&transport=websocket", headers=UPGRADE))
    received = b""
    while b"maxPayload" not in received:
        received += connection.recv(4096)
    return connection


# What they do. Each leaves nothing behind that it holds on to.


def garbage(server, trust):
    source = random.Random(1)
    for length in [1, 4, 5, 6, 100, 1000, 10_000] * 20:
        connection = connect(server)
        flood(connection, [source.randbytes(length)])
        if length < 6:
            # Too little to be told from a record: it might become one.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
        read_to_end(connection)
    yield


def http_without_tls(server, trust):
    for _ in range(200):
        connection = connect(server)
        connection.sendall(request())
        assert b"HTTP" not in read_to_end(connection)
    yield


def records_that_announce_too_much(server, trust):
    for kind in (20, 21, 22, 23, 255) * 20:
        connection = connect(server)
        flood(connection, [bytes([kind, 3, 1]) + b"\xff\xff", *([b"x" * 1000] * 66)])
        read_to_end(connection)
    connections = [secured(server, trust) for _ in range(20)]
    yield
    for connection in connections:
        plain = unwrapped(connection)
        flood(plain, [b"\x17\x03\x03\xff\xff", *([b"x" * 1000] * 66)])
        read_to_end(plain)


def unwrapped(connection):
    """The TCP connection below, without a word of TLS that it ends."""
    plain = socket.socket(fileno=connection.detach())
    plain.settimeout(PATIENCE)
    return plain


def a_hello_of_16_mebibytes(server, trust):
    """In records of the right size, each of which is a piece of it."""
    record = b"\x16\x03\x01\x40\x00"
    for _ in range(10):
        connection = connect(server)
        flood(connection, [record + b"\x01\xff\xff\xff\x03\x03" + b"x" * (16_384 - 6), *([record + b"x" * 16_384] * 200)])
        read_to_end(connection)
    yield


def records_without_content(server, trust):
    for kind in (21, 22, 23):
        for _ in range(10):
            connection = connect(server)
            flood(connection, [(bytes([kind, 3, 1, 0, 0]) * 1000)] * 50)
            read_to_end(connection)
    yield


def an_older_version(server, trust):
    old = ssl.create_default_context(cafile=None)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    for _ in range(200):
        with connect(server) as connection, pytest.raises(ssl.SSLError):
            old.wrap_socket(connection, server_hostname="localhost")
    yield


def handshakes_that_are_broken_off(server, trust):
    start = hello()
    for round in range(3):
        connections = [connect(server) for _ in range(200)]
        for number, connection in enumerate(connections):
            # Nothing, some of it, all of it.
            connection.sendall(start[: len(start) * (number % 3) // 2])
        for connection in connections:
            if round == 2:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
                read_to_end(connection)
            connection.close()
    yield


def ends_without_a_word(server, trust):
    """Nobody says `close_notify`: neither after the handshake, nor as a client, nor in the middle of a record."""
    for connection in [secured(server, trust) for _ in range(100)]:
        unwrapped(connection).close()
    for number, connection in enumerate([websocket(server, trust) for _ in range(100)]):
        plain = unwrapped(connection)
        if number % 2:
            flood(plain, [b"\x17\x03\x03\x10\x00" + b"x" * 100])
        plain.close()
    yield


def clients_that_stop_reading(server, trust):
    """Of what is sent to each there is no more than its lane and what its connection takes."""
    readers = [RawWebSocket.joined(server.url, ssl=trust) for _ in range(20)]
    for reader in readers:
        reader.subscribe("snapshot")
    publisher = RawWebSocket.joined(server.url, ssl=trust)
    before = memory(server)
    for number in range(300):
        assert publisher.ask("publish", {"topic": "snapshot", "payload": "x" * 100_000})["ok"] is True
        # 30 MB for each of them.
        assert memory(server) < before + 60 * MEBIBYTE
        if number == 150:
            yield
    for each in (*readers, publisher):
        each.close()


ATTACKS = [
    garbage, http_without_tls, records_that_announce_too_much, a_hello_of_16_mebibytes, records_without_content, an_older_version,
    handshakes_that_are_broken_off, ends_without_a_word, clients_that_stop_reading,
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__.replace("_", " "))
def test_others_are_served_and_nothing_stays(server, trust, attack):
    withstands(server, attack(server, trust), attack(server, trust), ssl=trust)


# The time limit.


def unfinished(server, trust, count):
    """Connections that rest in the middle of it: before it, in the hello, after the handshake, in the head of a request."""
    start = hello()
    connections = [connect(server) for _ in range(2 * count)]
    for connection in connections[count:]:
        connection.sendall(start[:100])
    for number in range(2 * count):
        connection = secured(server, trust)
        if number % 2:
            connection.sendall(b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nX-Slow: ")
        connections.append(connection)
    return connections


def who_leaves(server, trust):
    # The allocator takes some rounds until it finds room for the next one in what it has.
    for _ in range(4):
        for connection in unfinished(server, trust, 60):
            connection.close()
        is_served_at_once(server, ssl=trust)
    yield


def who_stays(server, trust):
    start = time.monotonic()
    connections = unfinished(server, trust, 60)
    yield
    for connection in connections:
        assert read_to_end(connection) == b""
    assert time.monotonic() - start > TIME_LIMIT / 2


def test_who_has_made_no_request_in_time_is_let_go(server, trust):
    withstands(server, who_leaves(server, trust), who_stays(server, trust), ssl=trust)


def test_an_address_full_of_unfinished_handshakes_keeps_no_other_from_being_served(serve, authority, trust):
    server = serve(namespaces=[feed()], limits={"connectionsPerAddress": 10}, **secure(*authority.issue()), **QUIET)
    start = hello()
    connections = [connect(server) for _ in range(40)]
    for connection in connections:
        connection.sendall(start[:100])

    # Four for each of the ten sessions; one more is closed at once.
    assert read_to_end(connect(server)) == b""
    elsewhere = trust.wrap_socket(connect(server, source_address=("127.0.0.2", 0)), server_hostname="localhost")
    elsewhere.sendall(request())
    assert elsewhere.recv(4096).startswith(b"HTTP/1.1 200 ")
    elsewhere.close()

    # Their time is up, and there is room again.
    for connection in connections:
        assert read_to_end(connection) == b""
    wait_until(lambda: is_let_in(server, trust), "room for a connection of the address")


def is_let_in(server, trust):
    try:
        secured(server, trust).close()
        return True
    except (ConnectionError, ssl.SSLError):
        return False


# What is unusual and right.


def test_a_hello_may_come_byte_by_byte(server, trust):
    dialogue = Dialogue(trust)
    with connect(server) as connection:
        dialogue.shake_hands(connection, at_a_time=1)
        dialogue.send(connection, request(), at_a_time=1)
        assert dialogue.receive(connection).startswith(b"HTTP/1.1 200 ")


# What TLS has for those who are connected.


@pytest.fixture
def openssl_client(cleanup):
    """openssl_client(server, "-tls1_3") -> `openssl s_client`, which does what single letters tell it to."""
    def connect(server, version):
        client = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", version],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0,
        )
        cleanup.callback(client.communicate, timeout=PATIENCE)
        cleanup.callback(client.kill)
        said_until(client, b"---\n" if version == "-tls1_2" else b"Verify return code")
        return client

    return connect


def said_until(client, words):
    """What it says up to a line with these words, or to its end."""
    said = []
    for line in client.stdout:
        said.append(line)
        if words in line:
            break
    return b"".join(said)


def test_nobody_negotiates_again(serve, authority, trust, openssl_client):
    server = serve(namespaces=[feed()], **secure(*authority.issue(), protocol="TLSv1.2"), **QUIET)
    client = openssl_client(server, "-tls1_2")
    start = time.monotonic()

    client.stdin.write(b"R\n")
    said = said_until(client, b"nothing but its end")

    # It has ended for that, and not for its silence.
    assert b"RENEGOTIATING" in said, said
    assert time.monotonic() - start < TIME_LIMIT
    is_served_at_once(server, ssl=trust)


def test_keys_are_not_changed_without_end(server, trust, openssl_client):
    client = openssl_client(server, "-tls1_3")
    start = time.monotonic()

    changes = 0
    with contextlib.suppress(BrokenPipeError):
        while True:
            client.stdin.write(b"K\n")
            if b"KEYUPDATE" not in said_until(client, b"KEYUPDATE"):
                break
            changes += 1

    assert 1 < changes < 1000 and time.monotonic() - start < TIME_LIMIT
    is_served_at_once(server, ssl=trust)
