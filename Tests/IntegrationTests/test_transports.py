"""Which transports a client may use, and what the handshake tells it."""

import pytest
import requests

from harness.configuration import feed
from harness.raw_websocket import RawWebSocket
from harness.socketio_client import Refused

HANDSHAKE_KEYS = {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}


def test_the_handshake_tells_the_configured_values(serve, raw_websocket, raw_polling):
    server = serve(pingIntervalMs=12_345, pingTimeoutMs=6_789, maxPayload=54_321)

    for client, upgrades in ((raw_websocket(server), []), (raw_polling(server), ["websocket"])):
        handshake = client.handshake
        assert handshake.keys() == HANDSHAKE_KEYS
        assert handshake["upgrades"] == upgrades
        assert handshake["pingInterval"] == 12_345
        assert handshake["pingTimeout"] == 6_789
        assert handshake["maxPayload"] == 54_321


def test_the_handshake_tells_the_defaults(server, raw_polling):
    handshake = raw_polling(server).handshake

    assert handshake["pingInterval"] == 25_000
    assert handshake["pingTimeout"] == 20_000
    assert handshake["maxPayload"] == 1_000_000


def test_a_namespace_without_polling_refuses_a_polling_client_and_says_why(serve, client):
    server = serve(namespaces=[feed(allowPolling=False)])

    with pytest.raises(Refused) as refused:
        client(server, transport="polling")

    answer = refused.value.answer
    assert answer["message"]
    assert answer["data"]["code"] == "TRANSPORT_REJECTED"
    assert answer["data"]["transports"] == ["websocket"]


@pytest.mark.parametrize("transport", ["websocket", "upgrade"])
def test_a_namespace_without_polling_takes_a_websocket_client(serve, client, transport):
    # python-socketio joins its namespaces after the upgrade, so it may come by polling.
    server = serve(namespaces=[feed(allowPolling=False)])

    assert client(server, transport=transport).subscribe("snapshot")["ok"] is True


def test_a_namespace_without_polling_leaves_the_others_alone(serve, client):
    server = serve(namespaces=[feed(allowPolling=False), {"path": "/prices", "topics": ["bid"]}])

    assert client(server, namespace="/prices", transport="polling").subscribe("bid")["ok"] is True


def test_a_websocket_only_server_has_no_polling(serve, client):
    server = serve(engineIoTransport="WEBSOCKET_ONLY")

    answer = requests.get(f"{server.url}/socket.io/?EIO=4&transport=polling", timeout=60)
    assert answer.status_code == 400
    assert answer.json()["code"] == 0
    with pytest.raises(Refused):
        client(server, transport="polling")


def test_a_websocket_only_server_takes_websocket_clients(serve, client):
    alice = client(serve(engineIoTransport="WEBSOCKET_ONLY"), transport="websocket")
    alice.subscribe("snapshot")

    alice.publish("snapshot", 1)

    assert alice.next("snapshot") == 1


def test_messages_waiting_for_a_polling_client_follow_it_to_its_websocket(server, raw_polling, client, cleanup):
    alice, bob = client(server), raw_polling(server)
    for number in range(5):
        alice.publish("snapshot", number)

    upgraded = RawWebSocket(server.url, sid=bob.sid)
    cleanup.callback(upgraded.close)
    upgraded.send("2probe")
    assert upgraded.next_packet() == b"3probe"
    for number in range(5, 10):
        alice.publish("snapshot", number)
    upgraded.send("5")
    alice.publish("snapshot", 10)

    assert [upgraded.next_packet() for _ in range(11)] == [b'42/feed,["snapshot",%d]' % n for n in range(11)]
