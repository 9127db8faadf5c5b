"""`maxQueuedBytes`: what the lanes of all clients hold together. The largest backlog finds no room first."""

import pytest

from harness.configuration import QUIET, feed
from harness.packet import payload
from harness.settle import settle

LIMIT = 200_000
#: With the packet around it, a little more than 1,000 bytes.
FILL = "x" * 960


@pytest.fixture
def server(serve):
    topics = [*(f"hog-{number}" for number in range(5)), "small"]
    lane = feed(topics=topics, maxQueuedMessagesPerClient=10_000, maxQueuedBytesPerClient=LIMIT)
    return serve(namespaces=[lane], maxQueuedBytes=LIMIT, **QUIET)


def publish(alice, topic, count):
    for number in range(count):
        assert alice.publish(topic, {"n": number, "fill": FILL})["recipients"] == 1


def kept(bob):
    """The packets that one poll brings, which is all there is: none of these tests keeps more than `maxPayload`."""
    packets = bob.poll()
    assert [payload(packet)["n"] for packet in packets] == list(range(len(packets)))
    return packets


def test_clients_together_hold_no_more_than_the_limit(server, client, raw_polling):
    alice = client(server)
    hogs = [raw_polling(server, topic=f"hog-{number}") for number in range(5)]
    for number in range(100):
        for hog in hogs:
            alice.publish(hog.topic, {"n": number, "fill": FILL})
        # None is ahead of the others when the limit is reached.
        for hog in hogs:
            settle(alice, hog)

    held = [kept(hog) for hog in hogs]

    # 500,000 bytes were published; each got its share of the limit.
    assert 0.9 * LIMIT < sum(len(packet) for packets in held for packet in packets) <= LIMIT
    assert max(map(len, held)) - min(map(len, held)) <= 1
    alice.close()
    for hog in hogs:
        hog.close()
    counts = server.counts()
    delivered = sum(map(len, held))
    assert counts.overflows() == {"server_memory": 500 - delivered}
    assert counts.outcomes() == {"messages_delivered": delivered, "messages_rejected": 500 - delivered}


def test_one_client_leaves_room_for_others(server, client, raw_polling):
    alice, hog, small = client(server), raw_polling(server, topic="hog-0"), raw_polling(server, topic="small")
    publish(alice, "hog-0", 400)
    settle(alice, hog)

    # Far more than there is, and yet:
    publish(alice, "small", 8)
    settle(alice, small)

    assert len(kept(small)) == 8
    held = sum(map(len, kept(hog)))
    # 16/17 of all.
    assert 0.9 * LIMIT < held < 0.95 * LIMIT


def test_what_a_client_has_taken_makes_room_for_all(server, client, raw_polling):
    alice, hog, other = client(server), raw_polling(server, topic="hog-0"), raw_polling(server, topic="hog-1")
    publish(alice, "hog-0", 400)
    settle(alice, hog)
    first = len(kept(hog))

    publish(alice, "hog-1", 400)
    settle(alice, other)

    assert len(kept(other)) == first


def test_without_the_limit_each_client_holds_its_own(serve, client, raw_polling):
    lane = feed(topics=["hog-0", "hog-1"], maxQueuedMessagesPerClient=10_000, maxQueuedBytesPerClient=LIMIT)
    server = serve(namespaces=[lane], **QUIET)
    alice, hogs = client(server), [raw_polling(server, topic=f"hog-{number}") for number in range(2)]
    for hog in hogs:
        publish(alice, hog.topic, 400)
        settle(alice, hog)

    for hog in hogs:
        assert 0.95 * LIMIT < sum(map(len, kept(hog))) <= LIMIT


@pytest.mark.parametrize("action", ["DROP_OLDEST", "SNAPSHOT_ONLY", "COALESCE", "SPILL_TO_DISK"])
def test_the_overflow_action_decides_what_gives_way(serve, client, raw_polling, action):
    lane = feed(overflowAction=action, maxQueuedMessagesPerClient=10_000, maxQueuedBytesPerClient=LIMIT)
    server = serve(namespaces=[lane], maxQueuedBytes=LIMIT, **QUIET)
    alice, bob = client(server), raw_polling(server)
    publish(alice, "snapshot", 400)
    settle(alice, bob)

    received = []
    while not received or received[-1] != 399:
        received += [payload(packet)["n"] for packet in bob.poll()]

    # All but SPILL_TO_DISK lose something; each ends with the newest.
    expected = {
        "DROP_OLDEST": range(400 - len(received), 400),
        "SNAPSHOT_ONLY": range(400 - len(received), 400),
        "COALESCE": [*range(len(received) - 1), 399],
        "SPILL_TO_DISK": range(400),
    }[action]
    assert received == list(expected)
