"""SPILL_TO_DISK: what finds no room in memory waits on disk, and comes in its order, complete and once."""

import base64

import pytest

from harness.configuration import QUIET, acknowledged, feed
from harness.packet import event, message_id, payload
from harness.settle import settle

#: Long enough that a connection takes only a few of them from a client that does not read.
FILL = "x" * 60_000
SPILL = {"overflowAction": "SPILL_TO_DISK", "maxQueuedMessagesPerClient": 16}
#: No disk is too slow for what a test publishes.
PATIENT = {"maxSpillPendingBytes": 100_000_000, **QUIET}
STORES = [{"use": "log"}, {"use": "json-files"}]
by_store = pytest.mark.parametrize("store", STORES, ids=lambda store: store["use"])


@by_store
def test_a_paused_websocket_client_gets_everything_in_order(serve, client, raw_websocket, store):
    server = serve(namespaces=[feed(**SPILL, maxQueuedBytesPerClient=8_000_000)], spillStore=store, **PATIENT)
    alice, paused, carol = client(server), raw_websocket(server), client(server)
    paused.subscribe("snapshot")
    carol.subscribe("snapshot")
    for number in range(200):
        assert alice.publish("snapshot", {"n": number, "fill": FILL})["recipients"] == 2
        assert carol.next("snapshot")["n"] == number

    received = [payload(paused.next_packet())["n"] for _ in range(200)]

    assert received == list(range(200))
    alice.publish("snapshot", {"n": "afterwards"})
    assert payload(paused.next_packet())["n"] == "afterwards"
    for each in (alice, carol, paused):
        each.close()
    counts = server.counts()
    assert counts.outcomes() == {"messages_delivered": 2 * 201}
    assert counts["messages_spilled"] > 150


@by_store
def test_a_client_library_that_hangs_for_a_while_gets_everything_in_order(serve, client, store):
    server = serve(namespaces=[feed(**SPILL, maxQueuedBytesPerClient=8_000_000)], spillStore=store, **PATIENT)
    alice, bob = client(server), client(server)
    bob.subscribe("snapshot")
    bob.pause()
    for number in range(200):
        alice.publish("snapshot", {"n": number, "fill": FILL})

    bob.resume()

    assert [bob.next("snapshot")["n"] for _ in range(200)] == list(range(200))


@by_store
def test_messages_published_while_the_spilled_ones_come_stay_behind_them(serve, client, raw_polling, store):
    server = serve(namespaces=[feed(**SPILL)], spillStore=store, **PATIENT)
    alice, bob = client(server), raw_polling(server)
    published, received = 0, []

    # Four come for each three that are taken, until there are 480; then the rest is taken.
    while len(received) < 480:
        for _ in range(4 if published < 480 else 0):
            alice.publish("snapshot", published)
            published += 1
        received += map(payload, bob.messages(3))

    assert received == list(range(480))


@by_store
@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_at_least_once_brings_everything_in_order_and_once(serve, client, transport, store):
    server = serve(namespaces=[acknowledged(**SPILL, maxInFlight=8)], spillStore=store)
    alice, bob = client(server), client(server, transport=transport)
    bob.subscribe("snapshot")
    published, received = 200, []
    for number in range(published):
        alice.publish("snapshot", number)

    # Newer ones come while the older ones are acknowledged.
    while len(received) < published:
        number, metadata = bob.next_message("snapshot")
        received.append(number)
        bob.acknowledge(metadata)
        if published < 400:
            alice.publish("snapshot", published)
            published += 1

    assert received == list(range(400))
    alice.close()
    bob.close()
    counts = server.counts()
    assert counts.outcomes() == {"messages_acknowledged": 400}
    assert counts["messages_spilled"] >= 200 - 16


def test_a_paused_websocket_client_gets_everything_at_least_once(serve, client, raw_websocket):
    server = serve(
        namespaces=[acknowledged(**SPILL, maxInFlight=8, maxQueuedBytesPerClient=8_000_000)], **PATIENT
    )
    alice, paused = client(server), raw_websocket(server)
    paused.subscribe("snapshot")
    for number in range(300):
        alice.publish("snapshot", {"n": number, "fill": FILL})

    for number in range(300):
        packet = paused.next_packet()
        assert payload(packet)["n"] == number
        paused.emit("ack", {"topic": "snapshot", "messageId": message_id(packet)})


@by_store
def test_a_retry_of_a_spilled_message_is_the_same_bytes(serve, client, raw_websocket, store):
    server = serve(
        namespaces=[acknowledged(overflowAction="SPILL_TO_DISK", maxQueuedMessagesPerClient=1, ackTimeoutMs=5)],
        spillStore=store,
        **PATIENT,
    )
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    answers = [alice.publish("snapshot", {"n": number}) for number in range(10)]

    received = [bob.next_packet() for _ in range(20)]

    assert received[::2] == received[1::2]
    assert [payload(packet)["n"] for packet in received[::2]] == list(range(10))
    assert [message_id(packet) for packet in received[::2]] == [answer["messageId"] for answer in answers]


@by_store
def test_bytes_and_text_come_back_as_they_were(serve, client, raw_polling, store):
    server = serve(
        namespaces=[feed(overflowAction="SPILL_TO_DISK", maxQueuedMessagesPerClient=1)], spillStore=store, **PATIENT
    )
    alice, bob = client(server), raw_polling(server)
    attachments = [bytes(range(256)), b"", bytes(1_000), b"\n{}"]
    for number, attachment in enumerate(attachments):
        alice.publish("snapshot", {"n": number, "text": "Grüße 👋\u2028", "bytes": attachment})
    settle(alice, bob)

    for number, attachment in enumerate(attachments):
        text, binary = bob.next_packet(), bob.next_packet()
        expected = {"n": number, "text": "Grüße 👋\u2028", "bytes": {"_placeholder": True, "num": 0}}
        assert text.startswith(b'451-/feed,["snapshot",')
        assert event(text) == ["snapshot", expected]
        assert binary == b"b" + base64.b64encode(attachment)


@by_store
def test_a_client_library_gets_spilled_bytes_as_they_were(serve, client, store):
    server = serve(namespaces=[acknowledged(overflowAction="SPILL_TO_DISK", maxQueuedMessagesPerClient=1)], spillStore=store)
    alice, bob = client(server), client(server)
    bob.subscribe("snapshot")
    messages = [{"n": number, "bytes": bytes([number, 0, 255]) * number} for number in range(50)]
    for message in messages:
        alice.publish("snapshot", message)

    # Nothing comes out of the store before the message ahead of it is acknowledged.
    for message in messages:
        received, metadata = bob.next_message("snapshot")
        assert received == message
        bob.acknowledge(metadata)


@by_store
def test_a_message_is_relayed_byte_for_byte_through_the_store(serve, client, raw_websocket, raw_polling, store):
    server = serve(
        namespaces=[feed(overflowAction="SPILL_TO_DISK", maxQueuedMessagesPerClient=1)], spillStore=store, **PATIENT
    )
    alice, publisher, bob = client(server), raw_websocket(server), raw_polling(server)
    payloads = ['{ "price" : 1.10 }', "123456789012345678901234567890", '"\\u0041\\/é"', '{"a":1,"a":2}', "null"]
    for text in payloads:
        publisher.send(f'42/feed,1["publish",{{"topic":"snapshot","payload":{text}}}]')
        publisher.packet_starting("43/feed,1")
    settle(alice, bob)

    assert bob.messages(len(payloads)) == [f'42/feed,["snapshot",{text}]'.encode() for text in payloads]


def test_clients_and_topics_do_not_get_each_others_messages(serve, client, raw_polling):
    topics = ["snapshot", "delta", "../escape", "%2e%2e", "snapshot/1"]
    lane = {"overflowAction": "SPILL_TO_DISK", "maxQueuedMessagesPerClient": 1}
    server = serve(namespaces=[feed(topics=topics, **lane), feed(path="/feed/snapshot", topics=["1"], **lane)], **PATIENT)
    alice = client(server, more_namespaces=["/feed/snapshot"])
    readers = [raw_polling(server, topic=topic) for topic in topics + ["snapshot"]]
    readers.append(raw_polling(server, topic="1", namespace="/feed/snapshot"))
    for number in range(20):
        for topic in topics:
            alice.publish(topic, f"{topic} {number}")
        alice.ask("publish", {"topic": "1", "payload": f"1 {number}"}, namespace="/feed/snapshot")
    for reader in readers:
        settle(alice, reader)

    for reader in readers:
        received = [payload(packet) for packet in reader.messages(20)]
        assert received == [f"{reader.topic} {number}" for number in range(20)]


def test_leaving_and_coming_back_starts_afresh(serve, client, raw_polling):
    server = serve(namespaces=[feed(overflowAction="SPILL_TO_DISK", maxQueuedMessagesPerClient=2)], **PATIENT)
    alice, bob = client(server), raw_polling(server)
    for round in range(5):
        for number in range(20):
            alice.publish("snapshot", [round, number])
        settle(alice, bob)
        if round < 4:
            bob.emit("unsubscribe", {"topic": "snapshot"})
            bob.emit("subscribe", {"topic": "snapshot"})

    received = [payload(packet) for packet in bob.messages(20)]
    assert received == [[4, number] for number in range(20)]
    bob.close()
    alice.close()
    assert server.counts().outcomes() == {"messages_delivered": 20, "messages_discarded": 80}


def test_a_client_that_leaves_takes_what_it_has_spilled_along(serve, client, raw_polling):
    server = serve(namespaces=[feed(overflowAction="SPILL_TO_DISK", maxQueuedMessagesPerClient=2)], **PATIENT)
    alice, bob, carol = client(server), raw_polling(server), raw_polling(server)
    for number in range(100):
        alice.publish("snapshot", number)
    settle(alice, bob)
    settle(alice, carol)

    bob.close()

    assert [payload(packet) for packet in carol.messages(100)] == list(range(100))
    carol.close()
    alice.close()
    assert server.counts().outcomes() == {"messages_delivered": 100, "messages_discarded": 100}


def test_what_is_spilled_is_delivered_when_the_server_drains(serve, client, raw_polling):
    server = serve(
        namespaces=[feed(overflowAction="SPILL_TO_DISK", maxQueuedMessagesPerClient=2)], shutdownDrainMs=60_000, **PATIENT
    )
    alice, bob = client(server), raw_polling(server)
    for number in range(100):
        alice.publish("snapshot", number)
    settle(alice, bob)

    server.ask_to_stop()
    alice.next("server_draining")

    assert [payload(packet) for packet in bob.messages(100)] == list(range(100))
    server.stop()
