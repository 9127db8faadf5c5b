"""subscribe and unsubscribe, over each transport."""

import pytest

from harness.configuration import feed

pytestmark = pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])


def test_a_subscription_is_confirmed_by_event_and_by_acknowledgement(server, client, transport):
    alice = client(server, transport=transport)

    assert alice.subscribe("snapshot") == {"ok": True, "topic": "snapshot"}
    assert alice.next("subscribed") == {"topic": "snapshot"}


def test_a_subscription_is_confirmed_by_event_where_no_acknowledgement_is_asked_for(server, client, transport):
    alice = client(server, transport=transport)

    alice.tell("subscribe", {"topic": "snapshot"})

    assert alice.next("subscribed") == {"topic": "snapshot"}


def test_a_token_of_null_is_no_token(server, client, transport):
    alice = client(server, transport=transport)

    assert alice.subscribe("snapshot", token=None)["ok"] is True


def test_a_message_arrives_as_the_event_named_after_its_topic(server, client, transport):
    alice, bob = client(server, transport=transport), client(server)
    alice.subscribe("snapshot")

    bob.publish("snapshot", {"price": 42.5, "tags": ["a", None, True], "name": "Grüße 👋"})

    assert alice.next("snapshot") == {"price": 42.5, "tags": ["a", None, True], "name": "Grüße 👋"}


def test_messages_arrive_in_the_order_they_were_published(server, client, transport):
    alice, bob = client(server, transport=transport), client(server)
    alice.subscribe("snapshot")

    for number in range(50):
        bob.publish("snapshot", number)

    assert [alice.next("snapshot") for _ in range(50)] == list(range(50))


def test_subscribing_twice_brings_each_message_once(server, client, transport):
    alice = client(server, transport=transport)
    assert alice.subscribe("snapshot")["ok"] is True
    assert alice.subscribe("snapshot") == {"ok": True, "topic": "snapshot"}

    assert alice.publish("snapshot", "once")["recipients"] == 1
    alice.publish("snapshot", "last")

    assert alice.next("snapshot") == "once"
    assert alice.next("snapshot") == "last"


def test_after_unsubscribing_nothing_arrives(server, client, transport):
    alice = client(server, transport=transport)
    alice.subscribe("snapshot")

    assert alice.unsubscribe("snapshot")["ok"] is True
    assert alice.next("unsubscribed") == {"topic": "snapshot"}
    assert alice.publish("snapshot", "unheard")["recipients"] == 0

    alice.subscribe("snapshot")
    alice.publish("snapshot", "heard")
    assert alice.next("snapshot") == "heard"


def test_a_client_hears_only_the_topics_it_subscribed_to(serve, client, transport):
    server = serve(namespaces=[feed(topics=["snapshot", "delta"])])
    alice = client(server, transport=transport)
    alice.subscribe("delta")

    assert alice.publish("snapshot", "unheard")["recipients"] == 0
    alice.publish("delta", "heard")

    assert alice.next("delta") == "heard"
    assert alice.heard("snapshot") == []


@pytest.mark.parametrize("request_name", ["subscribe", "unsubscribe"])
def test_an_unknown_topic_is_refused_by_event_and_by_acknowledgement(server, client, transport, request_name):
    alice = client(server, transport=transport)

    answer = alice.ask(request_name, {"topic": "no-such-topic"})
    assert answer["ok"] is False
    assert answer["code"] == "UNKNOWN_TOPIC"
    assert answer["message"]

    error = alice.next("error")
    assert error["code"] == "UNKNOWN_TOPIC"
    assert error["message"]


def test_a_client_that_left_is_no_recipient_any_more(server, client, transport):
    alice, bob = client(server), client(server, transport=transport)
    bob.subscribe("snapshot")
    assert alice.publish("snapshot", 1)["recipients"] == 1

    bob.close()

    # It has left once the server has read its goodbye; publishing asks the server until then.
    while alice.publish("snapshot", 2)["recipients"] != 0:
        pass
