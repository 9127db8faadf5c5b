"""How much may be spilled: by one client, by all of a server, and how much may be on its way to the disk."""

import pytest

from harness.configuration import QUIET, feed
from harness.management import serve_managed
from harness.packet import payload
from harness.settle import settle

LANE = 4
PUBLISHED = 50
#: With its packet around it, a little more than 1,020 bytes.
FILL = "x" * 980


@pytest.fixture
def publish_past(serve, client, raw_polling):
    """Publishes past clients that do not poll. Returns the server, and what each client then gets."""
    def run(server_keys, clients=1, fill=FILL, **keys):
        lane = feed(overflowAction="SPILL_TO_DISK", maxQueuedMessagesPerClient=LANE, **keys)
        server = serve(namespaces=[lane], **server_keys, **QUIET)
        alice, readers = client(server), [raw_polling(server) for _ in range(clients)]
        for number in range(PUBLISHED):
            assert alice.publish("snapshot", {"n": number, "fill": fill})["recipients"] == clients
        for reader in readers:
            settle(alice, reader)
        received = [everything(alice, reader) for reader in readers]
        alice.close()
        for reader in readers:
            reader.close()
        return server, received

    return run


def everything(alice, reader):
    """The numbers of all that waits for a client. The short message behind it finds room beside the long ones."""
    numbers = []
    alice.publish("snapshot", {"n": None})
    while (number := payload(reader.messages(1)[0])["n"]) is not None:
        numbers.append(number)
    return numbers


def test_by_default_all_of_it_is_spilled(publish_past):
    server, (received,) = publish_past({})

    assert received == list(range(PUBLISHED))
    counts = server.counts()
    assert counts["messages_spilled"] == PUBLISHED - LANE + 1
    assert counts["messages_rejected"] == 0


def test_a_client_spills_no_more_than_its_limit(publish_past):
    server, received = publish_past({}, clients=2, maxSpillBytesPerClient=10_500)

    # Four in memory and ten on disk, each client for itself.
    assert received == [list(range(14))] * 2
    assert server.counts().overflows()["spill_client_quota"] == 2 * 36


def test_the_clients_of_a_server_spill_no_more_than_its_limit_together(publish_past):
    server, received = publish_past({"maxSpillBytes": 21_300}, clients=4)

    assert sum(map(len, received)) == 4 * LANE + 20
    for numbers in received:
        assert numbers[:LANE] == list(range(LANE))
        assert numbers == sorted(set(numbers))
    assert server.counts().overflows()["spill_quota"] >= 4 * (PUBLISHED - LANE) - 20


def test_no_more_is_on_its_way_to_the_disk_than_may_be(publish_past):
    # One message is more than that: however fast the disk is, none can be spilled.
    server, (received,) = publish_past({"maxSpillPendingBytes": 900})

    assert received == list(range(LANE))
    assert server.counts().overflows()["spill_pending"] == PUBLISHED - LANE


def test_what_has_been_delivered_makes_room_again(serve_file, client, raw_polling):
    lane = feed(overflowAction="SPILL_TO_DISK", maxQueuedMessagesPerClient=LANE, maxSpillBytesPerClient=10_500)
    server, management = serve_managed(serve_file, namespaces=[lane], **QUIET)
    alice, bob = client(server), raw_polling(server)

    # Ten times what may be spilled at once.
    for round in range(10):
        for number in range(14):
            alice.publish("snapshot", {"n": 14 * round + number, "fill": FILL})
        settle(alice, bob)
        received = [payload(packet)["n"] for packet in bob.messages(14)]
        assert received == list(range(14 * round, 14 * round + 14))
        # The store is told a moment later.
        management.metrics_when(lambda metrics: metrics["spilled_bytes"] == 0)
