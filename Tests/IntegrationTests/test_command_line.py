"""Exit codes: 0 fine, 1 failed while running, 64 bad usage, 78 bad configuration. Errors go to standard error."""

import signal
import socket

import pytest


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
