"""What clients do wrong is in the log, and can't fill it."""

import re

import pytest
import requests

from harness.configuration import QUIET, feed
from harness.raw_polling import RawPolling


def log_line(server, pattern):
    return server.line(pattern, server.err)


def test_a_request_that_is_refused_is_logged_with_its_code_and_reason(server, client):
    alice = client(server)

    alice.subscribe("no such topic")

    log_line(server, r"notice .*UNKNOWN_TOPIC: /feed has no such topic.*\[StreamFence\] request refused")


def test_a_namespace_that_does_not_exist_is_logged(server, raw_websocket):
    alice = raw_websocket(server, joined=False)

    alice.send("40/nowhere,")

    log_line(server, r"notice .*/nowhere: Invalid namespace.*\[StreamFenceSocketIO\] join refused")


def test_a_transport_that_is_refused_is_logged(serve, raw_polling):
    server = serve(namespaces=[{"path": "/feed", "topics": ["snapshot"], "allowPolling": False}])
    alice = RawPolling.opened(server.url)

    alice.send("40/feed,")

    log_line(server, r"notice .*/feed: /feed is served over websocket only.*join refused")


@pytest.mark.parametrize(
    "query, reason",
    [
        ("EIO=3&transport=polling", "Unsupported protocol version"),
        ("EIO=4&transport=pigeon", "Transport unknown"),
        ("EIO=4&transport=polling&sid=none", "Session ID unknown"),
    ],
)
def test_an_http_request_that_is_refused_is_logged(server, query, reason):
    requests.get(f"{server.url}/socket.io/?{query}")

    log_line(server, rf"notice .*{reason}.*\[StreamFenceEngineIO\] HTTP request refused")


def test_an_origin_that_is_refused_is_logged(server):
    requests.get(f"{server.url}/socket.io/?EIO=4&transport=polling", headers={"Origin": "https://evil.example"})

    log_line(server, r"notice .*Forbidden.*HTTP request refused")


@pytest.mark.parametrize(
    "packet, line",
    [
        (b"4\xff", r"not UTF-8.*polling payload refused"),
        (b"9", r"invalid_packet.*polling payload refused"),
        (b"2", r"an open or ping packet from a client.*packet refused"),
        (b"42/feed,[", r"packet refused"),
        (b"4" + b"x" * 1_000_000, r"larger than maxPayload.*polling payload refused"),
    ],
)
def test_a_payload_that_is_refused_is_logged(server, raw_polling, packet, line):
    raw_polling(server).post(packet)

    log_line(server, rf"notice .*{line}")


def test_a_flood_of_refusals_leaves_ten_lines_and_other_kinds_are_still_logged(server, client, raw_websocket):
    alice = client(server)
    for _ in range(100):
        alice.subscribe("no such topic")

    raw_websocket(server, joined=False).send("40/nowhere,")

    log_line(server, r"join refused")
    # Two windows at the most, should a slow machine take longer than the ten seconds of one.
    lines = re.findall(r"notice .*request refused", server.stderr)
    assert 10 <= len(lines) <= 40, len(lines)


def test_what_clients_have_lost_is_logged_by_topic(serve, client, raw_websocket):
    lane = feed(overflowAction="DROP_OLDEST", maxQueuedMessagesPerClient=16, maxQueuedBytesPerClient=8_000_000)
    server = serve(namespaces=[lane], shutdownDrainMs=1, **QUIET)
    alice, paused = client(server), raw_websocket(server)
    paused.subscribe("snapshot")
    for number in range(200):
        alice.publish("snapshot", {"n": number, "fill": "x" * 60_000})

    server.stop()

    # Every ten seconds, so that a slow machine may have told of some before.
    pattern = r"notice .*dropped=(\d+) namespace=/feed .*topic=snapshot .*clients have lost messages"
    lines = re.findall(pattern, server.stderr)
    assert sum(map(int, lines)) == server.counts()["messages_dropped"] > 0
