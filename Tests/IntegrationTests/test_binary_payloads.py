"""Bytes inside payloads, between every two transports."""

import pytest

EVERY_BYTE = bytes(range(256))


@pytest.mark.parametrize("publisher_transport", ["websocket", "polling", "upgrade"])
@pytest.mark.parametrize("subscriber_transport", ["websocket", "polling", "upgrade"])
def test_bytes_arrive_intact(server, client, publisher_transport, subscriber_transport):
    alice = client(server, transport=publisher_transport)
    bob = client(server, transport=subscriber_transport)
    bob.subscribe("snapshot")
    payload = {"name": "image", "parts": [EVERY_BYTE, {"tail": b"\x00\xff"}], "again": EVERY_BYTE[::-1]}

    assert alice.publish("snapshot", payload)["ok"] is True

    assert bob.next("snapshot") == payload


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_a_payload_may_be_nothing_but_bytes(server, client, transport):
    alice = client(server, transport=transport)
    alice.subscribe("snapshot")

    alice.publish("snapshot", EVERY_BYTE)

    assert alice.next("snapshot") == EVERY_BYTE


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_text_and_bytes_keep_their_order(server, client, transport):
    alice, bob = client(server), client(server, transport=transport)
    bob.subscribe("snapshot")
    payloads = [number if number % 3 else bytes([number]) * number for number in range(30)]

    for payload in payloads:
        alice.publish("snapshot", payload)

    assert [bob.next("snapshot") for _ in payloads] == payloads


def test_bytes_may_be_as_large_as_the_lanes_allow(server, client):
    alice, bob = client(server), client(server, transport="polling")
    bob.subscribe("snapshot")
    large = EVERY_BYTE * 1_000

    alice.publish("snapshot", {"large": large})

    assert bob.next("snapshot") == {"large": large}
