"""What a full lane keeps. A long-polling client that does not poll takes nothing, so the lane alone decides."""

import pytest

from harness.configuration import QUIET, feed
from harness.settle import settle

PUBLISHED = 100


def payloads(packets):
    return [int(packet.removeprefix(b'42/feed,["snapshot",').removesuffix(b"]")) for packet in packets]


@pytest.fixture
def poll_after_publishing(serve, client, raw_polling):
    """Publishes 0 to 99 while bob does not poll; returns what one poll then brings."""
    def run(key=lambda number: None, **keys):
        server = serve(namespaces=[feed(**keys)], **QUIET)
        alice, bob = client(server), raw_polling(server)
        for number in range(PUBLISHED):
            assert alice.publish("snapshot", number, key=key(number))["ok"] is True
        settle(alice, bob)
        return payloads(bob.poll())

    return run


def test_drop_oldest_keeps_the_newest(poll_after_publishing):
    kept = poll_after_publishing(overflowAction="DROP_OLDEST", maxQueuedMessagesPerClient=16)

    assert kept == list(range(84, 100))


def test_reject_new_keeps_the_oldest(poll_after_publishing):
    kept = poll_after_publishing(overflowAction="REJECT_NEW", maxQueuedMessagesPerClient=16)

    assert kept == list(range(16))


def test_snapshot_only_keeps_the_newest_and_what_came_since_the_lane_was_last_full(poll_after_publishing):
    kept = poll_after_publishing(overflowAction="SNAPSHOT_ONLY", maxQueuedMessagesPerClient=16)

    # 0 to 15 fill the lane, 16 replaces them all; 32, 48, 64, 80 and 96 do so again.
    assert kept == list(range(96, 100))


def test_snapshot_only_with_a_lane_of_one_message_keeps_the_newest(poll_after_publishing):
    assert poll_after_publishing(overflowAction="SNAPSHOT_ONLY", maxQueuedMessagesPerClient=1) == [99]


def test_coalesce_puts_the_newest_in_the_place_of_the_latest_of_its_topic(poll_after_publishing):
    kept = poll_after_publishing(overflowAction="COALESCE", maxQueuedMessagesPerClient=16)

    assert kept == [*range(15), 99]


def test_coalesce_keeps_the_newest_of_each_key_in_the_place_of_its_first(poll_after_publishing):
    kept = poll_after_publishing(
        key=lambda number: f"key {number % 4}", overflowAction="COALESCE", maxQueuedMessagesPerClient=4
    )

    assert kept == [96, 97, 98, 99]


def test_coalesce_refuses_a_key_that_nothing_waits_for(poll_after_publishing):
    kept = poll_after_publishing(
        key=lambda number: f"key {number}", overflowAction="COALESCE", maxQueuedMessagesPerClient=4
    )

    assert kept == [0, 1, 2, 3]


def test_by_default_a_lane_holds_64_messages_and_rejects_the_rest(poll_after_publishing):
    assert poll_after_publishing() == list(range(64))


def test_a_lane_that_is_not_full_keeps_everything(poll_after_publishing):
    assert poll_after_publishing(maxQueuedMessagesPerClient=PUBLISHED) == list(range(PUBLISHED))


def test_bytes_are_limited_over_all_of_a_clients_lanes(serve, client, raw_polling):
    topics = ["snapshot", "delta"]
    limit = 10_000
    server = serve(
        namespaces=[feed(topics=topics, overflowAction="REJECT_NEW", maxQueuedBytesPerClient=limit)], **QUIET
    )
    alice, bob = client(server), raw_polling(server)
    bob.send('42/feed,["subscribe",{"topic":"delta"}]')
    bob.packet_starting('42/feed,["subscribed"')

    for number in range(20):
        alice.publish(topics[number % 2], "x" * 1_000)
    settle(alice, bob)

    kept = bob.poll()
    # Each is 1,000 bytes and the few of its packet around it.
    assert len(kept) == 9
    assert sum(map(len, kept)) <= limit


def test_each_topic_has_a_lane_of_its_own(serve, client, raw_polling):
    server = serve(
        namespaces=[feed(topics=["snapshot", "delta"], overflowAction="DROP_OLDEST", maxQueuedMessagesPerClient=2)],
        **QUIET,
    )
    alice, bob = client(server), raw_polling(server)
    bob.send('42/feed,["subscribe",{"topic":"delta"}]')
    bob.packet_starting('42/feed,["subscribed"')

    alice.publish("delta", "early")
    for number in range(10):
        alice.publish("snapshot", number)
    settle(alice, bob)

    assert sorted(bob.poll()) == [b'42/feed,["delta","early"]', b'42/feed,["snapshot",8]', b'42/feed,["snapshot",9]']


def test_a_poll_brings_no_more_than_max_payload_and_the_rest_waits(serve, client, raw_polling):
    limit = 10_000
    server = serve(namespaces=[feed()], maxPayload=limit, **QUIET)
    alice, bob = client(server), raw_polling(server)

    for number in range(30):
        alice.publish("snapshot", f"{number:0>1000}")

    received = []
    while len(received) < 30:
        packets = bob.poll()
        assert len(b"\x1e".join(packets)) <= limit
        received += packets
    assert received == [b'42/feed,["snapshot","%s"]' % f"{number:0>1000}".encode() for number in range(30)]


def test_one_clients_full_lane_is_its_own(serve, client, raw_polling):
    server = serve(namespaces=[feed(overflowAction="DROP_OLDEST", maxQueuedMessagesPerClient=16)], **QUIET)
    alice, bob, carol = client(server), raw_polling(server), client(server, transport="polling")
    carol.subscribe("snapshot")

    for number in range(PUBLISHED):
        alice.publish("snapshot", number)
        assert carol.next("snapshot") == number
    settle(alice, bob)

    assert payloads(bob.poll()) == list(range(84, 100))
