"""AT_LEAST_ONCE with clients that acknowledge: the window moves on with each acknowledgement, and with nothing else."""

import pytest

from harness.configuration import QUIET, acknowledged, feed
from harness.packet import message_id, payload
from harness.settle import sent_so_far, settle

TRANSPORTS = ["websocket", "polling", "upgrade"]


def acknowledge(bob, packet):
    bob.emit("ack", {"topic": "snapshot", "messageId": message_id(packet)})


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_client_that_acknowledges_gets_everything_in_order(serve, client, transport):
    server = serve(namespaces=[acknowledged(maxInFlight=1, maxQueuedMessagesPerClient=100)])
    alice, bob = client(server), client(server, transport=transport)
    bob.subscribe("snapshot")

    for number in range(50):
        assert alice.publish("snapshot", number)["recipients"] == 1
    for number in range(50):
        received, metadata = bob.next_message("snapshot")
        assert received == number
        bob.acknowledge(metadata)

    alice.close()
    bob.close()
    assert server.counts().outcomes() == {"messages_acknowledged": 50}


def test_the_official_client_acknowledges_by_event_and_gets_everything_in_order(serve, node_client, client):
    server = serve(namespaces=[acknowledged(maxInFlight=1, maxQueuedMessagesPerClient=100)])
    node, alice = node_client("node-acknowledge", server), client(server)
    node.next("subscribed")

    for number in range(50):
        alice.publish("snapshot", {"n": number})

    for number in range(50):
        assert node.next("message", by="event")["payload"] == {"n": number}


@pytest.mark.parametrize("most", [1, 5])
def test_no_more_than_max_in_flight_are_sent_unacknowledged(serve, raw_websocket, client, most):
    server = serve(namespaces=[acknowledged(maxInFlight=most)], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    for number in range(20):
        alice.publish("snapshot", number)

    sent = sent_so_far(alice, bob)
    assert [payload(packet) for packet in sent] == list(range(most))

    # Out of order: each frees one place.
    for number, packet in enumerate(reversed(sent)):
        acknowledge(bob, packet)
        assert payload(bob.next_packet()) == most + number
    assert sent_so_far(alice, bob) == []


def test_under_long_polling_no_more_than_max_in_flight_are_sent_unacknowledged(serve, raw_polling, client):
    server = serve(namespaces=[acknowledged(maxInFlight=3)], **QUIET)
    alice, bob = client(server), raw_polling(server)
    for number in range(20):
        alice.publish("snapshot", number)
    settle(alice, bob)

    sent = bob.poll()
    assert [payload(packet) for packet in sent] == [0, 1, 2]

    for packet in sent[:2]:
        acknowledge(bob, packet)
    assert [payload(packet) for packet in bob.messages(2)] == [3, 4]


def test_by_default_one_is_sent_unacknowledged(serve, raw_websocket, client):
    server = serve(namespaces=[acknowledged()], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    for number in range(20):
        alice.publish("snapshot", number)

    assert [payload(packet) for packet in sent_so_far(alice, bob)] == [0]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_after_unsubscribing_with_a_full_window_a_new_subscription_works_at_once(serve, client, transport):
    server = serve(namespaces=[acknowledged(maxInFlight=2)])
    alice, bob = client(server), client(server, transport=transport)
    bob.subscribe("snapshot")
    for number in range(5):
        alice.publish("snapshot", number)
    old = [bob.next_message("snapshot") for _ in range(2)]

    bob.unsubscribe("snapshot")
    bob.subscribe("snapshot")
    for number in range(5, 8):
        alice.publish("snapshot", number)

    # What was not sent before is gone, and the old acknowledgements free nothing now.
    for received, metadata in old:
        bob.acknowledge(metadata)
    new = [bob.next_message("snapshot") for _ in range(2)]
    assert [received for received, _ in new] == [5, 6]
    bob.acknowledge(new[0][1])
    assert bob.next_message("snapshot")[0] == 7


def test_after_unsubscribing_with_a_full_window_the_official_client_works_at_once(serve, node_client, client):
    server = serve(namespaces=[acknowledged()])
    node, alice = node_client("node-resubscribe", server), client(server)
    node.next("subscribed")
    alice.publish("snapshot", "never acknowledged")
    assert node.next("message")["payload"] == "never acknowledged"
    node.next("subscribed")

    alice.publish("snapshot", "to the new subscription")

    assert node.next("message")["payload"] == "to the new subscription"


def test_a_message_in_flight_is_left_alone_by_an_overflowing_lane(serve, raw_websocket, client):
    server = serve(
        namespaces=[acknowledged(overflowAction="REJECT_NEW", maxInFlight=2, maxQueuedMessagesPerClient=5)], **QUIET
    )
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    for number in range(100):
        alice.publish("snapshot", number)

    # 0 and 1 are in flight and stand in the lane with 2, 3 and 4.
    sent = sent_so_far(alice, bob)
    assert [payload(packet) for packet in sent] == [0, 1]
    for number in range(2, 5):
        acknowledge(bob, sent.pop(0))
        sent.append(bob.next_packet())
        assert payload(sent[-1]) == number
    for packet in sent:
        acknowledge(bob, packet)
    assert sent_so_far(alice, bob) == []

    bob.close()
    alice.close()
    counts = server.counts()
    assert counts.outcomes() == {"messages_acknowledged": 5, "messages_rejected": 95}
    assert counts.overflows() == {"queue_full": 95}


def test_an_acknowledgement_says_whether_it_was_needed(serve, client):
    server = serve(namespaces=[acknowledged(topics=["snapshot", "delta"])])
    alice, bob = client(server), client(server)
    bob.subscribe("snapshot")
    bob.subscribe("delta")
    alice.publish("snapshot", 1)
    _, metadata = bob.next_message("snapshot")

    def acknowledge(client, **changes):
        request = {"topic": "snapshot", "messageId": metadata["messageId"], **changes}
        return client.ask("ack", request)["acknowledged"]

    assert acknowledge(alice) is False
    assert acknowledge(bob, topic="delta") is False
    assert acknowledge(bob, messageId="none") is False
    assert acknowledge(bob) is True
    assert acknowledge(bob) is False

    alice.close()
    bob.close()
    counts = server.counts()
    assert counts["acks_foreign"] == 3
    assert counts["acks_stale"] == 1
    assert counts.outcomes() == {"messages_acknowledged": 1}


def test_best_effort_waits_for_no_acknowledgement(serve, client):
    server = serve(namespaces=[feed(deliveryMode="BEST_EFFORT")])
    alice, bob = client(server), client(server)
    bob.subscribe("snapshot")

    for number in range(200):
        alice.publish("snapshot", number)
        # One argument: there is no metadata to acknowledge it by.
        assert bob.next("snapshot") == number


def test_a_client_that_leaves_with_a_full_window_costs_the_others_nothing(serve, client):
    server = serve(namespaces=[acknowledged(maxQueuedMessagesPerClient=100)])
    alice, bob, carol = client(server), client(server), client(server)
    bob.subscribe("snapshot")
    carol.subscribe("snapshot")
    for number in range(10):
        alice.publish("snapshot", number)

    bob.next_message("snapshot")
    bob.close()
    for number in range(10):
        received, metadata = carol.next_message("snapshot")
        assert received == number
        carol.acknowledge(metadata)

    alice.close()
    carol.close()
    assert server.counts().outcomes() == {"messages_acknowledged": 10, "messages_discarded": 10}
