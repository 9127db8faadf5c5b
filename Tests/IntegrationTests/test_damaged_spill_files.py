"""Spilled messages that were damaged on the disk are left out, counted, and told; the others arrive in their order."""

import pytest

from harness.counts import counts
from harness.numbered import Gap, poll_until, publish, understood
from harness.packet import message_id

#: Of messages 0 to 19 the lane holds four in memory, and the store the rest.
SPILLED = range(4, 20)
LOST = "spilled messages are damaged or missing, and lost"


@pytest.fixture
def server(serve_spilling):
    return serve_spilling(notifyGaps=True)


@pytest.fixture
def alice(server, client):
    return client(server)


@pytest.fixture
def carol(server, client):
    """A healthy client, who must notice nothing."""
    carol = client(server)
    carol.subscribe("snapshot")
    return carol


@pytest.fixture
def bob(server, alice, carol, raw_polling, spill_folder):
    """Has not polled: messages 4 to 19 are on the disk."""
    bob = raw_polling(server)
    publish(alice, range(20), carol)
    spill_folder.wait_for_messages(len(SPILLED))
    return bob


class LogFile:
    """The only segment of a `log` store's only lane."""

    def __init__(self, folder):
        (self.file,) = folder.files()

    def middle_of(self, number):
        """Where in the file the payload of this message is."""
        return self.file.read_bytes().index(b'{"n":%d,' % number) + 100


class JSONFiles:
    """The files of a `json-files` store's only lane."""

    def __init__(self, folder):
        self.files = dict(zip(SPILLED, folder.files(), strict=True))


def change_byte(file, offset):
    content = bytearray(file.read_bytes())
    content[offset] ^= 1
    file.write_bytes(content)


def truncate(file, size):
    with file.open("r+b") as opened:
        opened.truncate(size)


def damage(folder, store, number):
    """Changes one byte of a message."""
    if store == "log":
        lane = LogFile(folder)
        change_byte(lane.file, lane.middle_of(number))
    else:
        change_byte(JSONFiles(folder).files[number], 5_000)


def lost_and_counted(server, number):
    found = counts(server)
    lines = server.err.all(lambda line: LOST in line)
    assert len(lines) == 1, lines
    assert found["messages_dropped"] == number
    assert found.of("queue_overflow", reason="spill_damaged") == number
    assert found["messages_rejected"] == 0
    return True


@pytest.mark.parametrize("number", [4, 11, 19])
def test_one_wrong_byte_loses_one_message(server, alice, carol, bob, store, spill_folder, number):
    damage(spill_folder, store, number)
    publish(alice, [20], carol)

    assert poll_until(bob, 20) == [*range(number), Gap(1), *range(number + 1, 21)]
    assert lost_and_counted(server, 1)


def test_messages_that_are_damaged_one_after_the_other_are_one_gap(server, alice, carol, bob, store, spill_folder):
    for number in (7, 8, 9):
        damage(spill_folder, store, number)
    publish(alice, [20], carol)

    assert poll_until(bob, 20) == [*range(7), Gap(3), *range(10, 21)]
    assert lost_and_counted(server, 3)


@pytest.mark.parametrize("store", ["log"], indirect=True)
def test_a_log_that_is_cut_off_loses_what_was_behind(server, alice, carol, bob, spill_folder):
    lane = LogFile(spill_folder)
    truncate(lane.file, lane.middle_of(12))
    publish(alice, range(20, 23), carol)

    assert poll_until(bob, 22) == [*range(12), Gap(8), *range(20, 23)]
    assert lost_and_counted(server, 8)


@pytest.mark.parametrize("store", ["log"], indirect=True)
def test_a_log_with_a_hole_in_it_loses_what_was_in_the_hole(server, alice, carol, bob, spill_folder):
    lane = LogFile(spill_folder)
    with lane.file.open("r+b") as opened:
        start = lane.middle_of(8)
        opened.seek(start)
        # Two beginnings of records are among it.
        opened.write(bytes(lane.middle_of(10) - start))
    publish(alice, [20], carol)

    assert poll_until(bob, 20) == [*range(8), Gap(3), *range(11, 21)]
    assert lost_and_counted(server, 3)


@pytest.mark.parametrize("store", ["log"], indirect=True)
@pytest.mark.parametrize(
    "harm",
    [
        lambda file: file.unlink(),
        lambda file: truncate(file, 0),
        lambda file: file.write_bytes(bytes(file.stat().st_size)),
        lambda file: (file.unlink(), file.mkdir()),
        lambda file: (file.unlink(), file.symlink_to("/dev/zero")),
    ],
    ids=["removed", "emptied", "zeroed", "a folder", "a link"],
)
def test_a_log_that_is_no_log_any_more_loses_all_of_it(server, alice, carol, bob, spill_folder, harm):
    harm(LogFile(spill_folder).file)

    publish(alice, range(20, 30), carol)

    assert poll_until(bob, 29) == [*range(4), Gap(len(SPILLED)), *range(20, 30)]
    assert lost_and_counted(server, len(SPILLED))


@pytest.mark.parametrize("store", ["json-files"], indirect=True)
@pytest.mark.parametrize(
    "harm",
    [
        lambda file: file.unlink(),
        lambda file: truncate(file, 0),
        lambda file: truncate(file, 1_000),
        lambda file: file.write_text("{}"),
        lambda file: file.write_bytes(file.read_bytes() + b"\n"),
        lambda file: (file.unlink(), file.mkdir()),
        lambda file: (file.unlink(), file.symlink_to("/dev/zero")),
    ],
    ids=["removed", "emptied", "cut off", "other JSON", "longer", "a folder", "a link"],
)
def test_a_file_that_is_not_as_it_was_written_loses_its_message(server, alice, carol, bob, spill_folder, harm):
    harm(JSONFiles(spill_folder).files[11])
    publish(alice, [20], carol)

    assert poll_until(bob, 20) == [*range(11), Gap(1), *range(12, 21)]
    assert lost_and_counted(server, 1)


@pytest.mark.parametrize("store", ["json-files"], indirect=True)
def test_files_that_have_changed_places_lose_their_messages(server, alice, carol, bob, spill_folder):
    files = JSONFiles(spill_folder).files
    first, second = files[6].read_bytes(), files[7].read_bytes()
    files[6].write_bytes(second)
    files[7].write_bytes(first)
    publish(alice, [20], carol)

    assert poll_until(bob, 20) == [*range(6), Gap(2), *range(8, 21)]
    assert lost_and_counted(server, 2)


def test_when_all_is_damaged_the_lane_tells_it_with_the_next_message(
    server, alice, carol, bob, store, spill_folder
):
    for number in SPILLED:
        damage(spill_folder, store, number)

    assert poll_until(bob, 3) == [*range(4)]
    server.line(rf"warning .*messages={len(SPILLED)} .*{LOST}", server.err)
    publish(alice, [20], carol)
    assert poll_until(bob, 20) == [Gap(len(SPILLED)), 20]
    assert lost_and_counted(server, len(SPILLED))
    spill_folder.wait_until_empty()


def test_at_least_once_goes_on_behind_it(serve_spilling, client, raw_websocket, store, spill_folder):
    server = serve_spilling(
        notifyGaps=True, deliveryMode="AT_LEAST_ONCE", maxInFlight=2, maxRetries=5, ackTimeoutMs=600_000
    )
    alice, bob = client(server), raw_websocket(server)
    bob.subscribe("snapshot")
    publish(alice, range(20))
    spill_folder.wait_for_messages(len(SPILLED))
    damage(spill_folder, store, 11)

    received = []
    while 19 not in received:
        packet = bob.next_packet()
        received.append(understood(packet))
        if isinstance(received[-1], int):
            bob.emit("ack", {"topic": "snapshot", "messageId": message_id(packet)})

    assert received == [*range(11), Gap(1), *range(12, 20)]
    spill_folder.wait_until_empty()
    found = counts(server, bob)
    assert found["messages_acknowledged"] == 19
    assert found["messages_dropped"] == 1
