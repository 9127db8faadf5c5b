"""`ackStyle: socketio` lets a client acknowledge with Socket.IO's own acknowledgement."""

import pytest

from harness.configuration import QUIET, acknowledged
from harness.packet import acknowledgement_id, message_id, payload
from harness.settle import sent_so_far


def test_the_official_client_acknowledges_with_the_function_it_is_given(serve, node_client, client):
    server = serve(namespaces=[acknowledged(path="/alerts", topics=["alerts"], ackStyle="socketio")])
    node = node_client("node-acknowledge", server, namespace="/alerts", topic="alerts")
    alice = client(server, namespace="/alerts")
    node.next("subscribed")

    for number in range(30):
        alice.publish("alerts", number)

    # The window holds one message: each has been acknowledged when the next one comes.
    for number in range(30):
        assert node.next("message", by="function")["payload"] == number


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_python_acknowledges_by_itself(serve, client, transport):
    server = serve(namespaces=[acknowledged(ackStyle="socketio")])
    alice, bob = client(server), client(server, transport=transport)
    bob.subscribe("snapshot")

    for number in range(30):
        alice.publish("snapshot", number)

    assert [bob.next_message("snapshot")[0] for _ in range(30)] == list(range(30))


def test_by_default_nobody_is_asked_for_such_an_acknowledgement(serve, client, raw_websocket):
    server = serve(namespaces=[acknowledged()], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    alice.publish("snapshot", 1)

    (packet,) = sent_so_far(alice, bob)
    assert acknowledgement_id(packet) is None
    assert packet.startswith(b'42/feed,["snapshot",1,{')


def test_the_event_acknowledges_all_the_same(serve, client, raw_websocket):
    server = serve(namespaces=[acknowledged(ackStyle="socketio")], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    for number in range(10):
        alice.publish("snapshot", number)

    for number in range(10):
        packet = bob.next_packet()
        assert payload(packet) == number
        bob.emit("ack", {"topic": "snapshot", "messageId": message_id(packet)})


def test_the_id_is_below_two_to_the_31_and_the_same_for_every_client(serve, client, raw_websocket, raw_polling):
    server = serve(namespaces=[acknowledged(ackStyle="socketio", maxInFlight=20)], **QUIET)
    alice, bob, carol = client(server), raw_websocket(server), raw_polling(server)
    bob.subscribe("snapshot")
    for number in range(10):
        alice.publish("snapshot", number)

    received = sent_so_far(alice, bob)

    ids = [acknowledgement_id(packet) for packet in received]
    assert len(set(ids)) == 10
    assert all(0 <= each < 1 << 31 for each in ids)
    assert [carol.packet_starting("42/feed,") for _ in range(10)] == received


def test_only_what_is_in_flight_is_acknowledged(serve, client, raw_websocket):
    server = serve(namespaces=[acknowledged(ackStyle="socketio")], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    for number in range(3):
        alice.publish("snapshot", number)
    first = bob.next_packet()

    # Such as nobody has sent, the right one, and the right one again.
    for each in (12_345, 1 << 31, acknowledgement_id(first), acknowledgement_id(first)):
        bob.send(f"43/feed,{each}[]")

    assert payload(bob.next_packet()) == 1
    assert sent_so_far(alice, bob) == []
    bob.close()
    alice.close()
    counts = server.counts()
    assert counts["acks_unknown"] == 3
    assert counts.outcomes() == {"messages_acknowledged": 1, "messages_discarded": 2}
