"""The management port: metrics that are what clients saw, health, and publishing without Socket.IO."""

import contextlib
import json
import os
import re
import signal
import socket
from pathlib import Path

import pytest

from harness import configuration
from harness.clock import TICKING
from harness.configuration import QUIET, acknowledged, feed
from harness.counts import OUTCOMES
from harness.journal import PATIENCE
from harness.management import Management, serve_managed
from harness.packet import event, message_id, payload
from harness.settle import settle
from harness.socketio_client import Refused

DOCUMENT = Path(__file__).parents[2] / "docs/metrics.md"
#: What the frame of a short message has before its packet, in bytes.
FRAME_HEADER = 2
TOKEN = "the-token-of-this-test"


@pytest.fixture
def managed(serve_file):
    """managed(token=None, namespaces=[...]) -> a server named feed with these keys, and its management port."""
    return lambda **keys: serve_managed(serve_file, **keys)


def test_after_drops_spills_and_retries_the_metrics_are_what_the_clients_saw(managed, client, raw_polling, raw_websocket):
    lane = {"maxQueuedMessagesPerClient": 10}
    server, management = managed(
        namespaces=[
            feed(**lane, path="/drops", overflowAction="DROP_OLDEST"),
            feed(**lane, path="/spills", overflowAction="SPILL_TO_DISK"),
            acknowledged(path="/window", maxInFlight=3),
            acknowledged(path="/retries", ackTimeoutMs=20, maxRetries=2),
        ],
        metrics=[{"use": "noop"}],
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

    management.metrics_when(
        lambda metrics: metrics.of("retries_exhausted", namespace="/retries") == 1
        and metrics.of("messages_spilled", namespace="/spills") == 40
        and metrics.of("queued_messages", namespace="/window") == 2
    )
    # The counters of that scrape were read before its gauges.
    metrics = management.metrics()
    assert attempts == ["never acknowledged"] * 3
    assert metrics.of("retries", namespace="/retries") == 2
    assert metrics.of("messages_dropped", namespace="/drops") == 40
    assert metrics.of("queue_overflow", namespace="/drops", reason="queue_full") == 40
    assert metrics.of("queued_messages", namespace="/drops") == 10
    assert metrics.of("queued_messages", namespace="/spills") == 10
    assert metrics.of("spilled_messages", namespace="/spills") == metrics.of("messages_spilled") == 40
    spilled_bytes = metrics.of("spilled_bytes")
    assert metrics.of("in_flight_messages", namespace="/window") == 3
    assert metrics.of("queued_messages", namespace="/window") == 2
    for name in ("/drops", "/spills"):
        assert metrics.of("messages_published", namespace=name, topic="snapshot", server="feed") == 50
    assert metrics.of("open_connections") == 5
    assert metrics.of("connected_clients", namespace="/drops") == 2
    add_up(metrics)
    assert metrics.checked_by_promtool() == (0, "")
    assert metrics.families() == documented("Samples") + documented("Loaded plugins")
    # Of the built-in plugins, which come from a file like any other: each message was ranked, each overflow decided.
    assert metrics.of("plugin_calls", kind="overflow_policy", name="drop-oldest") == 50 + 40
    assert metrics.of("plugin_errors") == 0

    for each in in_flight:
        assert window.acknowledge(each)
    assert [payload(packet) for packet in drops.messages(10)] == list(range(40, 50))
    packets = spills.messages(50)
    assert [payload(packet) for packet in packets] == list(range(50))
    assert spilled_bytes == sum(FRAME_HEADER + len(packet) for packet in packets[10:])
    metrics = management.metrics_when(lambda metrics: metrics.of("messages_delivered", namespace="/spills") == 50)
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


def documented(heading):
    """The rows of a table of metrics: name, kind, labels."""
    (section,) = [text for text in DOCUMENT.read_text().split("\n## ") if text.startswith(f"{heading}\n")]
    return re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w, ]+) \| \S.* \|$", section, re.MULTILINE)


def add_up(metrics):
    held = sum(metrics.of(name) for name in ("queued_messages", "in_flight_messages", "spilled_messages"))
    assert metrics.of("messages_offered") == sum(metrics.of(name) for name in OUTCOMES) + held, metrics.text


def test_what_clients_did_wrong_is_in_the_metrics(managed, client, raw_websocket):
    server, management = managed(
        namespaces=[acknowledged(), feed(path="/guarded", authRequired=True)],
        auth="TOKEN",
        staticTokens={"alice": "token-of-alice"},
        authRejectMaxPerWindow=3,
        authRejectWindowMs=600_000,
        **QUIET,
    )
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    alice.publish("snapshot", {"price": 42})
    its_id = message_id(bob.next_event("snapshot"))

    answers = [bob.acknowledge(each) for each in (its_id, its_id, its_id, "none")]
    bob.send("43/feed,999[]")
    assert bob.ask("ack", {"topic": "none", "messageId": its_id})["code"] == "UNKNOWN_TOPIC"
    for number in range(5):
        with pytest.raises(Refused):
            client(server, namespace="/guarded", auth={"token": f"guess {number}"})

    assert answers == [True, False, False, False]
    metrics = management.metrics()
    assert metrics.of("messages_acknowledged", namespace="/feed", topic="snapshot") == 1
    assert metrics.of("acks_stale", namespace="/feed", topic="snapshot") == 2
    assert metrics.of("acks_foreign", namespace="/feed", topic="snapshot") == 1
    assert metrics.of("acks_unknown", namespace="/feed") == 2
    assert metrics.of("auth_rejected", namespace="/guarded") == 3
    assert metrics.of("auth_rate_limited", namespace="/guarded") == 2
    for name in ("messages_received_bytes", "messages_published_bytes"):
        assert metrics.of(name, namespace="/feed", topic="snapshot") == len('{"price":42}')


def test_messages_that_waited_too_long_are_in_the_metrics(managed, client, raw_polling, clock):
    server, management = managed(namespaces=[feed(messageTTLMs=100, notifyGaps=True)], **TICKING)
    alice, bob, time = client(server), raw_polling(server), clock(server)
    for number in range(10):
        alice.publish("snapshot", number)
    settle(alice, bob)
    time.let_pass()

    # On a slow machine this may wait too long itself; one of those behind it does not.
    received = []
    while not received:
        alice.publish("snapshot", "is sent")
        settle(alice, bob)
        received = [event(packet) for packet in bob.poll_answering_heartbeats()]

    (_, gap), *messages = received
    bob.close()
    alice.close()
    metrics = management.metrics_when(lambda metrics: metrics["queued_messages"] == 0)
    assert metrics.outcomes() == {"messages_expired": gap["dropped"], "messages_delivered": len(messages)}


@pytest.fixture
def let_go(tmp_path):
    """let_go() -> the store of held-store.c has nothing wait any longer."""
    gate, opened = tmp_path / "gate", []
    os.mkfifo(gate)
    # For both, so that it waits for no reader.
    yield lambda: opened.append(os.open(gate, os.O_RDWR))
    for each in opened:
        os.close(each)


def test_what_waits_for_the_disk_is_in_the_metrics(let_go, managed, client, raw_polling, plugin, cleanup):
    file = plugin("held-store.c")
    lane = feed(overflowAction="SPILL_TO_DISK", maxQueuedMessagesPerClient=10)
    server, management = managed(
        plugins=f"plugins: {{directory: {file.parent}, load: [{{path: {file.name}}}]}}\n",
        namespaces=[lane],
        spillStore={"use": "held"},
        **QUIET,
    )
    cleanup.callback(let_go)
    alice, bob = client(server), raw_polling(server)
    for number in range(10, 60):
        alice.publish("snapshot", number)
    settle(alice, bob)

    management.metrics_when(lambda metrics: metrics.of("spilled_messages") == 40)
    metrics = management.metrics()
    waiting = 40 * (FRAME_HEADER + len('42/feed,["snapshot",10]'))
    assert metrics.of("spill_pending_bytes") == metrics.of("spilled_bytes") == waiting
    assert metrics.of("spilled_messages") == 40
    assert metrics.of("messages_spilled") == 0

    let_go()
    # Of what is counted, the gauge of the messages moves last.
    management.metrics_when(lambda metrics: metrics["spilled_messages"] == metrics["spill_pending_bytes"] == 0)
    metrics = management.metrics()
    assert metrics.of("spilled_bytes") == metrics.of("messages_spilled") == 0
    assert metrics.outcomes() == {"messages_rejected": 40}
    assert metrics.of("queue_overflow", reason="spill_failed") == 40


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


def test_a_web_page_whose_name_was_made_to_lead_here_is_refused(managed):
    _, management = managed()
    page = {"Host": "evil.example", "Origin": "http://evil.example"}

    status, answer = management.publish({"namespace": "/feed", "topic": "snapshot", "payload": 1}, headers=page)

    assert (status, answer["code"]) == (421, "HOST_REJECTED")
    assert "expected localhost or an IP address as Host" in answer["message"]
    assert 'found "evil.example"' in answer["message"]
    assert management.call("/metrics", headers=page)[0] == 421
    assert management.metrics().of("messages_published") == 0


def test_slow_connections_keep_nobody_out(managed):
    _, management = managed()
    message = b'{"namespace":"/feed","topic":"snapshot","payload":1}'
    head = b"POST /api/publish HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(message)
    with contextlib.ExitStack() as connections:
        idle, slow = ([connections.enter_context(management.connection()) for _ in range(150)] for _ in range(2))
        for each in slow:
            each.sendall(head + message[:10])

        assert management.call("/healthz") == (200, "ok\n")
        assert management.publish(message)[0] == 200

        # None of them was given up for that.
        for each in idle:
            each.sendall(head + message)
        for each in slow:
            each.sendall(message[10:])
        for each in idle + slow:
            assert each.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert management.metrics().of("messages_published") == 301


def test_an_idle_connection_holds_up_no_end(managed):
    server, management = managed()
    with management.connection() as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
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


def test_the_host_is_the_address_that_is_bound(serve_file):
    text = configuration.servers(feed={}) + f"management: {{host: 127.0.0.2, port: 0, token: {TOKEN}}}\n"
    management = Management(serve_file(text, listeners=2).urls["management"])
    port = management.url.rpartition(":")[2]

    assert management.url == f"http://127.0.0.2:{port}"
    assert management.call("/healthz") == (200, "ok\n")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)))


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


def test_the_log_sink_writes_at_the_level_it_is_told(serve_file, client):
    sinks = {level: {"metrics": [{"use": "log", "options": {"level": level}}]} for level in ("debug", "warning")}
    server = serve_file(configuration.servers(**sinks), listeners=2)
    for url in server.urls.values():
        client(url).publish("snapshot", 1)

    # The log shows notices and what is more serious.
    server.stop()

    lines = server.err.all(re.compile(r" streamfence_messages_published_total").search)
    assert ["warning" in line for line in lines] == [True], lines


def test_the_log_sink_writes_what_has_changed_as_often_as_it_is_told(serve_file, client):
    log = {"metrics": [{"use": "log"}]}
    text = configuration.servers(often={**log, "metricsIntervalMs": 100}, hardly={**log, "metricsIntervalMs": 600_000})
    server = serve_file(text, "--log-level", "info", listeners=2)
    alices = [client(url) for url in server.urls.values()]

    def line(name, change):
        labels = rf'\{{server="{name}",namespace="/feed",topic="snapshot"\}}'
        return rf"info .*streamfence_messages_published_total{labels} {change}$"

    # Had both the same interval, the second would have written by the third line of the first.
    for number in range(1, 4):
        for alice in alices:
            alice.publish("snapshot", number)
        server.line(line("often", rf"{number} \(\+1\)"), server.err)
    assert not server.err.all(re.compile(line("hardly", ".*")).search)

    for alice in alices:
        alice.close()
    server.stop()
    (last,) = server.err.all(re.compile(line("hardly", ".*")).search)
    assert last.endswith(" 3 (+3)")
