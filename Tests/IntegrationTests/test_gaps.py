"""`notifyGaps`: a client is told of what it has lost, before the first message after it. See also test_expiry.py."""

import pytest

from harness.configuration import QUIET, acknowledged, feed
from harness.packet import event, message_id
from harness.settle import settle

LANE = 16


@pytest.fixture
def lane(serve, client, raw_polling):
    """lane(...) -> (alice, bob), who does not poll while she publishes."""
    def run(**keys):
        server = serve(namespaces=[feed(maxQueuedMessagesPerClient=LANE, **keys)], **QUIET)
        return client(server), raw_polling(server)

    return run


def publish(alice, bob, numbers):
    for number in numbers:
        alice.publish("snapshot", number)
    settle(alice, bob)


def gap(dropped, reason="overflow"):
    return ["gap", {"topic": "snapshot", "dropped": dropped, "reason": reason}]


def messages(numbers):
    return [["snapshot", number] for number in numbers]


def test_what_drop_oldest_removed_is_told_before_what_is_left(lane):
    alice, bob = lane(overflowAction="DROP_OLDEST", notifyGaps=True)
    publish(alice, bob, range(100))

    assert list(map(event, bob.poll())) == [gap(84), *messages(range(84, 100))]


def test_what_reject_new_refused_is_told_before_what_comes_after_it(lane):
    alice, bob = lane(overflowAction="REJECT_NEW", notifyGaps=True)
    publish(alice, bob, range(100))

    assert list(map(event, bob.poll())) == messages(range(16))
    publish(alice, bob, [100, 101])
    assert list(map(event, bob.poll())) == [gap(84), *messages([100, 101])]


def test_what_snapshot_only_removed_is_not_lost(lane):
    alice, bob = lane(overflowAction="SNAPSHOT_ONLY", notifyGaps=True)
    publish(alice, bob, range(17))

    assert list(map(event, bob.poll())) == messages([16])


def test_what_coalesce_replaced_is_not_lost_but_what_it_refused_is(lane):
    alice, bob = lane(overflowAction="COALESCE", notifyGaps=True)
    for number in range(16):
        alice.publish("snapshot", number, key="old")
    alice.publish("snapshot", "in the place of 15", key="old")
    alice.publish("snapshot", "refused", key="new")
    settle(alice, bob)

    assert list(map(event, bob.poll())) == messages([*range(15), "in the place of 15"])
    publish(alice, bob, [100])
    assert list(map(event, bob.poll())) == [gap(1), *messages([100])]


def test_losses_are_told_once_and_each_where_it_was(lane):
    alice, bob = lane(overflowAction="REJECT_NEW", notifyGaps=True)
    told = []
    for round in range(5):
        publish(alice, bob, range(20 * round, 20 * round + 20))
        told += map(event, bob.poll())

    expected = messages(range(16))
    for round in range(1, 5):
        expected += [gap(4), *messages(range(20 * round, 20 * round + 16))]
    assert told == expected


def test_a_client_that_lost_nothing_is_told_nothing(lane):
    alice, bob = lane(overflowAction="DROP_OLDEST", notifyGaps=True)
    publish(alice, bob, range(16))

    assert list(map(event, bob.poll())) == messages(range(16))


@pytest.mark.parametrize("action", ["DROP_OLDEST", "REJECT_NEW"])
def test_by_default_nobody_is_told(lane, action):
    alice, bob = lane(overflowAction=action)
    publish(alice, bob, range(100))
    bob.poll()
    publish(alice, bob, [100])

    assert list(map(event, bob.poll())) == messages([100])


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_a_message_that_was_given_up_is_told(serve, client, transport):
    server = serve(namespaces=[acknowledged(ackTimeoutMs=5, maxRetries=2, notifyGaps=True)])
    alice, bob = client(server), client(server, transport=transport)
    bob.subscribe("snapshot")
    for number in range(3):
        alice.publish("snapshot", number)

    # Each is given up unacknowledged, which is told before the next.
    for _ in range(2):
        assert bob.next("gap") == gap(1, "retry_exhausted")[1]


def test_what_reject_new_refused_behind_messages_in_flight_is_told(serve, client, raw_polling):
    lane = acknowledged(maxInFlight=2, maxQueuedMessagesPerClient=4, notifyGaps=True)
    server = serve(namespaces=[lane], **QUIET)
    alice, bob = client(server), raw_polling(server)
    publish(alice, bob, range(10))

    received = []
    for _ in range(4):
        packet = bob.messages(1)[0]
        received.append(event(packet)[1])
        bob.emit("ack", {"topic": "snapshot", "messageId": message_id(packet)})
    publish(alice, bob, [10])

    assert received == [0, 1, 2, 3]
    assert event(bob.next_packet()) == gap(6)
    assert event(bob.next_packet())[1] == 10


def test_a_client_library_finds_the_gap_between_its_messages(serve, client):
    lane = feed(maxQueuedMessagesPerClient=16, maxQueuedBytesPerClient=8_000_000, notifyGaps=True, overflowAction="DROP_OLDEST")
    server = serve(namespaces=[lane], **QUIET)
    alice, bob = client(server), client(server)
    bob.subscribe("snapshot")
    bob.pause()
    for number in range(300):
        alice.publish("snapshot", {"n": number, "fill": "x" * 60_000})

    bob.resume()
    while bob.next("snapshot")["n"] != 299:
        pass

    lost = 300 - len(bob.heard("snapshot"))
    assert lost > 0
    assert sum(gap["dropped"] for gap in bob.heard("gap")) == lost
