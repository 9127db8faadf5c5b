"""maxPacketsPerPoll: how much a long-polling client is sent at once."""

import engineio.payload
import pytest

from harness.configuration import feed, servers
from harness.settle import settle

#: What Python's client takes in one answer, unless it is told otherwise.
PYTHONS = 16


@pytest.fixture
def holding(serve, client):
    """holding(count, keys of the server) -> a server whose topic keeps so many messages for newcomers."""
    def start(count, **keys):
        server = serve(namespaces=[feed(retain=count)], **keys)
        publisher = client(server)
        for number in range(count):
            publisher.publish("snapshot", number)
        return server

    return start


def test_no_answer_carries_more_packets_than_it_may(holding, raw_polling):
    server = holding(40, maxPacketsPerPoll=7)
    bob = raw_polling(server, subscribed=False)
    bob.send("40/feed,")
    bob.send('42/feed,["subscribe",{"topic":"snapshot"}]')

    answers, found = [], []
    while len(found) < 40:
        packets = bob.poll()
        answers.append(len(packets))
        found += [packet for packet in packets if packet.startswith(b'42/feed,["snapshot"')]

    assert found == [b'42/feed,["snapshot",%d]' % number for number in range(40)]
    assert max(answers) == 7


def test_what_no_answer_has_carried_waits_in_its_lane(serve, client, raw_polling):
    server = serve(
        namespaces=[feed(overflowAction="DROP_OLDEST", maxQueuedMessagesPerClient=4)], maxPacketsPerPoll=2
    )
    alice, bob = client(server), raw_polling(server)

    def publish(*numbers):
        for number in numbers:
            alice.publish("snapshot", number)
        settle(alice, bob)

    def poll():
        return [int(packet.rpartition(b",")[2].rstrip(b"]")) for packet in bob.poll()]

    publish(0, 1, 2, 3)
    assert poll() == [0, 1]
    # Two are left. Wherever these had gone with the first, nothing would take their place.
    publish(4, 5, 6, 7)

    assert [*poll(), *poll()] == [4, 5, 6, 7]


@pytest.mark.parametrize("keys, is_lost", [({"maxPacketsPerPoll": PYTHONS}, False), ({}, True)])
def test_a_python_client_that_polls_is_not_lost(holding, client, monkeypatch, keys, is_lost):
    monkeypatch.setattr(engineio.payload.Payload, "max_decode_packets", PYTHONS)
    server = holding(3 * PYTHONS, **keys)
    bob = client(server, transport="polling")
    bob.tell("subscribe", {"topic": "snapshot"})

    if is_lost:
        bob.wait_for_disconnect()
    else:
        assert [bob.next("snapshot") for _ in range(3 * PYTHONS)] == list(range(3 * PYTHONS))


@pytest.mark.parametrize(
    "keys, expected",
    [
        ({"maxPacketsPerPoll": 0}, "maxPacketsPerPoll: expected at least 1 packet, found 0"),
        (
            {"maxPacketsPerPoll": 16, "engineIoTransport": "WEBSOCKET_ONLY"},
            "maxPacketsPerPoll: has an effect with engineIoTransport: WEBSOCKET_OR_POLLING only",
        ),
    ],
)
def test_a_number_without_a_meaning_is_refused(streamfence, configuration_file, keys, expected):
    refused = streamfence("check-config", configuration_file(servers(feed=keys)))

    assert refused.wait() == 78
    assert expected in refused.stderr
