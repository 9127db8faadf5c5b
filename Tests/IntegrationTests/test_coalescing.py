"""COALESCE and `coalesce: true`: a newer message in the place of a waiting one with the same key. See also test_overflow.py."""

import pytest

from harness.configuration import QUIET, feed
from harness.packet import payload
from harness.settle import settle


@pytest.fixture
def poll_after_publishing(serve, client, raw_polling):
    """Publishes while bob does not poll; returns what one poll then brings. A message is (payload, key)."""
    def run(messages, **keys):
        server = serve(namespaces=[feed(**keys)], **QUIET)
        alice, bob = client(server), raw_polling(server)
        for payload_sent, key in messages:
            assert alice.publish("snapshot", payload_sent, **({"key": key} if key else {}))["ok"] is True
        settle(alice, bob)
        return [payload(packet) for packet in bob.poll()]

    return run


def test_coalesce_true_replaces_before_the_lane_is_full(poll_after_publishing):
    kept = poll_after_publishing([(number, None) for number in range(10)], coalesce=True)

    assert kept == [9]


def test_without_coalesce_true_nothing_is_replaced_before_the_lane_is_full(poll_after_publishing):
    kept = poll_after_publishing(
        [(number, "same key") for number in range(16)], overflowAction="COALESCE", maxQueuedMessagesPerClient=16
    )

    assert kept == list(range(16))


@pytest.mark.parametrize("action", ["REJECT_NEW", "DROP_OLDEST", "COALESCE", "SNAPSHOT_ONLY", "SPILL_TO_DISK", "DISCONNECT"])
def test_coalesce_true_works_with_any_overflow_action(poll_after_publishing, action):
    # More than the lane holds: it is never full.
    kept = poll_after_publishing(
        [(number, f"key {number % 3}") for number in range(99)],
        coalesce=True,
        overflowAction=action,
        maxQueuedMessagesPerClient=3,
    )

    assert kept == [96, 97, 98]


def test_a_newer_message_stands_where_the_one_it_replaces_stood(poll_after_publishing):
    kept = poll_after_publishing([("a1", "a"), ("b1", "b"), ("c1", "c"), ("a2", "a"), ("b2", "b")], coalesce=True)

    assert kept == ["a2", "b2", "c1"]


def test_a_key_is_found_in_the_payload_where_coalesce_key_points(poll_after_publishing):
    messages = [({"instrument": {"symbol": f"S{number % 3}"}, "n": number}, None) for number in range(9)]

    kept = poll_after_publishing(messages, coalesce=True, coalesceKey="/instrument/symbol")

    assert [each["n"] for each in kept] == [6, 7, 8]


def test_a_key_that_is_published_goes_before_one_in_the_payload(poll_after_publishing):
    messages = [({"symbol": f"S{number}"}, f"key {number % 2}") for number in range(6)]

    kept = poll_after_publishing(messages, coalesce=True, coalesceKey="/symbol")

    assert kept == [{"symbol": "S4"}, {"symbol": "S5"}]


def test_a_message_without_any_key_is_about_its_topic(poll_after_publishing):
    messages = [({"symbol": "A"}, None), ("no symbol", None), ({"symbol": "A", "newer": True}, None), ("none either", None)]

    kept = poll_after_publishing(messages, coalesce=True, coalesceKey="/symbol")

    assert kept == [{"symbol": "A", "newer": True}, "none either"]


def test_when_the_lane_is_full_coalesce_uses_the_key_in_the_payload_too(poll_after_publishing):
    messages = [({"symbol": f"S{number % 4}", "n": number}, None) for number in range(20)]

    kept = poll_after_publishing(
        messages, overflowAction="COALESCE", coalesceKey="/symbol", maxQueuedMessagesPerClient=4
    )

    assert [each["n"] for each in kept] == [16, 17, 18, 19]


def test_topics_do_not_replace_each_others_messages(serve, client, raw_polling):
    server = serve(namespaces=[feed(topics=["snapshot", "delta"], coalesce=True)], **QUIET)
    alice, bob = client(server), raw_polling(server)
    bob.emit("subscribe", {"topic": "delta"})
    bob.packet_starting('42/feed,["subscribed"')
    for number in range(4):
        alice.publish("snapshot", number)
        alice.publish("delta", number)
    settle(alice, bob)

    assert sorted(bob.poll()) == [b'42/feed,["delta",3]', b'42/feed,["snapshot",3]']
