"""The management port: metrics that are what clients saw, health, and publishing without Socket.IO."""

import json
import signal
import socket
import time

import pytest

from harness import configuration
from harness.configuration import QUIET, acknowledged, feed
from harness.counts import OUTCOMES
from harness.journal import PATIENCE
from harness.management import Management
from harness.packet import event, message_id, payload
from harness.settle import settle

TOKEN = "the-token-of-this-test"


@pytest.fixture
def managed(serve_file):
    """managed(token=None, namespaces=[...]) -> a server named feed with these keys, and its management port."""
    def start(token=None, more_servers=None, **keys):
        servers = {"feed": keys, **(more_servers or {})}
        management = {"port": 0, **({"token": token} if token else {})}
        text = configuration.servers(**servers) + f"management: {json.dumps(management)}\n"
        server = serve_file(text, listeners=len(servers) + 1)
        return server, Management(server.urls.pop("management"), token)

    return start


def test_after_drops_spills_and_retries_the_metrics_are_what_the_clients_saw(managed, client, raw_polling, raw_websocket):
    lane = {"maxQueuedMessagesPerClient": 10}
    server, management = managed(
        namespaces=[
            feed(**lane, path="/drops", overflowAction="DROP_OLDEST"),
            feed(**lane, path="/spills", overflowAction="SPILL_TO_DISK"),
            acknowledged(path="/window", maxInFlight=3),
            acknowledged(path="/retries", ackTimeoutMs=20, maxRetries=2),
        ],
        **QUIET,
    )
    alice = client(server, namespace="/drops", more_namespaces=["/spills", "/window", "/retries"])
    drops, spills = raw_polling(server, namespace="/drops"), raw_polling(server, namespace="/spills")
    window, retries = (raw_websocket(server, joined=False) for _ in range(2))
    join(window, "/window")
    join(retries, "/retries")

    for namespace in ("/drops", "/spills"):
        for number in range(50):
            alice.ask("publish", {"topic": "snapshot", "payload": number}, namespace=namespace)
    for number in range(5):
        alice.ask("publish", {"topic": "snapshot", "payload": number}, namespace="/window")
    settle(alice, drops)
    settle(alice, spills)
    in_flight = [message_id(window.next_packet()) for _ in range(3)]
    alice.ask("publish", {"topic": "snapshot", "payload": "never acknowledged"}, namespace="/retries")
    attempts = [payload(retries.next_packet()) for _ in range(3)]

    metrics = until(management, lambda metrics: metrics.of("retries_exhausted", namespace="/retries") == 1)
    assert attempts == ["never acknowledged"] * 3
    assert metrics.of("retries", namespace="/retries") == 2
    assert metrics.of("messages_dropped", namespace="/drops") == 40
    assert metrics.of("queue_overflow", namespace="/drops", reason="queue_full") == 40
    assert metrics.of("queued_messages", namespace="/drops") == 10
    assert metrics.of("queued_messages", namespace="/spills") == 10
    assert metrics.of("spilled_messages", namespace="/spills") == 40
    assert metrics.of("in_flight_messages", namespace="/window") == 3
    assert metrics.of("queued_messages", namespace="/window") == 2
    for name in ("/drops", "/spills"):
        assert metrics.of("messages_published", namespace=name, topic="snapshot", server="feed") == 50
    assert metrics.of("open_connections") == 5
    assert metrics.of("connected_clients", namespace="/drops") == 2
    add_up(metrics)
    assert metrics.checked_by_promtool() == (0, "")

    for each in in_flight:
        assert window.acknowledge(each)
    assert [payload(packet) for packet in drops.messages(10)] == list(range(40, 50))
    assert [payload(packet) for packet in spills.messages(50)] == list(range(50))
    metrics = until(management, lambda metrics: metrics.of("messages_delivered", namespace="/spills") == 50)
    assert metrics.of("messages_delivered", namespace="/drops") == 10
    assert metrics.of("messages_acknowledged", namespace="/window") == 3
    assert metrics.of("in_flight_messages", namespace="/window") == 2
    assert metrics.of("spilled_messages") == metrics.of("queued_messages") == 0
    add_up(metrics)


def join(raw, namespace):
    raw.send(f"40{namespace},")
    raw.packet_starting(f"40{namespace},")
    raw.namespace = namespace
    raw.subscribe("snapshot")


def until(management, holds):
    """The first metrics for which it holds."""
    end = time.monotonic() + PATIENCE
    while not holds(metrics := management.metrics()):
        assert time.monotonic() < end, metrics.text
        time.sleep(0.02)
    return metrics


def add_up(metrics):
    held = sum(metrics.of(name) for name in ("queued_messages", "in_flight_messages", "spilled_messages"))
    assert metrics.of("messages_offered") == sum(metrics.of(name) for name in OUTCOMES) + held, metrics.text


def test_the_metrics_of_all_servers_are_one_text_that_promtool_accepts(managed, client):
    server, management = managed(more_servers={"control": {"namespaces": [acknowledged(path="/a")]}})
    bob = client(server.urls["control"], namespace="/a")

    metrics = management.metrics()

    assert metrics.of("connected_clients", server="control", namespace="/a") == 1
    assert metrics.of("connected_clients", server="feed", namespace="/feed") == 0
    assert metrics.text.count("# TYPE streamfence_connected_clients gauge\n") == 1
    assert metrics.checked_by_promtool() == (0, "")
    bob.close()


def test_a_message_published_by_http_reaches_a_subscriber_byte_for_byte(managed, raw_websocket):
    server, management = managed()
    bob = raw_websocket(server)
    bob.subscribe("snapshot")
    value = '{"b" : 1.0, "a":[1e2, "\\u00fc\\/ü"], "b":2}'

    status, answer = management.publish('{"namespace":"/feed","topic":"snapshot","payload": %s }' % value)

    assert status == 200
    assert answer["ok"] is True
    assert answer["recipients"] == 1
    assert answer["messageId"]
    assert bob.next_packet() == f'42/feed,["snapshot",{value}]'.encode()


def test_a_message_for_one_client_reaches_nobody_else(managed, client):
    server, management = managed()
    alice, bob = client(server), client(server)
    for each in (alice, bob):
        each.subscribe("snapshot")
    body = {"namespace": "/feed", "topic": "snapshot", "payload": "for bob", "clientId": bob.id}

    status, answer = management.publish(body)

    assert (status, answer["recipients"]) == (200, 1)
    assert bob.next("snapshot") == "for bob"
    alice.publish("snapshot", "for all")
    assert alice.next("snapshot") == bob.next("snapshot") == "for all"
    bob.unsubscribe("snapshot")
    status, answer = management.publish(body)
    assert (status, answer["code"]) == (409, "NOT_SUBSCRIBED")


def test_each_message_of_a_batch_is_answered_and_delivered_in_order(managed, client):
    server, management = managed()
    bob = client(server)
    bob.subscribe("snapshot")
    batch = [{"namespace": "/feed", "topic": "snapshot", "payload": number} for number in range(100)]
    batch[50]["topic"] = "none"

    status, answers = management.publish(batch, "/api/publish/batch")

    assert status == 200
    assert [answer["ok"] for answer in answers] == [number != 50 for number in range(100)]
    assert answers[50]["code"] == "UNKNOWN_TOPIC"
    assert [bob.next("snapshot") for _ in range(99)] == [number for number in range(100) if number != 50]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "INVALID_REQUEST"),
        ("{", 400, "INVALID_REQUEST"),
        (b"\xff", 400, "INVALID_REQUEST"),
        ("[" * 1000, 400, "INVALID_REQUEST"),
        ({"namespace": "/feed", "topic": "snapshot", "payload": 1, "clientID": "x"}, 400, "INVALID_REQUEST"),
        ({"namespace": "/nowhere", "topic": "snapshot", "payload": 1}, 404, "UNKNOWN_NAMESPACE"),
        ({"namespace": "/feed", "topic": "none", "payload": 1}, 404, "UNKNOWN_TOPIC"),
        ({"server": "none", "namespace": "/feed", "topic": "snapshot", "payload": 1}, 404, "UNKNOWN_SERVER"),
        ({"namespace": "/feed", "topic": "snapshot", "payload": "x" * 600_000}, 413, "PAYLOAD_TOO_LARGE"),
        (b" " * (9 << 20), 413, "PAYLOAD_TOO_LARGE"),
    ],
    ids=lambda value: repr(value)[:60] if isinstance(value, (str, bytes, dict)) else None,
)
def test_what_is_wrong_is_refused_with_its_status_and_code(managed, body, status, code):
    _, management = managed()

    found, answer = management.publish(body)

    assert (found, answer["ok"], answer["code"]) == (status, False, code)
    assert answer["message"]


@pytest.mark.parametrize("path", ["/api/publish", "/api/publish/batch", "//api//publish", "/api/publish/", "/api/publish?a=b"])
@pytest.mark.parametrize(
    "authorization",
    [None, "Bearer", "Bearer wrong", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN],
)
def test_without_the_token_nothing_is_published(managed, path, authorization):
    server, management = managed(token=TOKEN)
    anonymous = Management(management.url)
    headers = {"Authorization": authorization} if authorization else {}

    status, answer = anonymous.publish({"namespace": "/feed", "topic": "snapshot", "payload": 1}, path, headers=headers)

    assert (status, answer["code"]) == (401, "UNAUTHORIZED")
    assert management.metrics().of("messages_published") == 0


def test_with_the_token_it_is_and_metrics_and_health_need_none(managed):
    _, management = managed(token=TOKEN)

    assert management.publish({"namespace": "/feed", "topic": "snapshot", "payload": 1})[0] == 200

    anonymous = Management(management.url)
    assert anonymous.call("/healthz") == (200, "ok\n")
    assert anonymous.call("/readyz") == (200, "ready\n")
    assert anonymous.metrics().of("messages_published") == 1


@pytest.mark.parametrize("origin", ["https://app.example.com", "null", "http://127.0.0.1:1", "127.0.0.1", "http:///"])
def test_a_web_page_of_another_origin_publishes_nothing(managed, origin):
    _, management = managed()
    body = {"namespace": "/feed", "topic": "snapshot", "payload": 1}

    status, answer = management.publish(body, headers={"Origin": origin, "Content-Type": "text/plain"})

    assert (status, answer["code"]) == (403, "ORIGIN_REJECTED")
    assert management.metrics().of("messages_published") == 0
    assert management.publish(body, headers={"Origin": management.url})[0] == 200


def test_while_a_server_drains_it_is_not_ready_and_takes_nothing_but_is_healthy(managed, client, raw_polling):
    server, management = managed(shutdownDrainMs=600_000, **QUIET)
    alice, bob = client(server), raw_polling(server)
    assert management.call("/readyz") == (200, "ready\n")
    alice.publish("snapshot", "is waited for")
    settle(alice, bob)

    server.ask_to_stop()
    alice.next("server_draining")

    assert management.call("/readyz") == (503, "starting or stopping: feed\n")
    assert management.call("/healthz") == (200, "ok\n")
    status, answer = management.publish({"namespace": "/feed", "topic": "snapshot", "payload": 1})
    assert (status, answer["code"]) == (503, "NOT_SERVING")
    assert management.metrics().of("queued_messages") == 1
    assert payload(bob.messages(1)[0]) == "is waited for"
    server.stop()


def test_an_idle_connection_holds_up_no_end(managed):
    server, management = managed()
    address = management.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=PATIENCE) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
        assert idle.recv(1000).startswith(b"HTTP/1.1 200")

        server.stop()


def test_a_management_port_that_is_taken_fails_the_process(streamfence, configuration_file):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        text = configuration.servers(feed={}) + f"management: {{port: {port}}}\n"
        run = streamfence("serve", "--config", configuration_file(text))

        assert run.wait() == 1
        assert f"management: can't listen on 127.0.0.1:{port}: " in run.stderr


def test_other_addresses_need_a_token(streamfence, configuration_file):
    text = configuration.servers(feed={}) + "management: {host: 0.0.0.0, port: 0}\n"
    run = streamfence("check-config", configuration_file(text))

    assert run.wait() == 78
    assert "management.host: expected this machine's own" in run.stderr


def test_a_server_without_a_file_has_a_management_port(streamfence):
    server = streamfence("serve", "--port", "0")
    lines = [server.line(r"^listening (\S+) (http://127\.0\.0\.1:\d+)$").groups() for _ in range(2)]

    management = Management(dict(lines)["management"])
    assert management.metrics().of("connected_clients", server="default", namespace="/feed") == 0
    server.line(rf"curl {management.url}/metrics$", server.err)
    server.signal(signal.SIGTERM)
    assert server.wait() == 0, server.stderr


def test_the_log_sink_writes_what_has_changed(serve_file, client):
    text = configuration.servers(feed={"metrics": [{"use": "log"}], "metricsIntervalMs": 100})
    server = serve_file(text, "--log-level", "info")
    alice = client(server)
    alice.publish("snapshot", 1)

    labels = r'\{server="feed",namespace="/feed",topic="snapshot"\}'
    server.line(rf"info .*streamfence_messages_published_total{labels} 1 \(\+1\)$", server.err)
    server.stop()
