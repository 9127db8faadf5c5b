"""Exit codes: 0 fine, 1 failed while running, 64 bad usage, 78 bad configuration. Errors go to standard error."""

import json
import signal
import socket

import pytest

from harness.configuration import QUIET, feed


def test_publishing_to_an_unknown_topic_fails_with_its_code(streamfence, server):
    publisher = streamfence("publish", f"{server.url}/feed", "no-such-topic", "1")

    assert publisher.wait() == 1
    assert "UNKNOWN_TOPIC" in publisher.stderr
    assert publisher.stdout == ""


def test_subscribing_to_an_unknown_topic_fails_with_its_code(streamfence, server):
    subscriber = streamfence("subscribe", f"{server.url}/feed", "no-such-topic")

    assert subscriber.wait() == 1
    assert "UNKNOWN_TOPIC" in subscriber.stderr


@pytest.mark.parametrize("command", [["subscribe"], ["publish", "1"]], ids=["subscribe", "publish"])
def test_an_unknown_namespace_fails_with_the_servers_words(streamfence, server, command):
    verb, *payload = command
    run = streamfence(verb, f"{server.url}/no-such-namespace", "snapshot", *payload)

    assert run.wait() == 1
    assert "Invalid namespace" in run.stderr


@pytest.mark.parametrize("command", [["subscribe"], ["publish", "1"]], ids=["subscribe", "publish"])
def test_a_server_that_is_not_there_fails(streamfence, command):
    verb, *payload = command
    with socket.socket() as bound_but_not_listening:
        bound_but_not_listening.bind(("127.0.0.1", 0))
        port = bound_but_not_listening.getsockname()[1]
        run = streamfence(verb, f"http://127.0.0.1:{port}/feed", "snapshot", *payload)

        assert run.wait() == 1
        assert str(port) in run.stderr


def test_a_subscriber_fails_when_the_server_goes_away(streamfence, server):
    subscriber = streamfence("subscribe", f"{server.url}/feed", "snapshot")
    subscriber.line("subscribed", subscriber.err)

    server.stop()

    assert subscriber.wait() == 1
    assert subscriber.stdout == ""


@pytest.mark.parametrize("text", ['{"price":', "nonsense", "", "1 2", "01", '"\\x"'])
def test_a_payload_that_is_not_json_is_bad_usage(streamfence, server, text):
    publisher = streamfence("publish", f"{server.url}/feed", "snapshot", text)

    assert publisher.wait() == 64
    assert "JSON" in publisher.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["serve", "--no-such-option"],
        ["serve", "--port", "many"],
        ["serve", "--port", "65536"],
        ["serve", "--config"],
        ["subscribe"],
        ["subscribe", "http://127.0.0.1:1/feed"],
        ["publish", "http://127.0.0.1:1/feed", "snapshot"],
        ["publish", "not a url", "snapshot", "1"],
    ],
    ids=" ".join,
)
def test_wrong_arguments_are_bad_usage(streamfence, arguments):
    run = streamfence(*arguments)

    assert run.wait() == 64
    assert run.stderr != ""
    assert run.stdout == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_server_that_is_asked_to_stop_ends_with_0(server, number):
    server.stop(number)


@pytest.fixture
def alerts(serve):
    """A server that sends messages on `/feed` again, after a time that nobody has to wait long for."""
    return serve(namespaces=[feed(deliveryMode="AT_LEAST_ONCE", ackTimeoutMs=50, maxRetries=2, notifyGaps=True)])


def publish(streamfence, server, payload, *options):
    publisher = streamfence("publish", f"{server.url}/feed", "snapshot", json.dumps(payload), *options)
    assert publisher.wait() == 0, publisher.stderr
    return json.loads(publisher.stdout)["messageId"]


def test_a_message_that_is_not_acknowledged_is_printed_once_and_told_each_time_it_comes(streamfence, alerts):
    subscriber = streamfence("subscribe", f"{alerts.url}/feed", "snapshot", "--count", "2")
    subscriber.line("subscribed", subscriber.err)

    first = publish(streamfence, alerts, "first")
    for _ in range(2):
        subscriber.line(rf"^received again: {first}$", subscriber.err)
    # It is given up, so there is room for the next; what was lost before that is told.
    publish(streamfence, alerts, "second")

    assert subscriber.wait() == 0, subscriber.stderr
    assert subscriber.stdout.splitlines() == ['"first"', '"second"']
    subscriber.line(r'^gap \{"topic":"snapshot","dropped":1,"reason":"retry_exhausted"\}$', subscriber.err)


def test_a_message_that_is_acknowledged_makes_room_for_the_next(streamfence, serve):
    # One in flight, and as good as for ever: only an acknowledgement lets the next one pass.
    patient = feed(deliveryMode="AT_LEAST_ONCE", ackTimeoutMs=600_000, maxRetries=1, maxInFlight=1)
    server = serve(namespaces=[patient])
    subscriber = streamfence("subscribe", f"{server.url}/feed", "snapshot", "--ack", "--count", "3")
    subscriber.line("subscribed", subscriber.err)

    for number in range(3):
        publish(streamfence, server, number)

    assert subscriber.wait() == 0, subscriber.stderr
    assert subscriber.stdout.splitlines() == ["0", "1", "2"]
    assert "again" not in subscriber.stderr


def test_a_message_published_with_a_key_takes_the_place_of_a_waiting_one(streamfence, serve, client, raw_websocket):
    server = serve(namespaces=[feed(coalesce=True, maxQueuedBytesPerClient=8_000_000)], **QUIET)
    paused, alice = raw_websocket(server), client(server)
    paused.subscribe("snapshot")
    # Far more than the connection takes without anybody reading; the last ten wait.
    for number in range(100):
        alice.publish("snapshot", "x" * 60_000, key=f"fill {number % 10}")

    publish(streamfence, server, "old", "--key", "EURUSD")
    publish(streamfence, server, "other", "--key", "EURGBP")
    publish(streamfence, server, "new", "--key", "EURUSD")

    packet, received = b"", []
    while not packet.endswith(b'"other"]'):
        packet = paused.next_packet()
        received.append(packet)
    assert received[-2].endswith(b'"new"]')
    assert not any(packet.endswith(b'"old"]') for packet in received)
