"""DISCONNECT: a client whose lane is full is disconnected, can read why, and nobody else notices."""


import pytest

from harness.configuration import QUIET, feed
from harness.packet import event
from harness.settle import settle

DISCONNECT = {"overflowAction": "DISCONNECT", "maxQueuedMessagesPerClient": 4, "maxQueuedBytesPerClient": 8_000_000}
FILL = "x" * 60_000


@pytest.fixture
def server(serve):
    return serve(namespaces=[feed(**DISCONNECT)], **QUIET)


def publish_until_alone(alice, carol):
    """Publishes past a slow client until it is subscribed no more; carol receives all of it."""
    published = 0
    while (answer := alice.publish("snapshot", {"n": published, "fill": FILL}))["recipients"] == 2:
        assert carol.next("snapshot")["n"] == published
        published += 1
    assert answer == {**answer, "ok": True, "recipients": 1}
    assert carol.next("snapshot")["n"] == published
    return published


@pytest.mark.parametrize("healthy_transport", ["websocket", "polling"])
def test_a_paused_websocket_client_reads_what_was_sent_then_why_and_is_gone(
    server, client, raw_websocket, healthy_transport
):
    alice, carol, paused = client(server), client(server, transport=healthy_transport), raw_websocket(server)
    carol.subscribe("snapshot")
    paused.subscribe("snapshot")
    publish_until_alone(alice, carol)

    received = []
    while (packet := paused.next_packet()).startswith(b'42/feed,["snapshot"'):
        received.append(event(packet)[1]["n"])

    assert received == list(range(len(received)))
    name, error = event(packet)
    assert (name, error["code"]) == ("error", "QUEUE_OVERFLOW")
    assert error["message"]
    assert paused.next_packet() == b"41/feed,"
    paused.wait_for_close()
    # The others go on.
    assert alice.publish("snapshot", "afterwards")["recipients"] == 1
    assert carol.next("snapshot") == "afterwards"


def test_a_client_library_that_hangs_learns_why_when_it_wakes_up(server, client):
    alice, carol, bob = client(server), client(server), client(server)
    carol.subscribe("snapshot")
    bob.subscribe("snapshot")
    bob.pause()
    publish_until_alone(alice, carol)

    bob.resume()

    assert bob.next("error")["code"] == "QUEUE_OVERFLOW"
    bob.wait_for_disconnect()
    received = [message["n"] for message in bob.heard("snapshot")]
    assert received == list(range(len(received)))


def test_a_polling_client_that_does_not_poll_finds_why_in_its_next_poll(server, client, raw_polling):
    alice, bob = client(server), raw_polling(server)
    for number in range(4):
        assert alice.publish("snapshot", number)["recipients"] == 1
    settle(alice, bob)

    # The fifth is one too many.
    assert alice.publish("snapshot", 4)["recipients"] == 1
    while alice.publish("snapshot", 5)["recipients"]:
        pass

    *packets, left = bob.poll()
    assert [event(packet)[1]["code"] for packet in packets] == ["QUEUE_OVERFLOW"]
    assert left == b"41/feed,"
    # The end comes in an answer of its own.
    assert bob.poll() == [b"1"]
    assert bob.get().status_code == 400


def test_what_the_client_held_is_discarded_and_counted(server, client, raw_polling):
    alice, bob = client(server), raw_polling(server)
    offered = 0
    while alice.publish("snapshot", offered)["recipients"]:
        offered += 1
    alice.close()

    counts = server.counts()
    assert offered >= 5
    assert counts["messages_offered"] == offered
    # The one too many, and the four that waited, with what was offered before the connection was gone.
    assert counts.outcomes() == {"messages_rejected": 1, "messages_discarded": offered - 1}
    assert counts.overflows() == {"queue_full": 1}


def test_it_is_logged(server, client, raw_polling):
    alice, _ = client(server), raw_polling(server)
    while alice.publish("snapshot", 1)["recipients"]:
        pass

    server.line(r"notice .*client disconnected by its overflow policy", server.err)


def test_a_client_that_keeps_up_is_not_disconnected(server, client):
    alice, bob = client(server), client(server)
    bob.subscribe("snapshot")

    # Far more than a lane holds, each taken before the next comes.
    for number in range(100):
        assert alice.publish("snapshot", number)["recipients"] == 1
        assert bob.next("snapshot") == number


def test_a_disconnected_client_may_come_back(server, client, raw_polling):
    alice, bob = client(server), raw_polling(server)
    while alice.publish("snapshot", 1)["recipients"]:
        pass
    assert b"QUEUE_OVERFLOW" in b"".join(bob.poll())

    again = raw_polling(server)
    alice.publish("snapshot", "welcome back")

    assert event(again.next_packet()) == ["snapshot", "welcome back"]
