"""`minIntervalMs`: a client is sent a topic's messages no more often than that, and then the newest."""

import pytest

from harness.configuration import QUIET, feed
from harness.packet import payload
from harness.settle import sent_so_far

#: Never over in the time a test takes.
LONG = 600_000


def test_within_an_interval_only_the_first_is_sent_and_only_the_newest_waits(serve, client, raw_websocket):
    server = serve(namespaces=[feed(minIntervalMs=LONG)], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    # It has come before there is a second one, which could take its place.
    alice.publish("snapshot", 0)
    assert bob.next_packet() == b'42/feed,["snapshot",0]'
    for number in range(1, 10):
        alice.publish("snapshot", number)

    assert sent_so_far(alice, bob) == []

    bob.emit("unsubscribe", {"topic": "snapshot"})
    bob.packets_so_far()
    bob.close()
    alice.close()
    # 1 to 8 gave way to 9, which was still waiting.
    assert server.counts().outcomes() == {
        "messages_delivered": 1,
        "messages_replaced": 8,
        "messages_discarded": 1,
    }


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_the_newest_always_comes(serve, client, transport):
    server = serve(namespaces=[feed(minIntervalMs=20)])
    alice, bob = client(server), client(server, transport=transport)
    bob.subscribe("snapshot")

    for last in (99, 199, 299):
        for number in range(last - 99, last + 1):
            alice.publish("snapshot", number)
        while bob.next("snapshot") != last:
            pass

    received = bob.heard("snapshot")
    assert received == sorted(set(received))
    bob.close()
    alice.close()
    assert server.counts().outcomes() == {
        "messages_delivered": len(received),
        "messages_replaced": 300 - len(received),
    }


def test_each_topic_has_an_interval_of_its_own(serve, client, raw_websocket):
    server = serve(namespaces=[feed(topics=["snapshot", "delta"], minIntervalMs=LONG)], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    bob.subscribe("delta")
    for topic in ("snapshot", "delta"):
        alice.publish(topic, 0)
        assert bob.next_packet() == b'42/feed,["%s",0]' % topic.encode()

    for number in range(1, 5):
        alice.publish("snapshot", number)
        alice.publish("delta", number)

    assert sent_so_far(alice, bob) == []


def test_each_client_has_an_interval_of_its_own(serve, client, raw_websocket):
    server = serve(namespaces=[feed(minIntervalMs=LONG)], **QUIET)
    alice, bob, carol = client(server), raw_websocket(server), raw_websocket(server)
    bob.subscribe("snapshot")
    alice.publish("snapshot", 0)
    assert payload(bob.next_packet()) == 0
    carol.subscribe("snapshot")
    alice.publish("snapshot", 1)

    assert sent_so_far(alice, bob) == []
    assert [payload(packet) for packet in sent_so_far(alice, carol)] == [1]


def test_a_message_that_gave_way_to_a_newer_one_is_not_lost(serve, client):
    server = serve(namespaces=[feed(minIntervalMs=20, notifyGaps=True)])
    alice, bob = client(server), client(server)
    bob.subscribe("snapshot")

    for number in range(100):
        alice.publish("snapshot", number)
    while bob.next("snapshot") != 99:
        pass

    assert bob.heard("gap") == []
