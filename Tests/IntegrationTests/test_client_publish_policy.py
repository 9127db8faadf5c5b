"""clientPublish and inboundAckPolicy: what becomes of a client's publish."""

import pytest

from harness.configuration import feed


@pytest.fixture
def subscriber(serve, client):
    """subscriber(clientPublish=...) -> a client subscribed in a namespace with these keys."""
    def make(**keys):
        alice = client(serve(namespaces=[feed(**keys)]))
        alice.subscribe("snapshot")
        return alice

    return make


def test_deny_refuses_a_publish(subscriber):
    alice = subscriber(clientPublish="deny")

    answer = alice.publish("snapshot", 1)

    assert answer["ok"] is False
    assert answer["code"] == "PUBLISH_DENIED"


def test_deny_refuses_by_event_where_no_acknowledgement_is_asked_for(subscriber):
    alice = subscriber(clientPublish="deny")

    alice.tell("publish", {"topic": "snapshot", "payload": 1})

    assert alice.next("error")["code"] == "PUBLISH_DENIED"


@pytest.mark.parametrize("choice", ["deny", "handle"])
def test_deny_and_handle_relay_nothing(subscriber, choice):
    alice = subscriber(clientPublish=choice)

    alice.publish("snapshot", "unheard")

    # Whatever was sent to alice before this answer has arrived before it.
    alice.unsubscribe("snapshot")
    assert alice.heard("snapshot") == []


def test_handle_refuses_where_no_handler_is_registered(subscriber):
    # Handlers are a library's matter; a server from a file has none, and nothing is ignored in silence.
    alice = subscriber(clientPublish="handle")

    answer = alice.publish("snapshot", 1)

    assert answer["ok"] is False
    assert answer["code"] == "PUBLISH_DENIED"


def test_relay_is_what_happens_when_asked_for_and_by_default(subscriber):
    for keys in ({}, {"clientPublish": "relay"}):
        alice = subscriber(**keys)
        assert alice.publish("snapshot", 1)["recipients"] == 1
        assert alice.next("snapshot") == 1


@pytest.mark.parametrize("policy", ["ACK_ON_RECEIPT", "ACK_AFTER_HANDLER_SUCCESS"])
def test_where_no_handler_is_registered_either_policy_acknowledges(subscriber, policy):
    alice = subscriber(inboundAckPolicy=policy)

    assert alice.publish("snapshot", 1)["ok"] is True
    assert alice.next("snapshot") == 1
