"""The official JavaScript client over websocket, under Node."""

import pytest

from harness.configuration import feed
from harness.talk import check_talk


def test_it_subscribes_publishes_receives_and_leaves(server, node_client):
    node = node_client("node-talk", server)

    check_talk(node, transport="websocket")

    node.next("disconnected", reason="io client disconnect")
    assert node.wait() == 0


def test_it_receives_what_python_publishes_text_and_bytes(server, node_client, client):
    node, alice = node_client("node-listen", server), client(server)
    node.next("answer", to="subscribe", answer={"ok": True, "topic": "snapshot"})

    for payload in ({"price": 1.5}, {"bytes": bytes(range(256))}, "last"):
        assert alice.publish("snapshot", payload)["recipients"] == 1

    assert node.next("event", event="snapshot")["values"] == [{"price": 1.5}]
    assert node.next("event", event="snapshot")["values"] == [{"bytes": {"bytes": list(range(256))}}]
    assert node.next("event", event="snapshot")["values"] == ["last"]


def test_python_receives_what_it_publishes(server, node_client, client):
    alice = client(server)
    alice.subscribe("snapshot")

    node_client("node-talk", server).next("finished talking")

    assert [alice.next("snapshot") for _ in range(40)] == [{"n": number} for number in range(40)]
    assert alice.next("snapshot") == {"text": "Grüße 👋", "bytes": bytes([0, 1, 127, 128, 255])}


def test_it_is_told_that_a_namespace_does_not_exist(server, node_client):
    node = node_client("node-listen", server, namespace="/no-such-namespace")

    assert node.next("refused")["message"] == "Invalid namespace"


def test_it_may_use_a_namespace_without_polling(serve, node_client):
    node = node_client("node-listen", serve(namespaces=[feed(allowPolling=False)]))

    node.next("answer", to="subscribe", answer={"ok": True, "topic": "snapshot"})


def test_it_is_told_that_the_server_stops(serve, node_client):
    server = serve(shutdownDrainMs=45_678)
    node = node_client("node-listen", server)
    node.next("answer", to="subscribe")

    server.stop()

    assert node.next("event", event="server_draining")["values"] == [{"inMs": 45_678}]
    node.next("disconnected")
    assert node.wait() == 0


@pytest.mark.parametrize("topic", ["no-such-topic"])
def test_it_is_told_that_a_topic_does_not_exist(server, node_client, topic):
    node = node_client("node-listen", server, topic=topic)

    assert node.next("answer", to="subscribe")["answer"]["code"] == "UNKNOWN_TOPIC"
    assert node.next("event", event="error")["values"][0]["code"] == "UNKNOWN_TOPIC"
