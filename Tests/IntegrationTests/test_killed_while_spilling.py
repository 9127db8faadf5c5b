"""`kill -9` in the middle of writing: the next start removes what is left, and serves."""

import itertools
import threading

import pytest
import websocket

from harness.configuration import feed, servers
from harness.counts import counts
from harness.journal import wait_until
from harness.numbered import payload, poll_until, publish

REMOVED = r"notice .*lanes=(\d+) .*removed what an earlier run had spilled"


@pytest.fixture
def publish_without_end(cleanup):
    """publish_without_end(raw_websocket) -> publishes, from a thread, until the connection breaks."""
    def start(publisher):
        def publishing():
            try:
                for number in itertools.count():
                    publisher.ask("publish", {"topic": "snapshot", "payload": payload(number)})
            except (OSError, websocket.WebSocketException):
                pass

        thread = threading.Thread(target=publishing)
        thread.start()
        cleanup.callback(thread.join)

    return start


def lanes(spill_folder):
    return {file.parent for file in spill_folder.files()}


@pytest.fixture
def killed(serve_spilling, raw_websocket, raw_polling, spill_folder, publish_without_end):
    """A server that was killed while three lanes were being spilled."""
    server = serve_spilling()
    for _ in range(3):
        raw_polling(server)
    publish_without_end(raw_websocket(server))
    wait_until(lambda: spill_folder.messages() > 30 and len(lanes(spill_folder)) == 3, "three lanes to be spilled")

    server.kill_in_the_middle()

    assert spill_folder.messages() > 30
    return server


def test_the_next_start_removes_what_is_left_and_serves(
    killed, serve_spilling, client, raw_polling, spill_folder
):
    server = serve_spilling()

    assert server.line(REMOVED, server.err)[1] == "3"
    spill_folder.wait_until_empty()
    alice, bob = client(server), raw_polling(server)
    publish(alice, range(100, 120))
    assert poll_until(bob, 119) == list(range(100, 120)), "nothing of the earlier run"
    assert counts(server)["messages_delivered"] == 20


def test_clients_may_spill_again_while_it_is_removed(killed, serve_spilling, client, raw_polling, spill_folder):
    server = serve_spilling()
    alice, bob = client(server), raw_polling(server)

    publish(alice, range(100, 120))
    server.line(REMOVED, server.err)

    spill_folder.wait_for_messages(16)
    assert poll_until(bob, 119) == list(range(100, 120))


def test_halves_of_files_are_removed_too(killed, serve_spilling, spill_folder, store):
    lane = spill_folder.files()[0]
    if store == "log":
        with lane.open("ab") as log:
            log.write(lane.read_bytes()[: 10_000])
    else:
        lane.with_name(f"{lane.name}.tmp").write_bytes(lane.read_bytes()[:5_000])

    server = serve_spilling()

    server.line(REMOVED, server.err)
    spill_folder.wait_until_empty()


def test_a_start_with_the_other_store_removes_it_as_well(killed, serve_file, store, spill_folder):
    other = {"log": "json-files", "json-files": "log"}[store]
    server = serve_file(
        servers(
            feed={
                "spillRootPath": str(spill_folder.path),
                "spillStore": {"use": other},
                "namespaces": [feed(overflowAction="SPILL_TO_DISK")],
            }
        )
    )

    server.line(REMOVED, server.err)
    spill_folder.wait_until_empty()


def test_message_ids_of_the_new_run_are_new(serve_spilling, client):
    runs = []
    for _ in range(2):
        server = serve_spilling()
        alice = client(server)
        runs.append({alice.publish("snapshot", number)["messageId"] for number in range(20)})
        server.kill_in_the_middle()

    assert len(runs[0] | runs[1]) == 40
