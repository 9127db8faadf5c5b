"""Well-formed Socket.IO, but not a request of this protocol: answered with INVALID_REQUEST, never ignored."""

import pytest

#: The event and its arguments.
INVALID = {
    "subscribe without an argument": ("subscribe",),
    "subscribe with text": ("subscribe", "snapshot"),
    "subscribe with a number": ("subscribe", 1),
    "subscribe with null": ("subscribe", None),
    "subscribe with a list": ("subscribe", ["snapshot"]),
    "subscribe without a topic": ("subscribe", {}),
    "subscribe with a number as topic": ("subscribe", {"topic": 1}),
    "subscribe with null as topic": ("subscribe", {"topic": None}),
    "subscribe with a number as token": ("subscribe", {"topic": "snapshot", "token": 1}),
    "subscribe with bytes as topic": ("subscribe", {"topic": b"snapshot"}),
    "unsubscribe without a topic": ("unsubscribe", {}),
    "publish without an argument": ("publish",),
    "publish without a topic": ("publish", {"payload": 1}),
    "publish without a payload": ("publish", {"topic": "snapshot"}),
    "publish with a list as topic": ("publish", {"topic": ["snapshot"], "payload": 1}),
    "publish with a number as key": ("publish", {"topic": "snapshot", "payload": 1, "key": 1}),
    "an event that does not exist": ("subscrible", {"topic": "snapshot"}),
}


@pytest.fixture
def alice(server, client):
    return client(server)


@pytest.mark.parametrize("request_sent", INVALID.values(), ids=INVALID.keys())
def test_it_is_refused_in_the_acknowledgement_and_the_connection_lives(alice, request_sent):
    answer = alice.ask(*request_sent)

    assert answer["ok"] is False
    assert answer["code"] == "INVALID_REQUEST"
    assert answer["message"]
    assert alice.subscribe("snapshot")["ok"] is True


@pytest.mark.parametrize("request_sent", INVALID.values(), ids=INVALID.keys())
def test_it_is_refused_by_event_where_no_acknowledgement_is_asked_for(alice, request_sent):
    alice.tell(*request_sent)

    error = alice.next("error")
    assert error["code"] == "INVALID_REQUEST"
    assert error["message"]


@pytest.mark.parametrize("name", ["1", '""', '"no such event"'])
def test_an_event_of_any_name_is_answered(server, raw_websocket, name):
    # Socket.IO allows numbers, which no client library sends by itself.
    alice = raw_websocket(server)

    alice.send(f'42/feed,7[{name},{{"topic":"snapshot"}}]')

    assert b"INVALID_REQUEST" in alice.packet_starting("43/feed,7")


def test_an_answer_never_echoes_a_token(alice):
    answer = alice.ask("subscribe", {"topic": "no-such-topic", "token": "top-secret"})

    assert "top-secret" not in str(answer)
    assert "top-secret" not in str(alice.next("error"))
