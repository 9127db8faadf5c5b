"""Plugins that do in a running server what no plugin should: it goes on serving everybody, and counts."""

import pytest

from harness import configuration
from harness.configuration import QUIET, acknowledged, feed
from harness.management import Management
from harness.packet import message_id, payload
from harness.settle import settle
from harness.socketio_client import Refused


@pytest.fixture
def serving(serve_file, plugin):
    """serving("policies.cpp", namespaces=[...]) -> a server that loads the fixture, and its management port."""
    def start(source, **keys):
        file = plugin(source)
        section = f"plugins: {{directory: {file.parent}, load: [{{path: {file.name}}}]}}\n"
        server = serve_file(
            section + configuration.servers(feed={**keys, **QUIET}) + "management: {port: 0}\n", listeners=2
        )
        return server, Management(server.urls.pop("management"))

    return start


def publish(alice, namespace, numbers):
    for number in numbers:
        assert alice.ask("publish", {"topic": "snapshot", "payload": number}, namespace=namespace)["ok"] is True


def of(kind, name):
    """The labels of a component of a fixture."""
    return {"plugin": "fixture", "kind": kind, "name": name}


def test_the_calls_of_a_loaded_plugin_are_counted_and_timed(serving, client, raw_polling):
    lane = feed(overflowPolicy={"use": "fixture"}, maxQueuedMessagesPerClient=2)
    server, management = serving("good.c", namespaces=[lane])
    alice, bob = client(server), raw_polling(server)
    publish(alice, "/feed", range(5))
    settle(alice, bob)

    assert [payload(packet) for packet in bob.messages(2)] == [3, 4]
    metrics = management.metrics()
    labels = of("overflow_policy", "fixture")
    assert metrics.of("plugin_calls", **labels) == 3
    assert metrics.of("plugin_errors", **labels) == 0
    # Of 64 decisions of a thread the first is timed.
    assert metrics.of("plugin_call_seconds_count", **labels) == 1
    assert metrics.of("plugin_call_seconds_bucket", le="+Inf", **labels) == 1
    assert metrics.of("plugin_late_answers", plugin="fixture") == 0
    assert metrics.checked_by_promtool() == (0, "")


# Policies.


@pytest.mark.parametrize(
    "use, errors", [("throws-number", 3), ("unknown-action", 3), ("far-index", 0), ("in-flight-index", 0)]
)
def test_a_decision_that_is_none_refuses_the_newcomer_of_a_slow_client_alone(serving, client, raw_polling, use, errors):
    server, management = serving(
        "policies.cpp",
        namespaces=[
            feed(path="/bad", overflowPolicy={"use": use}, maxQueuedMessagesPerClient=2),
            feed(path="/good", overflowAction="DROP_OLDEST", maxQueuedMessagesPerClient=2),
        ],
    )
    alice = client(server, namespace="/bad", more_namespaces=["/good"])
    slow, quick, other = raw_polling(server, namespace="/bad"), client(server, "/bad"), raw_polling(server, namespace="/good")
    quick.subscribe("snapshot")
    for number in range(5):
        publish(alice, "/bad", [number])
        assert quick.next("snapshot") == number
    publish(alice, "/good", range(5))
    settle(alice, slow)
    settle(alice, other)

    assert [payload(packet) for packet in slow.messages(2)] == [0, 1]
    assert [payload(packet) for packet in other.messages(2)] == [3, 4]
    metrics = management.metrics()
    assert metrics.of("queue_overflow", namespace="/bad", reason="decision_invalid") == 3
    assert metrics.of("messages_rejected", namespace="/bad") == 3
    assert metrics.of("plugin_calls", **of("overflow_policy", use)) == 3
    assert metrics.of("plugin_errors", **of("overflow_policy", use)) == errors


def test_a_decision_on_a_message_in_flight_leaves_it_and_those_that_wait(serving, client, raw_websocket):
    lane = acknowledged(overflowPolicy={"use": "in-flight-index"}, maxInFlight=1, maxQueuedMessagesPerClient=3)
    server, management = serving("policies.cpp", namespaces=[lane])
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    publish(alice, "/feed", [0])
    in_flight = bob.next_packet()
    publish(alice, "/feed", range(1, 6))
    ended = ("messages_rejected", "queued_messages", "in_flight_messages")
    metrics = management.metrics_when(lambda each: sum(map(each.of, ended)) == 6, "all of them in bob's lane")

    refused = int(metrics.of("messages_rejected"))
    assert metrics.of("queue_overflow", reason="decision_invalid") == refused > 0
    assert metrics.of("messages_dropped") == 0
    received = [payload(in_flight)]
    bob.acknowledge(message_id(in_flight))
    while len(received) < 6 - refused:
        packet = bob.next_packet()
        received.append(payload(packet))
        bob.acknowledge(message_id(packet))
    assert received == list(range(6 - refused))


def test_a_rank_that_throws_is_counted_and_the_message_delivered(serving, client):
    server, management = serving("policies.cpp", namespaces=[feed(overflowPolicy={"use": "throws-at-rank"})])
    alice, bob = client(server), client(server)
    bob.subscribe("snapshot")
    publish(alice, "/feed", [1])

    assert bob.next("snapshot") == 1
    assert management.metrics().of("plugin_errors", **of("overflow_policy", "throws-at-rank")) == 1


# Validators.


GUARDED = {"auth": "TOKEN", "authAt": "connect", "tokenValidator": {"use": "by-token"}}
NAMESPACES = [feed(path="/guarded", authRequired=True), feed(path="/open")]


def test_a_validator_that_misbehaves_refuses_at_most_its_own_client(serving, client):
    server, management = serving("validator.cpp", namespaces=NAMESPACES, **GUARDED)
    alice, carol = (client(server, "/open") for _ in range(2))
    carol.subscribe("snapshot")

    for number, token in enumerate(["now", "twice", "elsewhere", "stranger"]):
        assert client(server, "/guarded", auth={"token": token}).id
        publish(alice, "/open", [number])
        assert carol.next("snapshot") == number
    for token in ("failed", "verdict", "nobody", "nothing", "throws"):
        with pytest.raises(Refused) as refusal:
            client(server, "/guarded", auth={"token": token})
        assert refusal.value.answer["data"]["code"] == "AUTH_REJECTED"
        publish(alice, "/open", [token])
        assert carol.next("snapshot") == token

    # The second answer of `twice` may come after the client.
    metrics = management.metrics_when(lambda each: each.of("plugin_late_answers") >= 2, "the second answer")
    assert metrics.of("plugin_late_answers", plugin="fixture") == 2
    assert metrics.of("plugin_calls", **of("token_validator", "by-token")) == 9
    assert metrics.of("plugin_errors", **of("token_validator", "by-token")) == 5
    assert metrics.of("auth_rejected", namespace="/guarded") == 5


def test_an_answer_that_never_comes_or_too_late_keeps_nobody_else_waiting(serving, client, raw_websocket):
    server, management = serving("validator.cpp", namespaces=NAMESPACES, authTimeoutMs=200, **GUARDED)
    alice, carol = (client(server, "/open") for _ in range(2))
    carol.subscribe("snapshot")
    waiting = raw_websocket(server, joined=False)
    waiting.send('40/guarded,{"token":"never"}')

    publish(alice, "/open", [1])
    assert carol.next("snapshot") == 1
    assert b"AUTH_REJECTED" in waiting.packet_starting("44/guarded,")
    # It answers when it is told that nobody waits.
    metrics = management.metrics_when(lambda each: each.of("plugin_late_answers") > 0, "the late answer")
    assert metrics.of("plugin_late_answers", plugin="fixture") == 1
    assert metrics.of("plugin_errors", **of("token_validator", "by-token")) == 0
    publish(alice, "/open", [2])
    assert carol.next("snapshot") == 2


def test_a_cancel_that_throws_is_counted(serving, client):
    keys = {**GUARDED, "tokenValidator": {"use": "never-with-throwing-cancel"}}
    server, management = serving("validators.cpp", namespaces=NAMESPACES, authTimeoutMs=50, **keys)
    alice = client(server, "/open")
    alice.subscribe("snapshot")
    with pytest.raises(Refused):
        client(server, "/guarded", auth={"token": "good"})

    labels = of("token_validator", "never-with-throwing-cancel")
    management.metrics_when(lambda each: each.of("plugin_errors", **labels) == 1, "the failure of cancel")
    publish(alice, "/open", [1])
    assert alice.next("snapshot") == 1


# Spill stores.


@pytest.mark.parametrize("source, use", [("stores.c", "backwards"), ("stores.c", "twice"), ("stores.c", "unreadable")])
def test_a_store_that_gives_back_what_it_should_not_loses_what_was_spilled_and_nothing_else(
    serving, client, raw_polling, source, use
):
    spilling = feed(
        path="/spills", overflowAction="SPILL_TO_DISK", maxQueuedMessagesPerClient=4, spillStore={"use": use}
    )
    server, management = serving(source, namespaces=[spilling, feed(path="/open")])
    alice = client(server, namespace="/spills", more_namespaces=["/open"])
    bob, carol = raw_polling(server, namespace="/spills"), client(server, "/open")
    carol.subscribe("snapshot")
    publish(alice, "/spills", range(20))
    settle(alice, bob)

    assert [payload(packet) for packet in bob.messages(4)] == [0, 1, 2, 3]
    damaged = {"namespace": "/spills", "reason": "spill_damaged"}
    metrics = management.metrics_when(
        lambda each: each.of("messages_dropped") == each.of("queue_overflow", **damaged) == 16
        and each.of("plugin_errors", **of("spill_store", use)) > 0,
        "the end of what was spilled",
    )
    assert metrics.of("plugin_errors", **of("spill_store", use)) > 0
    publish(alice, "/open", [1])
    assert carol.next("snapshot") == 1
    # The store is empty for the server: what comes now has room.
    publish(alice, "/spills", ["afterwards"])
    assert [payload(packet) for packet in bob.messages(1)] == ["afterwards"]


def test_a_store_that_keeps_nothing_refuses_what_finds_no_room(serving, client, raw_polling):
    spilling = feed(overflowAction="SPILL_TO_DISK", maxQueuedMessagesPerClient=4, spillStore={"use": "by-topic"})
    server, management = serving("store.c", namespaces=[spilling])
    alice, bob, carol = client(server), raw_polling(server), client(server)
    carol.subscribe("snapshot")
    for number in range(20):
        publish(alice, "/feed", [number])
        assert carol.next("snapshot") == number
    settle(alice, bob)
    management.metrics_when(
        lambda each: each.of("messages_rejected") == each.of("queue_overflow", reason="spill_failed") == 16
        and each.of("plugin_errors", **of("spill_store", "by-topic")) > 0,
        "the failure to spill",
    )

    assert [payload(packet) for packet in bob.messages(4)] == [0, 1, 2, 3]


# Sinks.


def test_a_sink_that_blocks_for_ever_holds_up_nobody_and_not_the_end(serving, client):
    server, management = serving("blocking-sink.c", metrics=[{"use": "blocking"}], metricsIntervalMs=100)
    management.metrics_when(lambda each: each.of("metrics_exports_missed", sink="blocking") > 0, "a missed export")
    alice, bob = client(server), client(server)
    bob.subscribe("snapshot")
    publish(alice, "/feed", [1])

    assert bob.next("snapshot") == 1
    assert management.metrics().of("plugin_calls", **of("metrics_sink", "blocking")) == 1
    alice.close()
    bob.close()
    server.stop()
    assert "stopping while a metrics sink is still busy; it misses the last metrics" in server.stderr


def test_a_sink_that_throws_is_counted_and_asked_again(serving, client):
    server, management = serving("sink.cpp", metrics=[{"use": "fixture"}], metricsIntervalMs=100)
    labels = of("metrics_sink", "fixture")
    management.metrics_when(
        lambda each: each.of("metrics_export_failures") >= 2 and each.of("plugin_errors", **labels) >= 2,
        "two failures",
    )
    alice = client(server)
    alice.subscribe("snapshot")
    publish(alice, "/feed", [1])

    assert alice.next("snapshot") == 1
