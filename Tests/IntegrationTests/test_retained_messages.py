"""`retain`: who subscribes is given the topic's latest messages, and then the new ones."""

import threading

import pytest

from harness.configuration import QUIET, acknowledged, feed
from harness.packet import event, payload
from harness.settle import sent_so_far


def test_the_latest_messages_come_after_subscribed_and_before_new_ones(serve, client, raw_websocket):
    server = serve(namespaces=[feed(retain=3)], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    for number in range(10):
        alice.publish("snapshot", number)

    bob.emit("subscribe", {"topic": "snapshot"})
    subscribed = [event(bob.next_packet())]
    alice.publish("snapshot", 10)

    received = subscribed + [event(packet) for packet in sent_so_far(alice, bob)]
    assert received == [["subscribed", {"topic": "snapshot"}], *(["snapshot", number] for number in (7, 8, 9, 10))]


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_a_library_client_gets_them(serve, client, transport):
    server = serve(namespaces=[feed(retain=3)])
    alice, bob = client(server), client(server, transport=transport)
    for number in range(10):
        alice.publish("snapshot", number)

    bob.subscribe("snapshot")
    alice.publish("snapshot", 10)

    assert [bob.next("snapshot") for _ in range(4)] == [7, 8, 9, 10]


def test_the_official_client_gets_them(serve, client, node_client):
    server = serve(namespaces=[feed(retain=3)])
    alice = client(server)
    for number in range(10):
        alice.publish("snapshot", number)

    node = node_client("node-listen", server)

    node.next("event", event="subscribed")
    assert [node.next("event", event="snapshot")["values"] for _ in range(3)] == [[7], [8], [9]]


def test_by_default_nothing_is_retained(server, client, raw_websocket):
    alice, bob = client(server), raw_websocket(server)
    for number in range(10):
        alice.publish("snapshot", number)

    bob.subscribe("snapshot")

    assert sent_so_far(alice, bob) == []


def test_a_second_subscribe_brings_them_no_second_time(serve, client, raw_websocket):
    server = serve(namespaces=[feed(retain=3)], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    alice.publish("snapshot", 1)
    bob.subscribe("snapshot")
    assert sent_so_far(alice, bob) == [b'42/feed,["snapshot",1]']

    bob.subscribe("snapshot")

    assert sent_so_far(alice, bob) == []


def test_each_topic_retains_its_own(serve, client, raw_websocket):
    server = serve(namespaces=[feed(topics=["snapshot", "delta"], retain=2)], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    for number in range(5):
        alice.publish("snapshot", number)
    alice.publish("delta", "the only one")

    bob.subscribe("delta")
    assert sent_so_far(alice, bob) == [b'42/feed,["delta","the only one"]']
    bob.subscribe("snapshot")
    assert [payload(packet) for packet in sent_so_far(alice, bob)] == [3, 4]


def test_retained_messages_are_acknowledged_like_others(serve, client):
    server = serve(namespaces=[acknowledged(retain=3)])
    alice, bob = client(server), client(server)
    ids = [alice.publish("snapshot", number)["messageId"] for number in range(10)]
    bob.subscribe("snapshot")

    for number in range(7, 10):
        received, metadata = bob.next_message("snapshot")
        assert (received, metadata["messageId"]) == (number, ids[number])
        bob.acknowledge(metadata)


def test_no_more_bytes_are_retained_than_a_client_may_be_queued(serve, client, raw_websocket):
    lane = feed(retain=100, maxQueuedMessagesPerClient=100, maxQueuedBytesPerClient=10_000)
    server = serve(namespaces=[lane], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    for number in range(30):
        alice.publish("snapshot", f"{number:0>1000}")

    bob.subscribe("snapshot")

    received = [int(payload(packet)) for packet in sent_so_far(alice, bob)]
    assert received == list(range(21, 30))


def test_subscribing_while_others_publish_misses_nothing_and_gets_nothing_twice(serve, client, raw_websocket):
    published = 600
    server = serve(
        namespaces=[feed(retain=5, maxQueuedMessagesPerClient=published, maxQueuedBytesPerClient=8_000_000)], **QUIET
    )
    alice = client(server)

    def publish():
        for number in range(published):
            alice.publish("snapshot", number)

    publisher = threading.Thread(target=publish)
    publisher.start()
    subscribers = [raw_websocket(server) for _ in range(20)]
    for subscriber in subscribers:
        subscriber.emit("subscribe", {"topic": "snapshot"})
    publisher.join()

    for subscriber in subscribers:
        first, *received = map(event, sent_so_far(alice, subscriber))
        assert first == ["subscribed", {"topic": "snapshot"}]
        numbers = [number for _, number in received]
        assert numbers == list(range(numbers[0], published))
