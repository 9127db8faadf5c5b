"""limits: what one client, one address and one principal may ask for, with the real executable and real clients."""

import contextlib
import select
import socket
import time

import pytest
import websocket
from socketio.exceptions import SocketIOError

from harness.configuration import QUIET, acknowledged, feed, servers
from harness.journal import PATIENCE, wait_until
from harness.packet import message_id
from harness.socketio_client import Refused

TOKENS = {"alice": "token-of-alice", "bob": "token-of-bob"}


@pytest.fixture
def limited(serve):
    """limited(connections=3) -> a server with these limits."""
    def start(namespaces=None, keys=(), **limits):
        return serve(namespaces=namespaces or [feed()], limits=limits, **QUIET, **dict(keys))

    return start


def refused(server):
    """Connections that were refused, by limit."""
    return {limit: server.counts().of("connections_refused", limit=limit) for limit in (
        "connections", "connectionsPerAddress", "connectionsPerPrincipal")}


def is_closed_at_once(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        try:
            return connection.recv(1) == b""
        except ConnectionError:
            return True


def test_a_connection_beyond_those_in_total_is_closed_at_once(limited, raw_websocket):
    server = limited(connections=3)
    first, *others = [raw_websocket(server) for _ in range(3)]

    assert is_closed_at_once(server)

    first.close()
    wait_until(lambda: not is_closed_unanswered(server), "room for another connection")
    for other in others:
        other.subscribe("snapshot")
    assert refused(server)["connections"] >= 1


def is_closed_unanswered(server):
    """Whether a connection is closed without an answer to its request."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            return connection.recv(1) == b""
        except ConnectionError:
            return True


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_session_beyond_those_of_an_address_is_refused(limited, client, transport):
    server = limited(connectionsPerAddress=2, keys={"trustedProxies": ["127.0.0.1"]})
    first = client(server, transport=transport)
    client(server, transport=transport)

    with pytest.raises(Refused):
        client(server, transport=transport)
    # Somebody else's.
    client(server, transport=transport, headers={"X-Forwarded-For": "192.0.2.7"})
    first.close()
    wait_until(lambda: accepted(client, server, transport), "room for another session")
    assert refused(server)["connectionsPerAddress"] >= 1


def accepted(client, server, transport):
    try:
        return client(server, transport=transport)
    except Refused:
        return None


def test_an_address_has_no_more_than_four_connections_a_session(limited, raw_websocket):
    server = limited(connectionsPerAddress=2)
    silent = [socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) for _ in range(8)]

    assert is_closed_at_once(server)

    for connection in silent:
        connection.close()
    wait_until(lambda: not is_closed_unanswered(server), "room for another connection")
    assert refused(server)["connectionsPerAddress"] >= 1


def test_by_default_there_are_as_many_connections_as_four_fifths_of_the_files(serve_file):
    text = servers(feed={"namespaces": [feed()], **QUIET})
    server = serve_file(text, "--log-level", "info", within=("prlimit", "--nofile=100:100"))
    silent = [socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) for _ in range(80)]

    assert is_closed_at_once(server)

    for connection in silent:
        connection.close()
    assert refused(server)["connections"] >= 1


def test_servers_of_one_process_have_equal_parts_of_them(serve_file):
    text = servers(**{name: {"namespaces": [feed()], **QUIET} for name in ("feed", "control")})
    both = serve_file(text, "--log-level", "info", listeners=2, within=("prlimit", "--nofile=100:100"))
    port = int(both.urls["feed"].rpartition(":")[2])
    silent = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(41)]

    # One of them is one too many.
    readable, _, _ = select.select(silent, [], [], PATIENCE)

    assert len(readable) == 1
    for connection in silent:
        connection.close()
    assert both.counts().of("connections_refused", limit="connections") == 1


@pytest.fixture
def guarded(limited):
    guards = [feed(authRequired=True), feed(path="/more", authRequired=True)]
    return limited(namespaces=guards, keys={"auth": "TOKEN", "staticTokens": TOKENS}, connectionsPerPrincipal=1)


def test_a_connection_beyond_those_of_a_principal_is_told_so_and_closed(guarded, client):
    # In two namespaces, and one connection all the same.
    alice = client(guarded, more_namespaces=["/more"], auth={"token": "token-of-alice"})
    bob = client(guarded, auth={"token": "token-of-bob"})

    again = client(guarded, auth={"token": "token-of-alice"})
    again.wait_for_disconnect()
    late = client(guarded)
    late.tell("subscribe", {"topic": "snapshot", "token": "token-of-alice"})
    late.wait_for_disconnect()

    for each in (again, late):
        assert [error["code"] for error in each.heard("error")] == ["RATE_LIMITED"]
    for each in (alice, bob):
        assert each.subscribe("snapshot")["ok"] is True
    alice.close()
    wait_until(lambda: stays(client, guarded), "room for another connection of alice")
    assert refused(guarded)["connectionsPerPrincipal"] >= 2


def stays(client, server):
    again = client(server, auth={"token": "token-of-alice"})
    try:
        return again.subscribe("snapshot")["ok"]
    except (AssertionError, SocketIOError):
        return False


def test_a_namespace_beyond_those_of_a_connection_is_refused(limited, raw_websocket):
    server = limited(namespaces=[feed(), feed(path="/more")], namespacesPerConnection=1)
    client = raw_websocket(server)

    client.send("40/more,")

    assert b'"code":"RATE_LIMITED"' in client.packet_starting("44/more,")
    client.subscribe("snapshot")
    client.send("41/feed,")
    client.send("40/more,")
    client.packet_starting('40/more,{"sid"')
    assert server.counts().of("connections_refused", limit="namespacesPerConnection") == 1


def test_a_subscription_beyond_those_of_a_client_is_refused(limited, client):
    server = limited(namespaces=[feed(topics=["one", "two"])], subscriptionsPerClient=1)
    alice = client(server)
    assert alice.subscribe("one")["ok"] is True

    assert alice.subscribe("two")["code"] == "RATE_LIMITED"
    assert alice.subscribe("one")["ok"] is True
    alice.unsubscribe("one")
    assert alice.subscribe("two")["ok"] is True
    assert server.counts().of("subscriptions_refused", namespace="/feed") == 1


def requests(count, payload="1"):
    return [f'42/feed,{number}["publish",{{"topic":"snapshot","payload":{payload}}}]' for number in range(count)]


def until_the_end(client):
    """What comes before the server closes the connection."""
    with contextlib.suppress(OSError, AssertionError, websocket.WebSocketException):
        while True:
            yield client.next_packet()


@pytest.mark.parametrize(
    "limit, payload", [({"inboundMessagesPerSecond": 100}, "1"), ({"inboundBytesPerSecond": 100_000}, f'"{"x" * 980}"')]
)
def test_what_a_client_sends_beyond_its_rate_is_refused_and_in_the_end_it_is_disconnected(limited, raw_websocket, limit, payload):
    server = limited(**limit)
    hasty, calm = raw_websocket(server), raw_websocket(server)

    with contextlib.suppress(OSError):
        for request in requests(1_000, payload):
            hasty.send(request)

    answers = [b"RATE_LIMITED" in packet for packet in until_the_end(hasty) if packet.startswith(b"43/feed,")]
    # A second's worth at once, and what has come in meanwhile; then refusals, and then the end.
    assert 90 <= answers.count(False) < 900
    assert answers.count(True) >= 1
    calm.subscribe("snapshot")
    counts = server.counts()
    assert counts.of("rate_limited", namespace="/feed") >= 90


def test_a_client_that_keeps_to_its_rate_again_is_served_again(limited, raw_websocket):
    client = raw_websocket(limited(inboundMessagesPerSecond=1_000))

    start = time.monotonic()
    for request in requests(1_800):
        client.send(request)
    refused = 0
    while not (packet := client.next_packet()).startswith(b"43/feed,1799"):
        refused += packet.startswith(b"43/feed,") and b"RATE_LIMITED" in packet
    taken = time.monotonic() - start

    # What comes back meanwhile is let through.
    assert 800 - 1_000 * taken <= refused <= 800
    wait_until(lambda: client.ask("publish", {"topic": "snapshot", "payload": 1})["ok"], "the rate to allow one more")


def test_acknowledgements_of_what_was_sent_are_not_counted_and_others_are(limited, raw_websocket, client):
    server = limited(namespaces=[acknowledged(maxInFlight=64, maxQueuedMessagesPerClient=1000)], inboundMessagesPerSecond=100)
    bob = raw_websocket(server)
    bob.subscribe("snapshot")
    for publisher in [client(server) for _ in range(4)]:
        for number in range(80):
            assert publisher.publish("snapshot", number)["ok"] is True

    for _ in range(320):
        bob.emit("ack", {"topic": "snapshot", "messageId": message_id(bob.next_event("snapshot"))})
    bob.subscribe("snapshot")
    with contextlib.suppress(OSError):
        for _ in range(2_000):
            bob.emit("ack", {"topic": "snapshot", "messageId": "none"})
    assert list(until_the_end(bob)) == []

    counts = server.counts()
    assert counts.of("messages_acknowledged", topic="snapshot") == 320
    assert counts.of("rate_limited") >= 100


@pytest.mark.parametrize("key", ["connections", "connectionsPerAddress", "inboundBytesPerSecond"])
def test_a_limit_of_nothing_is_a_mistake(streamfence, configuration_file, key):
    refused = streamfence("check-config", configuration_file(servers(feed={"namespaces": [feed()], "limits": {key: 0}})))

    assert refused.wait() == 78
    assert f"servers.feed.limits.{key}: expected 1 to" in refused.stderr
