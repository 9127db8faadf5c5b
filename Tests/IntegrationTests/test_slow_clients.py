"""A websocket client that stops reading loses its own messages, and nobody else's."""

import json

import pytest

from harness.configuration import QUIET, feed

LANE = 16
PUBLISHED = 500
FILL = "x" * 60_000


@pytest.fixture
def serve_lane(serve):
    """serve_lane("DROP_OLDEST") -> a server whose lanes hold 16 messages."""
    return lambda action: serve(
        namespaces=[
            feed(overflowAction=action, maxQueuedMessagesPerClient=LANE, maxQueuedBytesPerClient=8_000_000)
        ],
        **QUIET,
    )


def number_of(packet):
    return json.loads(packet.removeprefix(b"42/feed,"))[1]["n"]


def publish_while_paused(alice, carol):
    """30 MB go past the client that does not read; carol receives each before the next is published."""
    for number in range(PUBLISHED):
        assert alice.publish("snapshot", {"n": number, "fill": FILL})["recipients"] == 2
        assert carol.next("snapshot")["n"] == number


@pytest.mark.parametrize("healthy_transport", ["websocket", "polling"])
def test_under_drop_oldest_it_resumes_with_the_newest(serve_lane, client, raw_websocket, healthy_transport):
    server = serve_lane("DROP_OLDEST")
    alice, paused, carol = client(server), raw_websocket(server), client(server, transport=healthy_transport)
    paused.subscribe("snapshot")
    carol.subscribe("snapshot")

    publish_while_paused(alice, carol)

    received = []
    while not received or received[-1] != PUBLISHED - 1:
        received.append(number_of(paused.next_packet()))
    assert received == sorted(set(received)), "in order, none twice"
    assert received[-LANE:] == list(range(PUBLISHED - LANE, PUBLISHED))
    # Lane, writer and kernel together: a bounded amount, not the 30 MB that went past.
    assert len(received) * len(FILL) < 4_000_000
    # And it is a healthy client again.
    alice.publish("snapshot", {"n": "afterwards"})
    assert number_of(paused.next_packet()) == "afterwards"


def test_under_reject_new_it_resumes_with_the_oldest(serve_lane, client, raw_websocket):
    server = serve_lane("REJECT_NEW")
    alice, paused, carol = client(server), raw_websocket(server), client(server)
    paused.subscribe("snapshot")
    carol.subscribe("snapshot")

    publish_while_paused(alice, carol)

    received = []
    while not received or received[-1] < PUBLISHED:
        # One of these is accepted as soon as the lane has room again.
        alice.publish("snapshot", {"n": PUBLISHED + len(received)})
        received.append(number_of(paused.next_packet()))
    before = received[:-1]
    assert before == list(range(len(before)))
    assert LANE <= len(before) < PUBLISHED


def test_many_paused_clients_do_not_hold_up_a_healthy_one(serve_lane, client, raw_websocket):
    server = serve_lane("DROP_OLDEST")
    alice, carol = client(server), client(server)
    carol.subscribe("snapshot")
    paused = [raw_websocket(server) for _ in range(10)]
    for one in paused:
        one.subscribe("snapshot")

    for number in range(100):
        assert alice.publish("snapshot", {"n": number, "fill": FILL})["recipients"] == 11
        assert carol.next("snapshot")["n"] == number
