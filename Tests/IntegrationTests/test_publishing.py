"""publish, over each transport."""

import pytest

from harness.configuration import feed

pytestmark = pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])


def test_a_publish_is_acknowledged_with_its_id_and_its_recipients(server, client, transport):
    alice, bob = client(server, transport=transport), client(server)
    alice.subscribe("snapshot")
    bob.subscribe("snapshot")

    answer = alice.publish("snapshot", {"price": 42.5})

    assert answer.keys() == {"ok", "messageId", "recipients"}
    assert answer["ok"] is True
    assert answer["recipients"] == 2


def test_every_message_has_an_id_of_its_own(server, client, transport):
    alice = client(server, transport=transport)

    ids = [alice.publish("snapshot", number)["messageId"] for number in range(20)]

    assert all(isinstance(id, str) and id for id in ids)
    assert len(set(ids)) == 20


def test_a_publisher_needs_no_subscription(server, client, transport):
    alice = client(server, transport=transport)

    assert alice.publish("snapshot", 1)["recipients"] == 0


def test_a_publisher_receives_its_own_message(server, client, transport):
    alice = client(server, transport=transport)
    alice.subscribe("snapshot")

    alice.publish("snapshot", {"from": "alice"})

    assert alice.next("snapshot") == {"from": "alice"}


def test_a_publish_without_acknowledgement_is_relayed(server, client, transport):
    alice, bob = client(server, transport=transport), client(server)
    bob.subscribe("snapshot")

    alice.tell("publish", {"topic": "snapshot", "payload": "unacknowledged"})

    assert bob.next("snapshot") == "unacknowledged"


@pytest.mark.parametrize("payload", [None, True, 0, -1.5, "", "text", [], [1, [2]], {}, {"a": {"b": None}}], ids=repr)
def test_any_json_value_is_a_payload(server, client, transport, payload):
    alice = client(server, transport=transport)
    alice.subscribe("snapshot")

    assert alice.publish("snapshot", payload)["ok"] is True

    assert alice.next("snapshot") == payload


def test_an_unknown_topic_is_refused_in_the_acknowledgement(server, client, transport):
    alice = client(server, transport=transport)

    answer = alice.publish("no-such-topic", 1)

    assert answer["ok"] is False
    assert answer["code"] == "UNKNOWN_TOPIC"
    assert answer["message"]


def test_an_unknown_topic_is_refused_by_event_where_no_acknowledgement_is_asked_for(server, client, transport):
    alice = client(server, transport=transport)

    alice.tell("publish", {"topic": "no-such-topic", "payload": 1})

    assert alice.next("error")["code"] == "UNKNOWN_TOPIC"


def test_a_message_stays_in_its_namespace(serve, client, transport):
    server = serve(namespaces=[feed(), {"path": "/other", "topics": ["snapshot"]}])
    alice, bob = client(server, transport=transport), client(server, namespace="/other")
    alice.subscribe("snapshot")
    bob.subscribe("snapshot")

    assert alice.publish("snapshot", "of feed")["recipients"] == 1
    assert bob.publish("snapshot", "of other")["recipients"] == 1

    assert alice.next("snapshot") == "of feed"
    assert bob.next("snapshot") == "of other"
