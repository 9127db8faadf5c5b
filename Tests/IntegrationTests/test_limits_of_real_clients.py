"""limits, as both libraries' clients meet them over ws, wss, long-polling and upgrades."""

import contextlib

import pytest
from socketio.exceptions import SocketIOError

from harness.both_ways import BothWays
from harness.configuration import feed
from harness.socketio_client import Refused


@pytest.fixture
def limited(serve_file, authority):
    """limited(subscriptionsPerClient=1) -> servers with these limits."""
    namespace = feed(topics=["snapshot", "more"], maxQueuedMessagesPerClient=1_000)
    return lambda **limits: BothWays(serve_file, authority, namespaces=[namespace], limits=limits)


def test_a_subscription_beyond_those_of_a_client_is_refused(limited, any_client):
    servers = limited(subscriptionsPerClient=1)

    for url, transport in servers.ways():
        each = any_client(url, transport=transport)
        assert each.subscribe("snapshot")["ok"] is True
        assert each.subscribe("more")["code"] == "RATE_LIMITED"
        assert each.publish("snapshot", transport)["ok"] is True
        assert each.next("snapshot") == transport


def test_a_session_beyond_those_of_an_address_is_refused(limited, any_client):
    servers = limited(connectionsPerAddress=3)
    members = [any_client(url, transport=transport) for url, transport in servers.ways()]

    for url, transport in servers.ways(["websocket", "polling"]):
        with pytest.raises(Refused):
            any_client(url, transport=transport)
    for each in members:
        assert each.subscribe("snapshot")["ok"] is True


def test_who_sends_beyond_the_rate_is_disconnected_and_nobody_else(limited, any_client):
    servers = limited(inboundMessagesPerSecond=100)

    for url, transport in servers.ways():
        hasty, calm = any_client(url, transport=transport), any_client(url, transport=transport)
        calm.subscribe("snapshot")
        with contextlib.suppress(SocketIOError):
            for number in range(3_000):
                hasty.tell("publish", {"topic": "snapshot", "payload": number})
        hasty.wait_for_disconnect()
        assert calm.publish("snapshot", "calm")["ok"] is True
        heard = [calm.next("snapshot")]
        while heard[-1] != "calm":
            heard.append(calm.next("snapshot"))
        # A second's worth at once, and what there was room for again meanwhile.
        assert heard[:-1] == sorted(heard[:-1])
        assert 90 <= len(heard) < 2_700
