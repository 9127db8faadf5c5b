"""A full disk costs the messages that were meant for it, and no others."""

import math
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.counts import counts
from harness.numbered import Gap, poll_until, publish
from harness.settle import settle
from harness.small_disk import Ballast, mounted_at

COULD_NOT = "could not spill messages, which are rejected"


@pytest.fixture
def server(serve_spilling, spill_folder):
    """Has a small disk to spill to."""
    return serve_spilling(within=mounted_at(spill_folder.path), notifyGaps=True)


@pytest.fixture
def disk(server, spill_folder):
    return spill_folder.seen_by(server)


@pytest.fixture
def fill(disk):
    """fill() -> what fills the disk."""
    return lambda: Ballast(disk.path)


def wait_for_rejection(server):
    return server.line(rf"warning .*messages=\d+ .*No space left on device.*{COULD_NOT}", server.err)


def test_what_cannot_be_stored_is_rejected_and_the_lane_goes_on_when_there_is_space(
    server, disk, fill, client, raw_polling
):
    alice, bob, carol = client(server), raw_polling(server), client(server)
    carol.subscribe("snapshot")
    publish(alice, range(10), carol)
    disk.wait_for_messages(6)

    ballast = fill()
    publish(alice, range(10, 30), carol)
    wait_for_rejection(server)
    ballast.remove()
    publish(alice, range(30, 40), carol)

    received = poll_until(bob, 39)
    numbers = [what for what in received if not isinstance(what, Gap)]
    assert numbers == sorted(set(numbers)), "in order, none twice"
    assert set(numbers) >= {*range(10), *range(30, 40)}, "all that there was space for"
    # Bob is told of all others, and so is who reads the metrics.
    rejected = 40 - len(numbers)
    assert rejected > 0
    assert sum(what.dropped for what in received if isinstance(what, Gap)) == rejected
    found = counts(server)
    assert found["messages_rejected"] == rejected
    assert found.of("queue_overflow", reason="spill_failed") == rejected
    assert found["messages_delivered"] == 40 + len(numbers)


def test_the_log_says_so_once_in_ten_seconds(server, disk, fill, client, raw_polling):
    alice, bob = client(server), raw_polling(server)
    publish(alice, range(10))
    disk.wait_for_messages(6)
    fill()

    start = time.monotonic()
    # One by one, so that the store has tried most of them by the end.
    for number in range(10, 60):
        publish(alice, [number])
        settle(alice, bob)
    wait_for_rejection(server)
    bob.close()
    found = counts(server)
    windows = math.ceil((time.monotonic() - start) / 10)

    assert found["messages_rejected"] > 10
    assert len(server.err.all(lambda line: COULD_NOT in line)) <= windows + 1


def test_a_lane_that_could_store_nothing_at_all_goes_on_when_there_is_space(server, disk, fill, client, raw_polling):
    alice, bob = client(server), raw_polling(server)
    ballast = fill()
    publish(alice, range(10))
    wait_for_rejection(server)

    ballast.remove()
    publish(alice, range(10, 20))

    received = [what for what in poll_until(bob, 19) if not isinstance(what, Gap)]
    assert received == sorted(set(received))
    assert set(received) >= {*range(4), *range(10, 20)}
    disk.wait_until_empty()


def test_a_disk_that_lanes_fill_by_themselves_has_space_again_when_they_have_drained(
    server, disk, client, raw_polling
):
    alice, bob, carol = client(server), raw_polling(server), client(server)
    carol.subscribe("snapshot")

    # Half as much again as there is space for.
    publish(alice, range(150), carol)
    wait_for_rejection(server)
    with ThreadPoolExecutor() as threads:
        polling = threads.submit(poll_until, bob, 159)
        disk.wait_until_empty()
        publish(alice, range(150, 160), carol)
        received = [what for what in polling.result() if not isinstance(what, Gap)]

    assert received == sorted(set(received))
    assert len(received) > 50
    assert received[-10:] == list(range(150, 160))
    assert counts(server)["messages_rejected"] == 160 - len(received)
