"""Somebody removes the folder of a running server: what was in it is lost and counted, and the lane goes on."""

import pytest

from harness.configuration import feed, servers
from harness.counts import counts
from harness.numbered import Gap, poll_until, publish


@pytest.fixture
def server(serve_spilling):
    return serve_spilling(notifyGaps=True)


@pytest.fixture
def alice(server, client):
    return client(server)


@pytest.fixture
def carol(server, client):
    """A healthy client."""
    carol = client(server)
    carol.subscribe("snapshot")
    return carol


def test_what_was_in_it_is_lost_and_what_comes_new_is_spilled_again(
    server, alice, carol, raw_polling, spill_folder
):
    bob = raw_polling(server)
    publish(alice, range(10), carol)
    spill_folder.wait_for_messages(6)

    spill_folder.vanish()
    publish(alice, range(10, 15), carol)
    spill_folder.wait_for_messages(5)

    assert poll_until(bob, 14) == [*range(4), Gap(6), *range(10, 15)]
    server.line(r"warning .*messages=6 .*spilled messages are damaged or missing, and lost", server.err)
    found = counts(server)
    assert found["messages_dropped"] == 6
    assert found.of("queue_overflow", reason="spill_damaged") == 6
    assert found["messages_rejected"] == 0


def test_a_lane_with_nothing_else_goes_on(server, alice, carol, raw_polling, spill_folder):
    bob = raw_polling(server)
    publish(alice, range(10), carol)
    spill_folder.wait_for_messages(6)

    spill_folder.vanish()

    assert poll_until(bob, 3) == [*range(4)]
    server.line(r"spilled messages are damaged or missing, and lost", server.err)
    publish(alice, [10], carol)
    assert poll_until(bob, 10) == [Gap(6), 10]


def test_every_lane_loses_its_own_and_goes_on(server, alice, carol, raw_polling, spill_folder):
    slow = [raw_polling(server) for _ in range(5)]
    publish(alice, range(10), carol)
    spill_folder.wait_for_messages(30)

    spill_folder.vanish()
    publish(alice, range(10, 20), carol)

    for bob in slow:
        assert poll_until(bob, 19) == [*range(4), Gap(6), *range(10, 20)]
    assert counts(server)["messages_dropped"] == 30


def test_it_may_vanish_again_and_again(server, alice, carol, raw_polling, spill_folder):
    bob = raw_polling(server)
    publish(alice, range(5), carol)
    spill_folder.wait_for_messages(1)

    for number in range(5, 10):
        spill_folder.vanish()
        publish(alice, [number], carol)
        spill_folder.wait_for_messages(1)

    # The one that was there last is.
    assert poll_until(bob, 9) == [*range(4), Gap(5), 9]


def test_nothing_of_it_is_left_when_the_client_leaves(server, alice, carol, raw_polling, spill_folder):
    bob = raw_polling(server)
    publish(alice, range(10), carol)
    spill_folder.wait_for_messages(6)
    spill_folder.vanish()
    publish(alice, range(10, 15), carol)

    bob.close()

    spill_folder.wait_until_empty()
    assert counts(server)["messages_discarded"] == 15


def test_the_folder_that_is_made_again_is_still_the_servers_alone(
    server, alice, carol, raw_polling, spill_folder, streamfence, configuration_file
):
    raw_polling(server)
    publish(alice, range(5), carol)
    spill_folder.wait_for_messages(1)
    spill_folder.vanish()
    publish(alice, [5], carol)
    spill_folder.wait_for_messages(1)

    text = servers(feed={"spillRootPath": str(spill_folder.path), "namespaces": [feed(overflowAction="SPILL_TO_DISK")]})
    other = streamfence("serve", "--config", configuration_file(text, "other.yaml"))

    assert other.wait() == 78, other.stderr
