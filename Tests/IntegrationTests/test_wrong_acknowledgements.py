"""Acknowledgements that acknowledge nothing are answered and counted, and change nothing for anybody."""

import pytest

from harness.configuration import QUIET, acknowledged
from harness.counts import counts
from harness.packet import acknowledgement_id, event, message_id, payload


@pytest.fixture
def serve_acknowledged(serve):
    """serve_acknowledged(ackTimeoutMs=50) -> a server whose `/feed` is AT_LEAST_ONCE, with one message in flight."""
    def start(**keys):
        return serve(namespaces=[acknowledged(topics=["snapshot", "delta"], maxRetries=1_000_000, **keys)], **QUIET)

    return start


def next_message(bob):
    """What was published, and the message's id."""
    packet = bob.next_event("snapshot")
    return payload(packet), message_id(packet)


@pytest.fixture
def server(serve_acknowledged):
    return serve_acknowledged()


@pytest.fixture
def alice(server, client):
    return client(server)


@pytest.fixture
def bob(server, raw_websocket):
    bob = raw_websocket(server)
    bob.subscribe("snapshot")
    return bob


@pytest.fixture
def first(alice, bob):
    """The id of the first of two messages: it is in flight to bob, and the second waits for its acknowledgement."""
    alice.publish("snapshot", "first")
    alice.publish("snapshot", "second")
    message, first = next_message(bob)
    assert message == "first"
    return first


def goes_on(bob, first):
    """The wrong acknowledgement did nothing: the right one does, and the next message comes."""
    assert bob.acknowledge(first) is True
    message, second = next_message(bob)
    assert message == "second"
    assert bob.acknowledge(second) is True
    return True


@pytest.mark.parametrize(
    "body",
    [
        '{"topic":"snapshot"}',
        '{"topic":"snapshot","messageId":17}',
        '{"topic":"snapshot","messageId":null}',
        '{"topic":"snapshot","messageId":{"id":"x"}}',
        '{"topic":"snapshot","messageId":["x"]}',
        '{"topic":"snapshot","messageId":true}',
        '{"topic":["snapshot"],"messageId":"x"}',
        '{"messageId":"x"}',
        '"snapshot"',
        "null",
        '["snapshot","x"]',
    ],
)
def test_one_that_is_no_acknowledgement_is_refused(server, bob, first, body):
    answer = bob.ask("ack", body)

    assert answer["ok"] is False
    assert answer["code"] == "INVALID_REQUEST"
    assert goes_on(bob, first)
    assert counts(server, bob)["messages_acknowledged"] == 2


def test_who_asks_for_no_answer_is_told_with_an_error(bob, first):
    bob.send('42/feed,["ack",{"topic":"snapshot","messageId":17}]')

    assert event(bob.next_event("error"))[1]["code"] == "INVALID_REQUEST"
    assert goes_on(bob, first)


def test_an_unknown_topic_is_refused(bob, first):
    answer = bob.ask("ack", {"topic": "no such topic", "messageId": first})

    assert answer["code"] == "UNKNOWN_TOPIC"
    assert goes_on(bob, first)


def origin(first):
    return first.rpartition("-")[0]


WRONG_IDS = {
    "nothing": lambda first: "",
    "not an id": lambda first: "none",
    "only where it comes from": lambda first: origin(first),
    "no number": lambda first: f"{origin(first)}-",
    "a number that was never sent": lambda first: f"{origin(first)}-1000000",
    "the number zero": lambda first: f"{origin(first)}-0",
    "a number with a zero in front": lambda first: f"{origin(first)}-0{first.rpartition('-')[2]}",
    "a negative number": lambda first: f"{origin(first)}--1",
    "a number beyond 64 bits": lambda first: f"{origin(first)}-99999999999999999999",
    "the same number modulo 32 bits": lambda first: f"{origin(first)}-{(1 << 31) + int(first.rpartition('-')[2])}",
    "something behind it": lambda first: f"{first} ",
    "of another run of the server": lambda first: f"AAAAAAAAAA-{first.rpartition('-')[2]}",
    "a very long one": lambda first: first * 50_000,
    "text of many bytes": lambda first: "\N{SNOWMAN}" * 10,
}


@pytest.mark.parametrize("wrong", WRONG_IDS.values(), ids=WRONG_IDS.keys())
def test_one_for_a_message_that_was_never_sent_is_counted(server, bob, first, wrong):
    assert bob.acknowledge(wrong(first)) is False

    assert goes_on(bob, first)
    found = counts(server, bob)
    assert found["acks_foreign"] == 1
    assert found["acks_stale"] == 0
    assert found["messages_acknowledged"] == 2


def test_one_that_comes_twice_counts_once(server, bob, alice, first):
    alice.publish("snapshot", "third")

    assert bob.acknowledge(first) is True
    assert bob.acknowledge(first) is False

    # Had it counted twice, there would be two in flight now, and these would not come one by one.
    for expected in ("second", "third"):
        message, its_id = next_message(bob)
        assert message == expected
        assert bob.acknowledge(its_id) is True
    found = counts(server, bob)
    assert found["acks_stale"] == 1
    assert found["acks_foreign"] == 0
    assert found["messages_acknowledged"] == 3


def test_one_on_another_topic_is_counted_there(server, bob, first):
    bob.subscribe("delta")

    assert bob.acknowledge(first, topic="delta") is False

    assert goes_on(bob, first)
    assert counts(server, bob).of("acks_foreign", topic="delta") == 1


def test_one_without_a_subscription_is_counted(server, raw_websocket, bob, first):
    mallory = raw_websocket(server)

    assert mallory.acknowledge(first) is False

    assert goes_on(bob, first)
    assert counts(server, bob, mallory)["acks_foreign"] == 1


def test_one_in_a_best_effort_namespace_is_counted(serve, raw_websocket):
    server = serve(**QUIET)
    bob = raw_websocket(server)
    bob.subscribe("snapshot")

    assert bob.acknowledge("anything") is False

    assert counts(server, bob)["acks_foreign"] == 1


def test_another_clients_message_is_still_sent_again_to_that_client(serve_acknowledged, client, raw_websocket):
    server = serve_acknowledged(ackTimeoutMs=50)
    alice, bob, mallory = client(server), raw_websocket(server), raw_websocket(server)
    bob.subscribe("snapshot")
    alice.publish("snapshot", "for bob")
    _, its_id = next_message(bob)
    mallory.subscribe("snapshot")

    assert mallory.acknowledge(its_id) is False

    for _ in range(3):
        assert next_message(bob) == ("for bob", its_id)
    assert bob.acknowledge(its_id) is True
    found = counts(server, bob, mallory)
    assert found["acks_foreign"] == 1
    assert found["messages_acknowledged"] == 1
    assert found["retries"] >= 3


def test_acknowledging_ones_own_copy_does_not_acknowledge_another_clients(
    serve_acknowledged, client, raw_websocket
):
    server = serve_acknowledged(ackTimeoutMs=50)
    alice, bob, carol = client(server), raw_websocket(server), raw_websocket(server)
    bob.subscribe("snapshot")
    carol.subscribe("snapshot")
    alice.publish("snapshot", "for both")
    _, its_id = next_message(carol)

    assert carol.acknowledge(its_id) is True

    for _ in range(3):
        assert next_message(bob) == ("for both", its_id)
    assert bob.acknowledge(its_id) is True
    assert counts(server, bob, carol)["messages_acknowledged"] == 2


# Acknowledgements by packet, `43/feed,17[]`.


def next_number(bob, expected="for bob"):
    """The packet's id of the next message, which is expected to be this one."""
    packet = bob.next_event("snapshot")
    assert payload(packet) == expected
    return acknowledgement_id(packet)


def round_trip(bob):
    """Everything that was sent before has been dealt with."""
    assert bob.ask("subscribe", {"topic": "snapshot"})["ok"] is True


@pytest.mark.parametrize("wrong", [0, 999, (1 << 31) - 1, 1 << 31, 1 << 32, (1 << 32) + 1, (1 << 64) - 1])
def test_a_packet_that_acknowledges_what_was_never_sent_is_counted(
    serve_acknowledged, client, raw_websocket, wrong
):
    server = serve_acknowledged(ackStyle="socketio")
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    alice.publish("snapshot", "first")
    alice.publish("snapshot", "second")
    right = next_number(bob, "first")
    assert right != wrong

    bob.send(f"43/feed,{wrong}[]")

    round_trip(bob)
    bob.send(f"43/feed,{right}[]")
    right = next_number(bob, "second")
    bob.send(f"43/feed,{right}[]")
    bob.send(f"43/feed,{right}[]")
    round_trip(bob)
    found = counts(server, bob)
    assert found["acks_unknown"] == 2, "the wrong one, and the right one that came twice"
    assert found["messages_acknowledged"] == 2


def test_a_packet_that_acknowledges_another_clients_message_is_counted(serve_acknowledged, client, raw_websocket):
    server = serve_acknowledged(ackStyle="socketio", ackTimeoutMs=50)
    alice, bob, mallory = client(server), raw_websocket(server), raw_websocket(server)
    bob.subscribe("snapshot")
    alice.publish("snapshot", "for bob")
    number = next_number(bob)

    mallory.send(f"43/feed,{number}[]")

    round_trip(mallory)
    for _ in range(3):
        assert next_number(bob) == number
    found = counts(server, bob, mallory)
    assert found["acks_unknown"] == 1
    assert found["messages_acknowledged"] == 0
    assert found["messages_discarded"] == 1


def test_a_packet_acknowledges_nothing_where_the_event_is_asked_for(server, bob, first):
    number = first.rpartition("-")[2]

    bob.send(f"43/feed,{number}[]")
    bob.send("43/feed,999[]")

    assert goes_on(bob, first)
    found = counts(server, bob)
    assert found["acks_unknown"] == 2
    assert found["acks_stale"] == 0


@pytest.mark.parametrize("style", ["event", "socketio"])
@pytest.mark.parametrize("packet", ["43/feed,[]", "43/feed,1", "43/feed,99999999999999999999999[]", "43/feed,-1[]"])
def test_a_packet_that_is_no_acknowledgement_closes_its_connection_and_no_other(
    serve_acknowledged, client, raw_websocket, style, packet
):
    server = serve_acknowledged(ackStyle=style)
    alice, bob, mallory = client(server), raw_websocket(server), raw_websocket(server)
    bob.subscribe("snapshot")
    mallory.subscribe("snapshot")
    alice.publish("snapshot", "first")
    next_message(mallory)

    mallory.send(packet)

    mallory.wait_for_close()
    _, its_id = next_message(bob)
    assert bob.acknowledge(its_id) is True
    found = counts(server, bob, mallory)
    assert found["messages_acknowledged"] == 1
    assert found["messages_discarded"] == 1
