"""The judge of Scripts/soak: of counts that do not add up, and of memory that grows, it has to say so."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Soak"))

from harness.management import Metrics  # noqa: E402
from soak.ledger import Ledger, Subscription  # noqa: E402
from soak.memory import MEBIBYTE, trend  # noqa: E402
from soak.messages import number_of, payload  # noqa: E402
from soak.serving import NAMESPACES, STEADY, TALK, WILD  # noqa: E402
from soak.verdict import Accounting  # noqa: E402

NAMES = [
    "messages_published", "messages_published_bytes", "messages_received", "messages_offered", "messages_delivered",
    "messages_acknowledged", "messages_dropped", "messages_coalesced", "messages_replaced", "messages_rejected",
    "messages_expired", "messages_discarded", "retries", "retries_exhausted", "acks_stale", "acks_foreign",
]
BEST_EFFORT, RELIABLE = "/drop-oldest", "/alerts"


def scrape(counts):
    """The metrics of a server with these counts, by (name, namespace, topic), and with 0 for all others."""
    lines = [
        f'streamfence_{name}_total{{server="soak",namespace="{path}",topic="{topic}"}} {counts.get((name, path, topic), 0)}'
        for name in NAMES for path in NAMESPACES for topic in (STEADY, WILD, TALK)
    ]
    lines += [
        f'streamfence_{name}_total{{server="soak",namespace="{path}"}} {counts.get((name, path), 0)}'
        for name in ("connections", "disconnections") for path in NAMESPACES
    ]
    return Metrics("\n".join(lines))


@pytest.fixture
def ledger():
    """Ten messages of 20 bytes to a steady client under either mode: one of the first ten was lost; one of the others came
    twice, and was acknowledged twice.
    """
    ledger = Ledger()
    for path in (BEST_EFFORT, RELIABLE):
        account = ledger.account(path, STEADY)
        account.published, account.published_bytes, account.recipients = 10, 200, 10
    best_effort, reliable = ledger.account(BEST_EFFORT, STEADY), ledger.account(RELIABLE, STEADY)
    best_effort.seen, best_effort.told_lost = 9, 1
    reliable.seen, reliable.repeated, reliable.acknowledgements = 11, 1, 11
    return ledger


@pytest.fixture
def counts():
    """What the server has to say then."""
    both = {"messages_published": 10, "messages_published_bytes": 200, "messages_offered": 10}
    found = {(name, path, STEADY): value for path in (BEST_EFFORT, RELIABLE) for name, value in both.items()}
    of_one = {"messages_delivered": 9, "messages_dropped": 1}
    of_other = {"messages_acknowledged": 10, "acks_stale": 1, "retries": 1}
    found |= {(name, BEST_EFFORT, STEADY): value for name, value in of_one.items()}
    found |= {(name, RELIABLE, STEADY): value for name, value in of_other.items()}
    return found


def problems(counts, ledger):
    return [problem for finding in Accounting(scrape(counts), ledger).findings() for problem in finding.problems]


def test_what_adds_up_is_fine(counts, ledger):
    assert problems(counts, ledger) == []


@pytest.mark.parametrize(
    "name, path, change",
    [
        ("messages_offered", BEST_EFFORT, +1), ("messages_dropped", BEST_EFFORT, -1),
        ("messages_delivered", BEST_EFFORT, +1), ("messages_published", RELIABLE, +1),
        ("messages_published_bytes", RELIABLE, -1), ("messages_received", RELIABLE, +1),
        ("acks_stale", RELIABLE, -1), ("acks_foreign", RELIABLE, +1), ("retries", RELIABLE, +1), ("retries", RELIABLE, -1),
    ],
)
def test_one_too_many_or_too_few_is_found(counts, ledger, name, path, change):
    counts[name, path, STEADY] = counts.get((name, path, STEADY), 0) + change

    found = problems(counts, ledger)

    assert found and all(problem.startswith(f"{path} {STEADY}: ") for problem in found)


def test_one_counted_twice_is_found_though_the_outcomes_add_up(counts, ledger):
    counts["messages_delivered", BEST_EFFORT, STEADY] += 1
    counts["messages_dropped", BEST_EFFORT, STEADY] -= 1

    assert f"{BEST_EFFORT} {STEADY}: delivered 10, expected 9" in problems(counts, ledger)


def test_a_client_that_was_cut_off_for_nothing_is_found(counts, ledger):
    ledger.account(BEST_EFFORT, STEADY).broken["closed by the server"] += 1

    assert problems(counts, ledger) == [
        "/drop-oldest steady: subscriptions that ended by themselves: {'closed by the server': 1}"
    ]


def test_a_client_that_never_left_is_found(counts, ledger):
    counts["connections", BEST_EFFORT] = 1

    assert problems(counts, ledger) == ["/drop-oldest: left 0, expected 1"]


def received(ledger, numbers, may_reorder=False):
    account = ledger.account(BEST_EFFORT, WILD)
    subscription = Subscription(account, may_reorder)
    for number in numbers:
        subscription.received(number)
    return account


def test_order_and_repetition_are_looked_at(ledger):
    account = received(ledger, [3, 5, 4, 5, -1])
    assert (account.seen, account.out_of_order, account.repeated, account.damaged) == (5, 1, 1, 1)
    assert received(ledger, [3, 5, 4], may_reorder=True).out_of_order == 1


def test_a_changed_message_is_seen():
    packet = f'42/feed,["{STEADY}",{payload(7)}]'.encode()

    assert number_of(packet) == 7
    assert number_of(packet.replace(b"hhh", b"hgh", 1)) == -1
    assert number_of(packet.replace(b"hhh", b"hh", 1)) == -1
    assert number_of(b'42/feed,["gap",{"topic":"steady","dropped":1,"reason":"overflow"}]') is None


def test_memory_that_grows_is_found():
    steady = [(second, (100 + second % 7) * MEBIBYTE) for second in range(600)]
    assert trend(steady).is_flat
    # 20 MiB in the last five minutes.
    assert not trend([(second, size + second * MEBIBYTE // 15) for second, size in steady]).is_flat
    # Growth in the first half is how a server gets going.
    assert trend([(second, size - max(0, 200 - second) * MEBIBYTE // 4) for second, size in steady]).is_flat
    # One peak.
    assert not trend([(second, size + (40 * MEBIBYTE if second == 500 else 0)) for second, size in steady]).is_flat
