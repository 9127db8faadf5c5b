"""Namespaces: unknown ones, the root, several over one connection."""

import pytest

from harness.configuration import feed
from harness.socketio_client import Refused


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_an_unknown_namespace_is_refused(server, client, transport):
    with pytest.raises(Refused) as refused:
        client(server, namespace="/no-such-namespace", transport=transport)

    assert refused.value.answer == {"message": "Invalid namespace"}


def test_the_root_is_no_namespace_unless_it_is_configured(server, client):
    with pytest.raises(Refused) as refused:
        client(server, namespace="/")

    assert refused.value.answer == {"message": "Invalid namespace"}


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_the_root_may_be_configured(serve, client, transport):
    alice = client(serve(namespaces=[feed(path="/")]), namespace="/", transport=transport)
    alice.subscribe("snapshot")

    alice.publish("snapshot", 1)

    assert alice.next("snapshot") == 1


def test_one_connection_carries_several_namespaces(serve, client):
    server = serve(namespaces=[feed(), {"path": "/prices", "topics": ["bid", "ask"]}])
    alice = client(server, namespace="/feed", more_namespaces=["/prices"])
    alice.subscribe("snapshot")
    assert alice.ask("subscribe", {"topic": "ask"}, namespace="/prices") == {"ok": True, "topic": "ask"}

    alice.publish("snapshot", "in feed")
    alice.ask("publish", {"topic": "ask", "payload": "in prices"}, namespace="/prices")

    assert alice.next("snapshot", namespace="/feed") == "in feed"
    assert alice.next("ask", namespace="/prices") == "in prices"


def test_leaving_one_namespace_keeps_the_other(serve, raw_websocket):
    server = serve(namespaces=[feed(), {"path": "/prices", "topics": ["bid"]}])
    alice = raw_websocket(server)
    alice.subscribe("snapshot")
    alice.send("40/prices,")
    alice.packet_starting("40/prices,")
    alice.subscribe("bid", namespace="/prices")

    alice.send("41/feed,")
    alice.send('42/prices,7["publish",{"topic":"bid","payload":1.10}]')

    assert alice.packet_starting('42/prices,["bid"') == b'42/prices,["bid",1.10]'


def test_a_namespace_can_be_joined_again_after_leaving_it(server, raw_websocket):
    alice = raw_websocket(server)
    alice.subscribe("snapshot")

    alice.send("41/feed,")
    alice.send("40/feed,")
    alice.packet_starting("40/feed,")
    alice.send('42/feed,7["publish",{"topic":"snapshot","payload":1}]')

    # The subscription went with the namespace.
    assert b'"recipients":0' in alice.packet_starting("43/feed,7").replace(b" ", b"")
