"""SIGTERM: clients are told, what is queued is delivered, and the server ends with 0."""

import json
import signal

import pytest

from harness.configuration import QUIET, acknowledged, feed, servers
from harness.settle import settle

LANE = 16
FILL = "x" * 60_000


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_clients_are_told_before_the_server_stops(serve, client, transport):
    server = serve(shutdownDrainMs=45_678)
    alice = client(server, transport=transport)
    # Long-polling needs a connection to ask on and one to send on: no new one is accepted once the server stops.
    alice.subscribe("snapshot")

    server.ask_to_stop()

    assert alice.next("server_draining") == {"inMs": 45_678}
    alice.wait_for_disconnect()
    server.stop()


def test_messages_queued_for_a_paused_client_reach_it(serve, client, raw_websocket):
    lane = feed(overflowAction="DROP_OLDEST", maxQueuedMessagesPerClient=LANE, maxQueuedBytesPerClient=8_000_000)
    server = serve(namespaces=[lane], shutdownDrainMs=60_000, **QUIET)
    alice, paused = client(server), raw_websocket(server)
    paused.subscribe("snapshot")
    for number in range(200):
        alice.publish("snapshot", {"n": number, "fill": FILL})

    server.ask_to_stop()
    alice.next("server_draining")

    received = []
    while not received or received[-1] != 199:
        packet = paused.packet_starting('42/feed,["snapshot"')
        received.append(json.loads(packet.removeprefix(b"42/feed,"))[1]["n"])
    assert received[-LANE:] == list(range(184, 200))
    paused.wait_for_close()
    server.stop()


def test_messages_queued_for_a_polling_client_reach_its_next_poll(serve, client, raw_polling):
    server = serve(shutdownDrainMs=60_000, **QUIET)
    alice, bob = client(server), raw_polling(server)
    for number in range(10):
        alice.publish("snapshot", number)

    server.ask_to_stop()
    alice.next("server_draining")

    messages = [bob.packet_starting('42/feed,["snapshot"') for _ in range(10)]
    assert messages == [b'42/feed,["snapshot",%d]' % number for number in range(10)]
    server.stop()


def test_the_log_says_how_many_messages_did_not_reach_anybody_in_time(serve, client, raw_polling, raw_websocket):
    namespaces = [
        feed(overflowAction="SPILL_TO_DISK", maxQueuedMessagesPerClient=LANE),
        acknowledged(path="/sure"),
    ]
    server = serve(namespaces=namespaces, shutdownDrainMs=200, **QUIET)
    alice, asleep, awake = client(server, more_namespaces=["/sure"]), raw_polling(server), raw_websocket(server, joined=False)
    for number in range(LANE + 5):
        alice.publish("snapshot", number)
    settle(alice, asleep)
    awake.send("40/sure,")
    awake.send('42/sure,["subscribe",{"topic":"snapshot"}]')
    awake.packet_starting('42/sure,["subscribed"')
    alice.ask("publish", {"topic": "snapshot", "payload": "not acknowledged"}, namespace="/sure")
    awake.packet_starting('42/sure,["snapshot"')

    server.stop()

    # Those that waited in memory and on the disk, and the one in flight.
    server.line(rf"warning .*messages={LANE + 5 + 1} .*shutdownDrainMs=200 .*stopping with messages unfinished", server.err)


def test_a_client_that_never_reads_cannot_hold_up_the_stop(serve, client, raw_websocket):
    lane = feed(overflowAction="DROP_OLDEST", maxQueuedMessagesPerClient=LANE, maxQueuedBytesPerClient=8_000_000)
    server = serve(namespaces=[lane], shutdownDrainMs=200, **QUIET)
    alice, stuck = client(server), raw_websocket(server)
    stuck.subscribe("snapshot")
    for number in range(200):
        alice.publish("snapshot", {"n": number, "fill": FILL})

    server.stop()


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_second_signal_stops_the_server_at_once(serve, client, raw_websocket, first):
    lane = feed(overflowAction="DROP_OLDEST", maxQueuedMessagesPerClient=LANE, maxQueuedBytesPerClient=8_000_000)
    server = serve(namespaces=[lane], shutdownDrainMs=2_000_000, **QUIET)
    alice, stuck = client(server), raw_websocket(server)
    stuck.subscribe("snapshot")
    for number in range(200):
        alice.publish("snapshot", {"n": number, "fill": FILL})
    server.ask_to_stop(first)
    alice.next("server_draining")

    server.stop_at_once()

    assert "stopped at once, before all that was queued was delivered" in server.stderr


def test_every_server_of_a_file_drains(serve_file, client):
    both = serve_file(servers(feed={}, control={"namespaces": [feed(path="/commands")]}), listeners=2)
    alice, bob = client(both.urls["feed"]), client(both.urls["control"], namespace="/commands")

    both.ask_to_stop()

    assert alice.next("server_draining") == {"inMs": 5_000}
    assert bob.next("server_draining") == {"inMs": 5_000}
    both.stop()
