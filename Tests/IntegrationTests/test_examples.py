"""The programs in Examples/, run as a reader would, with real clients."""

import os
import urllib.request
from pathlib import Path

import pytest

from harness.process import Process


@pytest.fixture
def example(cleanup):
    """example("chat", "0") -> the running program."""
    folder = os.environ.get("STREAMFENCE_EXAMPLES")
    assert folder, "expected STREAMFENCE_EXAMPLES in the environment; run the tests with Scripts/test"

    def run(name, *arguments):
        process = Process([Path(folder).resolve() / name, *arguments])
        cleanup.callback(process.kill)
        return process

    return run


def test_the_single_server_publishes_a_price_every_second(example, client):
    server = example("single-server", "0")
    url = server.line(r"^listening (http://\S+)$").group(1)
    alice = client(url)
    alice.subscribe("snapshot")

    first, second = alice.next("snapshot"), alice.next("snapshot")

    assert first["price"] == 42.5
    assert second["number"] == first["number"] + 1

    alice.publish("snapshot", {"from": "alice"})
    server.line(r' published \{"from":\s*"alice"\}$')

    server.signal()
    assert server.wait() == 0, server.stderr


def test_the_chat_brings_what_one_says_to_the_room(example, client):
    chat = example("chat", "0")
    url = chat.line(r"^chat on (http://\S+)/chat$").group(1)
    alice, bob = client(url, "/chat"), client(url, "/chat")

    assert alice.ask("join", {"room": "lobby", "name": "Alice"}) == {"ok": True, "count": 1}
    assert bob.ask("join", {"room": "lobby", "name": "Bob"}) == {"ok": True, "count": 2}
    assert alice.next("joined") == {"name": "Bob"}
    assert alice.ask("who") == ["Alice", "Bob"]

    assert bob.ask("say", {"text": "hello"}) == {"ok": True}
    assert alice.next("said") == {"name": "Bob", "text": "hello"}

    bob.close()
    assert alice.next("left") == {"name": "Bob"}


def test_the_conformance_server_answers_on_both_paths(example, client):
    server = example("conformance-server", "--port", "0", "--ping-interval", "25000", "--ping-timeout", "20000")
    url = server.line(r"^listening (http://\S+)$").group(1)
    alice = client(url, "/custom")

    assert alice.next("auth") == {}
    assert alice.ask("message-with-ack", {"bytes": b"\x00\x01"}) == {"bytes": b"\x00\x01"}

    with urllib.request.urlopen(f"{url}/engine.io/?EIO=4&transport=polling") as answer:
        assert answer.read().startswith(b'0{"sid":')
