"""What lies on disk while messages are spilled, which store puts it there, and that nothing is left afterwards.

What happens to damaged files, and to those of a killed server, is in files of their own.
"""

import json
import os
import stat
from pathlib import Path

import pytest

from harness.configuration import QUIET, feed
from harness.journal import wait_until
from harness.packet import payload
from harness.settle import settle

SPILL = {"overflowAction": "SPILL_TO_DISK", "maxQueuedMessagesPerClient": 1}
STORES = [{"use": "log"}, {"use": "json-files"}]
by_store = pytest.mark.parametrize("store", STORES, ids=lambda store: store["use"])


@pytest.fixture
def spilled(serve, client, raw_polling, tmp_path):
    """spilled(count, fill="", namespace={}, ...) -> a Spilled whose messages 1 to count - 1 are on disk."""
    def run(count, fill="", namespace=None, root=".streamfence-spill", **keys):
        server = serve(namespaces=[feed(**SPILL, **(namespace or {}))], **keys, **QUIET)
        alice, bob = client(server), raw_polling(server)
        for number in range(count):
            alice.publish("snapshot", {"n": number, "fill": fill})
        settle(alice, bob)
        return Spilled(server, alice, bob, tmp_path / root)

    return run


class Spilled:
    """A server that has spilled for bob, who does not poll."""

    def __init__(self, server, alice, bob, root):
        self.server, self.alice, self.bob, self.root = server, alice, bob, root

    def files(self, suffix):
        # Not rglob, which does not like it when folders go away meanwhile.
        return sorted(
            Path(folder) / name for folder, _, names in os.walk(self.root) for name in names if name.endswith(suffix)
        )

    def wait_until(self, holds):
        """Asks the server until something holds that it does meanwhile."""
        def asked():
            self.alice.ask("ack", {"topic": "snapshot", "messageId": "none"})
            return holds()

        wait_until(asked, "what the store does")

    def received(self, count):
        return [payload(packet)["n"] for packet in self.bob.messages(count)]


def test_messages_are_spilled_below_the_root_path_with_a_folder_for_each_name(spilled):
    on_disk = spilled(20, root="elsewhere/spill", spillRootPath="elsewhere/spill")
    on_disk.wait_until(lambda: on_disk.files(".log"))

    (file,) = on_disk.files(".log")
    namespace, client, topic, _ = file.relative_to(on_disk.root).parts
    assert namespace == "%2Ffeed"
    assert topic == "snapshot"
    assert client
    # Nobody else on the machine may read them.
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for folder in file.relative_to(on_disk.root).parents:
        assert stat.S_IMODE((on_disk.root / folder).stat().st_mode) == 0o700


def test_json_files_keeps_a_file_of_json_for_each_message(spilled):
    on_disk = spilled(20, spillStore={"use": "json-files"})
    on_disk.wait_until(lambda: len(on_disk.files(".json")) == 19)

    for number, path in enumerate(on_disk.files(".json")):
        assert path.name == f"{number + 1:08}.json"
        assert json.loads(path.read_text())["position"] == number
    assert on_disk.files(".log") == []


def test_a_namespace_may_use_another_store_than_its_server(spilled):
    on_disk = spilled(20, namespace={"spillStore": {"use": "json-files"}}, spillStore={"use": "log"})

    on_disk.wait_until(lambda: len(on_disk.files(".json")) == 19)
    assert on_disk.files(".log") == []


SEGMENTS = {"spillStore": {"use": "log", "options": {"segmentBytes": 65_536}}}


@pytest.mark.parametrize("keys", [SEGMENTS, {"namespace": SEGMENTS}], ids=["of the server", "of the namespace"])
def test_log_begins_a_new_segment_when_one_is_full(spilled, keys):
    on_disk = spilled(101, fill="x" * 6_500, **keys)

    on_disk.wait_until(lambda: sum(path.stat().st_size for path in on_disk.files(".log")) > 100 * 6_500)
    # Ten messages fill a segment, unless the machine is so slow that the store is given more at once, which is at most 256 KiB.
    assert len(on_disk.files(".log")) >= 3
    assert on_disk.received(101) == list(range(101))


def test_by_default_a_segment_of_log_is_larger_than_this(spilled):
    on_disk = spilled(101, fill="x" * 6_500)

    on_disk.wait_until(lambda: sum(path.stat().st_size for path in on_disk.files(".log")) > 100 * 6_500)
    assert len(on_disk.files(".log")) == 1


@pytest.mark.parametrize("options", [{"sync": "always"}, {"sync": "interval", "syncIntervalMs": 1}, {"sync": "never"}])
def test_however_log_is_synchronised_it_brings_everything_in_order(spilled, options):
    on_disk = spilled(100, spillStore={"use": "log", "options": options})

    assert on_disk.received(100) == list(range(100))


@by_store
def test_nothing_is_left_on_disk_when_everything_is_delivered(spilled, store):
    on_disk = spilled(50, spillStore=store)

    assert on_disk.received(50) == list(range(50))
    on_disk.wait_until(lambda: not on_disk.files(".log") and not on_disk.files(".json"))


@by_store
def test_nothing_is_left_on_disk_when_a_client_leaves_or_unsubscribes(spilled, raw_polling, store):
    on_disk = spilled(50, spillStore=store)
    on_disk.wait_until(lambda: on_disk.files(".log") or on_disk.files(".json"))
    carol = raw_polling(on_disk.server)
    for number in range(50):
        on_disk.alice.publish("snapshot", number)
    settle(on_disk.alice, carol)

    on_disk.bob.emit("unsubscribe", {"topic": "snapshot"})
    carol.close()

    on_disk.wait_until(lambda: not on_disk.files(".log") and not on_disk.files(".json"))


@by_store
def test_nothing_is_left_on_disk_when_a_server_stops(spilled, store):
    on_disk = spilled(50, spillStore=store, shutdownDrainMs=0)

    on_disk.server.stop()

    assert on_disk.files(".log") == on_disk.files(".json") == []


@by_store
def test_where_the_store_fails_messages_are_rejected_and_it_is_said(serve, client, raw_polling, tmp_path, store):
    server = serve(namespaces=[feed(**SPILL)], spillStore=store, **QUIET)
    # In the place of the namespace's folder: nothing can be written there, whoever the server runs as.
    (tmp_path / ".streamfence-spill" / "%2Ffeed").write_text("in the way")
    alice, bob = client(server), raw_polling(server)
    # The first stays in memory, the second is what the store does not take.
    for number in range(2):
        alice.publish("snapshot", {"n": number})

    server.line(r"warning .*could not spill messages, which are rejected", server.err)
    assert payload(bob.messages(1)[0]) == {"n": 0}
    # And once the store works again, so does spilling.
    (tmp_path / ".streamfence-spill" / "%2Ffeed").unlink()
    alice.publish("snapshot", {"n": "a"})
    alice.publish("snapshot", {"n": "b"})
    assert [payload(packet) for packet in bob.messages(2)] == [{"n": "a"}, {"n": "b"}]

    bob.close()
    alice.close()
    counts = server.counts()
    assert counts.overflows()["spill_failed"] == 1
    assert counts.outcomes() == {"messages_delivered": 3, "messages_rejected": 1}
