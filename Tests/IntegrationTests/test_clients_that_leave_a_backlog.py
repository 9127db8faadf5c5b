"""A client that leaves with messages on their way to it: they are counted as discarded, and nothing of them is left."""

import pytest

from harness.counts import counts
from harness.journal import wait_until
from harness.numbered import payload, understood
from harness.packet import message_id

MODES = {
    "BEST_EFFORT": {},
    "AT_LEAST_ONCE": {"deliveryMode": "AT_LEAST_ONCE", "maxRetries": 5, "maxInFlight": 2, "ackTimeoutMs": 600_000},
}
PUBLISHED = 400
#: Everything between server and client fits in as many messages, or the test is about nothing.
ABSORBED = 200


@pytest.fixture(params=MODES)
def mode(request):
    return request.param


@pytest.fixture
def server(serve_spilling, mode):
    return serve_spilling(**MODES[mode])


@pytest.fixture
def read(mode):
    """read(bob) -> the number of the next message, acknowledged where that is asked for."""
    def read(bob):
        packet = bob.next_event("snapshot")
        if mode == "AT_LEAST_ONCE":
            bob.emit("ack", {"topic": "snapshot", "messageId": message_id(packet)})
        return understood(packet)

    return read


@pytest.fixture
def paused(server, raw_websocket, client, spill_folder, read):
    """A client that has read nothing, and most of 4 MB is on the disk. A healthy one has everything."""
    paused, carol, alice = raw_websocket(server), raw_websocket(server), client(server)
    paused.subscribe("snapshot")
    carol.subscribe("snapshot")
    for number in range(PUBLISHED):
        assert alice.publish("snapshot", payload(number))["recipients"] == 2
        assert read(carol) == number
    # Seen to have gone: she is no recipient of what is published next.
    carol.emit("unsubscribe", {"topic": "snapshot"})
    carol.packet_starting('42/feed,["unsubscribed"')
    carol.close()
    wait_until(lambda: spill_folder.messages() > PUBLISHED - ABSORBED, "a backlog on the disk")
    return paused


def nothing_is_left(server, spill_folder, client, delivered):
    """Neither files nor open accounts, and the server goes on with others."""
    spill_folder.wait_until_empty()
    assert client(server).publish("snapshot", "still here")["recipients"] == 0
    found = counts(server)
    ended = found["messages_delivered"] + found["messages_acknowledged"] - PUBLISHED
    assert found["messages_discarded"] == PUBLISHED - ended
    assert found["messages_discarded"] > 0
    assert ended >= delivered
    return True


def test_a_connection_that_breaks_while_the_backlog_is_drained(server, paused, spill_folder, client, read):
    # Past what was in memory: the disk is being read.
    for number in range(ABSORBED + 20):
        assert read(paused) == number

    paused.reset()

    assert nothing_is_left(server, spill_folder, client, delivered=ABSORBED)


def test_a_connection_that_breaks_while_nothing_is_read(server, paused, spill_folder, client):
    paused.reset()

    assert nothing_is_left(server, spill_folder, client, delivered=0)


def test_a_client_that_half_closes(server, paused, spill_folder, client):
    paused.half_close()

    assert nothing_is_left(server, spill_folder, client, delivered=0)
    paused.wait_for_close()


def test_a_client_that_unsubscribes(server, paused, spill_folder, client, read):
    # It still has to read what is on the way to it.
    paused.send('42/feed,["unsubscribe",{"topic":"snapshot"}]')

    spill_folder.wait_until_empty()
    paused.packet_starting('42/feed,["unsubscribed"')
    # And may begin again, with nothing of the old.
    paused.subscribe("snapshot")
    assert client(server).publish("snapshot", payload(PUBLISHED))["recipients"] == 1
    assert read(paused) == PUBLISHED


def test_many_clients_that_leave_at_once(server, raw_websocket, client, spill_folder):
    slow = [raw_websocket(server) for _ in range(20)]
    for one in slow:
        one.subscribe("snapshot")
    alice = client(server)
    for number in range(50):
        alice.publish("snapshot", payload(number))

    for one in slow:
        one.reset()

    spill_folder.wait_until_empty()
    assert counts(server)["messages_offered"] == 20 * 50
