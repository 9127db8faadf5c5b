"""AT_LEAST_ONCE with clients that do not acknowledge: a message is sent again, as often as it may be, and then given up."""

import pytest

from harness.clock import TICKING
from harness.configuration import QUIET, acknowledged
from harness.packet import event, message_id, payload

#: However slow a machine is, a retry comes.
SOON = 5


def test_a_message_is_sent_again_max_retries_times_and_then_the_window_moves_on(serve, client, raw_websocket):
    server = serve(namespaces=[acknowledged(ackTimeoutMs=SOON, maxRetries=3)], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    for number in range(3):
        alice.publish("snapshot", number)

    received = [bob.next_packet() for _ in range(12)]

    # The very same bytes each time.
    assert received == [packet for packet in received[::4] for _ in range(4)]
    assert [payload(packet) for packet in received[::4]] == [0, 1, 2]

    alice.publish("snapshot", "until the last is given up")
    while payload(bob.next_packet()) == 2:
        pass
    bob.close()
    alice.close()
    counts = server.counts()
    # On a slow machine the last one is given up too before bob is gone.
    assert counts["retries_exhausted"] in (3, 4)
    assert 9 <= counts["retries"] <= 12


def test_a_message_with_an_attachment_is_sent_again_with_it(serve, client, raw_websocket):
    server = serve(namespaces=[acknowledged(ackTimeoutMs=SOON, maxRetries=2)], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    alice.publish("snapshot", {"bytes": bytes(range(256))})

    received = [bob.next_packet() for _ in range(6)]

    assert received[1] == bytes(range(256))
    assert received == received[:2] * 3


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_a_client_that_acknowledges_the_last_attempt_is_in_time(serve, client, transport):
    server = serve(namespaces=[acknowledged(ackTimeoutMs=SOON, maxRetries=10_000)])
    alice, bob = client(server), client(server, transport=transport)
    bob.subscribe("snapshot")
    first = alice.publish("snapshot", "sent again")["messageId"]

    attempts = [bob.next_message("snapshot") for _ in range(5)]
    assert attempts == [attempts[0]] * 5
    assert attempts[0][1]["messageId"] == first
    bob.acknowledge(attempts[0][1])

    # What was on its way meanwhile still comes, then the next message.
    alice.publish("snapshot", "next")
    while bob.next_message("snapshot")[0] == "sent again":
        pass


def test_a_retry_waits_for_a_poll_and_uses_up_no_attempt_meanwhile(serve, client, raw_polling, clock):
    server = serve(namespaces=[acknowledged(ackTimeoutMs=SOON, maxRetries=3)], **TICKING)
    alice, bob, time = client(server), raw_polling(server), clock(server)
    alice.publish("snapshot", "first")
    alice.publish("snapshot", "second")

    attempts = []
    for _ in range(4):
        attempts += bob.messages(1)
        # Time for all the retries there are.
        time.let_pass()

    assert [payload(packet) for packet in attempts] == ["first"] * 4
    assert attempts == [attempts[0]] * 4
    assert payload(bob.messages(1)[0]) == "second"


def test_a_large_message_is_sent_again_once_the_client_has_read_it(serve, client, raw_websocket):
    # More than the connection takes while the client does not read.
    size = 16 << 20
    server = serve(
        namespaces=[acknowledged(ackTimeoutMs=SOON, maxQueuedBytesPerClient=2 * size)], maxPayload=2 * size, **QUIET
    )
    bob = raw_websocket(server)
    bob.subscribe("snapshot")
    publisher = raw_websocket(server)
    publisher.send('42/feed,7["publish",{"topic":"snapshot","payload":"%s"}]' % ("x" * size))
    publisher.packet_starting("43/feed,7")

    first = bob.next_packet()

    assert len(first) > size
    assert bob.next_packet() == first


def test_each_wait_is_the_ack_timeout(serve, client, raw_websocket):
    late = acknowledged(path="/late", maxRetries=1_000)
    server = serve(namespaces=[acknowledged(ackTimeoutMs=10, maxRetries=200), late], **QUIET)

    assert attempts_meanwhile(server, client, raw_websocket, 200) == 1


def test_with_backoff_each_wait_is_longer_than_the_one_before(serve, client, raw_websocket):
    late = acknowledged(
        path="/late", ackTimeoutMs=10, maxRetries=1_000, retryBackoff={"multiplier": 10, "maxDelayMs": 600_000}
    )
    server = serve(namespaces=[acknowledged(ackTimeoutMs=10, maxRetries=200), late], **QUIET)

    # After 10, 110, 1,110, 11,110 and 111,110 ms.
    assert attempts_meanwhile(server, client, raw_websocket, 200) <= 6


def test_by_default_backoff_doubles_each_wait(serve, client, raw_websocket):
    late = acknowledged(path="/late", ackTimeoutMs=10, maxRetries=1_000, retryBackoff={"maxDelayMs": 600_000})
    server = serve(namespaces=[acknowledged(ackTimeoutMs=10, maxRetries=200), late], **QUIET)

    # The 15th would come after 5 minutes.
    assert attempts_meanwhile(server, client, raw_websocket, 200) <= 15


def test_no_wait_is_longer_than_max_delay(serve, client, raw_websocket):
    # Without the limit these would take years.
    server = serve(
        namespaces=[
            acknowledged(ackTimeoutMs=5, maxRetries=50, retryBackoff={"multiplier": 10, "maxDelayMs": 20})
        ],
        **QUIET,
    )
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    alice.publish("snapshot", 1)

    received = [bob.next_packet() for _ in range(51)]

    assert received == [received[0]] * 51


def attempts_meanwhile(server, client, raw_websocket, retries):
    """How often a message in `/late` is sent until one in `/feed` has been sent again so often."""
    feed, late = raw_websocket(server), raw_websocket(server, namespace="/late")
    for subscriber in (feed, late):
        subscriber.subscribe("snapshot")
    # The one in question first.
    client(server, namespace="/late").publish("snapshot", "late")
    client(server).publish("snapshot", "feed")

    for _ in range(1 + retries):
        assert payload(feed.next_packet()) == "feed"
    attempts = late.packets_so_far()
    assert len({message_id(packet) for packet in attempts}) == 1
    return len(attempts)
