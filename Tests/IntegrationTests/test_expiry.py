"""`messageTTLMs`: a message that had to wait too long for its client is not sent any more."""

from harness.clock import TICKING
from harness.configuration import QUIET, feed
from harness.packet import event, payload
from harness.settle import settle

#: Passes while the clock lets time pass.
SOON = 100
#: Does not pass in the time a test takes.
LATE = 600_000


def test_messages_that_waited_too_long_are_not_sent(serve, client, raw_polling, clock):
    server = serve(namespaces=[feed(messageTTLMs=SOON, notifyGaps=True)], **TICKING)
    alice, bob, time = client(server), raw_polling(server), clock(server)
    for number in range(10):
        alice.publish("snapshot", number)
    settle(alice, bob)
    time.let_pass()

    # On a slow machine this may wait too long itself; one of those behind it does not.
    published, received = 10, []
    while not received:
        alice.publish("snapshot", published)
        settle(alice, bob)
        published += 1
        received = [event(packet) for packet in bob.poll_answering_heartbeats()]

    (_, gap), *messages = received
    assert gap == {"topic": "snapshot", "dropped": published - len(messages), "reason": "expired"}
    assert messages == [["snapshot", number] for number in range(gap["dropped"], published)]
    bob.close()
    alice.close()
    assert server.counts().outcomes() == {"messages_delivered": len(messages), "messages_expired": gap["dropped"]}


def test_messages_that_waited_less_are_sent(serve, client, raw_polling, clock):
    server = serve(namespaces=[feed(messageTTLMs=LATE, notifyGaps=True)], **TICKING)
    alice, bob, time = client(server), raw_polling(server), clock(server)
    for number in range(10):
        alice.publish("snapshot", number)
    settle(alice, bob)
    time.let_pass()

    assert [payload(packet) for packet in bob.messages(10)] == list(range(10))


def test_by_default_messages_wait_as_long_as_it_takes(serve, client, raw_polling, clock):
    server = serve(namespaces=[feed()], **TICKING)
    alice, bob, time = client(server), raw_polling(server), clock(server)
    alice.publish("snapshot", 1)
    settle(alice, bob)
    time.let_pass()

    assert payload(bob.messages(1)[0]) == 1


def test_spilled_messages_grow_old_too(serve, client, raw_polling, clock):
    lane = feed(messageTTLMs=SOON, overflowAction="SPILL_TO_DISK", maxQueuedMessagesPerClient=2)
    server = serve(namespaces=[lane], **TICKING)
    alice, bob, time = client(server), raw_polling(server), clock(server)
    for number in range(50):
        alice.publish("snapshot", number)
    settle(alice, bob)
    time.let_pass()

    published = 50
    while not (received := [payload(packet) for packet in bob.poll_answering_heartbeats()]):
        alice.publish("snapshot", published)
        published += 1

    assert min(received) >= 50
