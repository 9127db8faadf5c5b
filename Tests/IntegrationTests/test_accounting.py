"""The counts of a server add up and are what its clients saw: each offered message has one outcome, and no other."""

import pytest

from harness.configuration import QUIET, acknowledged, feed
from harness.management import serve_managed
from harness.packet import event, message_id
from harness.settle import settle

PUBLISHED = 50
#: Of two clients that read nothing, with ten places each.
SPILLED = 2 * (PUBLISHED - 10)
#: Of the numbers from 0, as JSON.
PUBLISHED_BYTES = 10 * 1 + 40 * 2
LANE = {"maxQueuedMessagesPerClient": 10}

#: For each policy its keys, and how the messages end for a client that polls only after all are published, and for one
#: that never does and leaves. Four keys take turns.
POLICIES = {
    "drop-oldest": (
        {"overflowAction": "DROP_OLDEST"},
        {"messages_dropped": 80, "messages_delivered": 10, "messages_discarded": 10},
        {"queue_full": 80},
    ),
    "reject-new": (
        {"overflowAction": "REJECT_NEW"},
        {"messages_rejected": 80, "messages_delivered": 10, "messages_discarded": 10},
        {"queue_full": 80},
    ),
    "coalesce": (
        {"overflowAction": "COALESCE"},
        {"messages_coalesced": 80, "messages_delivered": 10, "messages_discarded": 10},
        {"queue_full": 80},
    ),
    "coalesce-early": (
        {"coalesce": True},
        {"messages_coalesced": 92, "messages_delivered": 4, "messages_discarded": 4},
        {},
    ),
    # 10, 20, 30 and 40 each take the place of ten.
    "snapshot-only": (
        {"overflowAction": "SNAPSHOT_ONLY"},
        {"messages_replaced": 80, "messages_delivered": 10, "messages_discarded": 10},
        {"queue_full": 8},
    ),
    "interval": (
        {"minIntervalMs": 600_000},
        {"messages_replaced": 98, "messages_delivered": 1, "messages_discarded": 1},
        {},
    ),
    "spill": (
        {"overflowAction": "SPILL_TO_DISK"},
        {"messages_delivered": 50, "messages_discarded": 50},
        None,
    ),
    "spill-nothing": (
        {"overflowAction": "SPILL_TO_DISK", "maxSpillBytesPerClient": 1},
        {"messages_rejected": 80, "messages_delivered": 10, "messages_discarded": 10},
        {"spill_client_quota": 80},
    ),
    "at-least-once": (
        acknowledged(overflowAction="REJECT_NEW", maxInFlight=3),
        {"messages_rejected": 80, "messages_acknowledged": 10, "messages_discarded": 10},
        {"queue_full": 80},
    ),
    "at-least-once-spill": (
        acknowledged(overflowAction="SPILL_TO_DISK", maxInFlight=3),
        {"messages_acknowledged": 50, "messages_discarded": 50},
        None,
    ),
}


@pytest.fixture
def managed(serve_file):
    """managed(namespaces=[...]) -> a server with these keys, and its management port."""
    return lambda **keys: serve_managed(serve_file, **keys)


def final_counts(server, management):
    """What `/metrics` says when everybody has left; the log of the server that stops says the same."""
    scraped = management.metrics_at_rest()
    assert scraped.of_server() == server.counts().of_server()
    return scraped


def test_under_every_policy_at_once_the_outcomes_are_what_the_clients_saw(managed, client, raw_polling):
    server, management = managed(
        namespaces=[feed(**LANE, **{**keys, "path": f"/{name}"}) for name, (keys, _, _) in POLICIES.items()], **QUIET
    )
    alice = client(server, namespace="/spill", more_namespaces=[f"/{name}" for name in POLICIES if name != "spill"])
    readers = {name: raw_polling(server, namespace=f"/{name}") for name in POLICIES}
    leavers = {name: raw_polling(server, namespace=f"/{name}") for name in POLICIES}

    # All of them at the same time.
    for number in range(PUBLISHED):
        for name in POLICIES:
            request = {"topic": "snapshot", "payload": number, "key": f"key {number % 4}"}
            assert alice.ask("publish", request, namespace=f"/{name}")["recipients"] == 2
    # Who leaves before the store has written has spilled less.
    spilling = ("spill", "at-least-once-spill")
    management.metrics_when(
        lambda metrics: all(metrics.of("messages_spilled", namespace=f"/{name}") == SPILLED for name in spilling)
    )
    for name, (_, outcomes, _) in POLICIES.items():
        settle(alice, readers[name])
        settle(alice, leavers[name])
        leavers[name].close()
        read(readers[name], outcomes.get("messages_delivered", 0), outcomes.get("messages_acknowledged", 0))
        readers[name].close()
    alice.close()

    counts = final_counts(server, management)
    for name, (_, outcomes, overflows) in POLICIES.items():
        labels = {"namespace": f"/{name}", "topic": "snapshot"}
        assert counts.outcomes(**labels) == outcomes, name
        assert counts.of("messages_offered", **labels) == sum(outcomes.values()) == 2 * PUBLISHED
        for direction in ("published", "received"):
            assert counts.of(f"messages_{direction}", **labels) == PUBLISHED
            assert counts.of(f"messages_{direction}_bytes", **labels) == PUBLISHED_BYTES
        if overflows is not None:
            assert counts.overflows(**labels) == overflows, name
    for name in spilling:
        assert counts.of("messages_spilled", namespace=f"/{name}") == SPILLED
    assert counts["retries"] == counts["acks_stale"] == 0
    assert counts["connections"] == counts["disconnections"] == 3 * len(POLICIES)


def read(bob, delivered, acknowledgements):
    """Takes as many messages as there must be, and finds that there are no more."""
    for _ in range(acknowledgements):
        (packet,) = bob.messages(1)
        bob.emit("ack", {"topic": "snapshot", "messageId": message_id(packet)})
    bob.messages(delivered)
    bob.emit("unsubscribe", {"topic": "snapshot"})
    assert event(bob.next_packet()) == ["unsubscribed", {"topic": "snapshot"}]


def test_retries_acknowledgements_and_what_was_given_up_are_what_the_client_saw(managed, client, raw_websocket):
    lane = acknowledged(ackTimeoutMs=20, maxRetries=2, maxInFlight=4, maxQueuedMessagesPerClient=200)
    server, management = managed(namespaces=[lane], **QUIET)
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    for number in range(100):
        alice.publish("snapshot", number)
    alice.publish("snapshot", "last")

    # Every third message is acknowledged: at once, or only when it comes again, or twice.
    attempts, acknowledgements = [], 0
    while (packet := bob.next_packet()) and event(packet)[1] != "last":
        _, number, metadata = event(packet)
        attempts.append(number)
        wanted = {0: 1, 3: attempts.count(number) - 1, 6: 2}.get(number % 9, 0)
        for _ in range(wanted):
            bob.emit("ack", {"topic": "snapshot", "messageId": metadata["messageId"]})
            acknowledgements += 1
    attempts.append("last")
    # Nothing is sent after the answer to this, and all that was sent before it is seen.
    bob.emit("unsubscribe", {"topic": "snapshot"})
    while event(packet := bob.next_packet())[0] == "snapshot":
        attempts.append(event(packet)[1])
    bob.close()
    alice.close()

    # A slow machine may give up what a fast one gets acknowledged: this holds on either.
    assert sorted(set(attempts) - {"last"}) == list(range(100))
    counts = final_counts(server, management)
    assert counts["messages_offered"] == 101
    assert sum(counts.outcomes().values()) == 101
    assert set(counts.outcomes()) <= {"messages_acknowledged", "retries_exhausted", "messages_discarded"}
    assert counts["retries"] == len(attempts) - len(set(attempts))
    assert counts["messages_acknowledged"] + counts["acks_stale"] == acknowledgements
    # 33 times three are never acknowledged, of which the window may still hold a few.
    assert counts["retries_exhausted"] >= 60
    assert max(attempts.count(number) for number in range(100)) <= 3


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_while_clients_come_and_go_the_counts_add_up(managed, client, transport):
    server, management = managed(namespaces=[feed(maxQueuedMessagesPerClient=1_000)])
    alice = client(server)
    staying, coming_and_going = client(server, transport=transport), client(server, transport=transport)
    staying.subscribe("snapshot")
    recipients = 0
    leaving = []
    for number in range(200):
        if number % 20 == 0:
            coming_and_going.subscribe("snapshot")
            leaving.append(client(server, transport=transport))
            leaving[-1].subscribe("snapshot")
        if number % 20 == 7:
            coming_and_going.unsubscribe("snapshot")
        if number % 20 == 13:
            leaving[-1].close()
        recipients += alice.publish("snapshot", number)["recipients"]

    assert [staying.next("snapshot") for _ in range(200)] == list(range(200))
    coming_and_going.subscribe("snapshot")
    seen = 200 + len(coming_and_going.heard("snapshot"))
    for each in (alice, staying, coming_and_going):
        each.close()
    counts = final_counts(server, management)
    offered = counts["messages_offered"]
    # The server hears of a client's end a moment later, and counts the recipients before it gives the message to them.
    assert 200 + 10 * 7 + 10 * 13 <= offered <= recipients <= 200 + 10 * 7 + 10 * 20
    assert sum(counts.outcomes().values()) == offered
    # What a client that left had not read may have been given to its connection all the same.
    assert seen <= counts["messages_delivered"] + counts["messages_discarded"] == offered
