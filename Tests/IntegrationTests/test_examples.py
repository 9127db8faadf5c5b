"""The programs in Examples/, run as a reader would, with real clients."""

import json
import os
import shlex
import ssl
import urllib.request
from pathlib import Path

import pytest

from harness.certificates import openssl
from harness.journal import wait_until
from harness.process import Process
from harness.socketio_client import Refused

EXAMPLES = Path(__file__).resolve().parents[2] / "Examples"


@pytest.fixture
def example(cleanup):
    """example("chat", "0") -> the running program."""
    folder = os.environ.get("STREAMFENCE_EXAMPLES")
    assert folder, "expected STREAMFENCE_EXAMPLES in the environment; run the tests with Scripts/test"

    def run(name, *arguments, env=None):
        process = Process([Path(folder).resolve() / name, *arguments], env=env)
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


def test_three_namespaces_treat_a_client_that_cannot_keep_up_each_in_their_way(example, client, raw_websocket):
    server = example("multi-namespace", "0")
    url = server.line(r"^listening (http://\S+)$").group(1)
    prices, portfolio, alerts = (client(url, f"/{name}") for name in ("prices", "portfolio", "alerts"))

    # Everybody who reads gets everything.
    prices.subscribe("price")
    portfolio.subscribe("portfolio")
    assert prices.next("price")["symbol"] == "ACME"
    assert portfolio.next("portfolio")["positions"] == {"ACME": 10}

    # An alert comes again under the same id, until it is given up.
    alerts.subscribe("alert")
    alert, metadata = alerts.next_message("alert")
    assert alert["text"].startswith("ACME is at ")
    message_id = metadata["messageId"]
    assert metadata == {"namespace": "/alerts", "topic": "alert", "messageId": message_id, "ackRequired": True}
    assert [alerts.next_message("alert", message_id=message_id) for _ in range(2)] == [(alert, metadata)] * 2
    server.line(rf"^given up: {message_id} for client \S+ after 2 retries$")

    # One that is acknowledged in time is not; which those are depends on how fast this is.
    acknowledged = False
    while not acknowledged:
        _, metadata = alerts.next_message("alert")
        answer = alerts.ask("ack", {"topic": "alert", "messageId": metadata["messageId"]})
        acknowledged = answer["acknowledged"]
    assert answer == {"ok": True, "topic": "alert", "acknowledged": True}

    # A client that does not read finds the newest prices.
    paused = raw_websocket(url, namespace="/prices")
    paused.subscribe("price", "/prices")
    for number in range(800):
        prices.publish("price", {"number": number, "fill": "x" * 10_000})
    server.line(r"^overflow: /prices price of client \S+: queue_full$")
    while b'"number":799,' not in paused.packet_starting('42/prices,["price"'):
        pass

    server.signal()
    assert server.wait() == 0, server.stderr


def test_a_paused_client_catches_up_in_order_from_the_disk(example, raw_websocket, tmp_path):
    folder = tmp_path / "spill"
    server = example("spill-to-disk", "0", folder)
    url = server.line(r"^listening (http://\S+)$").group(1)

    paused = raw_websocket(url)
    paused.subscribe("reading")
    server.line(r"^published 5000 readings")
    assert int(server.line(r"^delivered \d+, rejected 0, on disk ([1-9]\d+) bytes$").group(1)) < 12_000_000
    wait_until(lambda: any(path.is_file() for path in (folder / "%2Ffeed").rglob("*")), "a file")

    for number in range(5000):
        packet = paused.packet_starting('42/feed,["reading"')
        assert json.loads(packet.removeprefix(b"42/feed,"))[1]["number"] == number

    server.line(r"^delivered 5000, rejected 0, on disk 0 bytes$")
    server.signal()
    assert server.wait() == 0, server.stderr
    assert not any(path.is_file() for path in (folder / "%2Ffeed").rglob("*"))


def test_a_spilling_server_without_a_folder_leaves_nothing_behind(example, raw_websocket, tmp_path):
    server = example("spill-to-disk", "0", env={**os.environ, "TMPDIR": str(tmp_path)})
    url = server.line(r"^listening (http://\S+)$").group(1)
    raw_websocket(url).subscribe("reading")
    server.line(r"^delivered \d+, rejected 0, on disk [1-9]\d+ bytes$")
    assert list(tmp_path.iterdir())

    server.signal()
    assert server.wait() == 0, server.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def mixed_workload(example, tmp_path):
    """The running example, its addresses by server, and what clients need to trust it."""
    file = EXAMPLES / "Sources/MixedWorkload/mixed-workload.yaml"
    (command,) = [line.split("openssl ")[1] for line in file.read_text().splitlines() if line.startswith("#   openssl ")]
    chain, key = tmp_path / "server.pem", tmp_path / "server.key"
    openssl(*shlex.split(command.replace("server.key", str(key)).replace("server.pem", str(chain))))
    tokens = {"READER_TOKEN": "token-of-reader", "OPERATOR_TOKEN": "token-of-operator"}
    files = {"TLS_CHAIN": str(chain), "TLS_KEY": str(key)}
    program = example("mixed-workload", file, env={**os.environ, "FEED_PORT": "0", "CONTROL_PORT": "0", **tokens, **files})
    urls = dict(program.line(r"^listening (\w+) (https://\S+)$").groups() for _ in range(2))
    return program, urls, ssl.create_default_context(cafile=chain)


def test_a_feed_and_a_control_server_of_one_file_lose_what_may_be_lost_and_no_command(mixed_workload, client):
    program, urls, trust = mixed_workload
    for name, token in (("feed", None), ("feed", "token-of-operator"), ("control", "token-of-reader")):
        with pytest.raises(Refused) as refusal:
            client(urls[name], f"/{name}", auth={"token": token} if token else None, ssl=trust)
        assert refusal.value.answer["data"]["code"] == "AUTH_REJECTED"
    reader = client(urls["feed"], "/feed", auth={"token": "token-of-reader"}, ssl=trust)
    operator = client(urls["control"], "/control", auth={"token": "token-of-operator"}, ssl=trust)

    # A paused reader loses the oldest snapshots, and is told how many.
    reader.subscribe("snapshot")
    reader.next("snapshot")
    reader.pause()
    lost = int(program.line(r"^feed: delivered \d+, lost by slow clients (\d+)$").group(1))
    reader.resume()
    missed = 0
    while missed < lost:
        missed += reader.next("gap")["dropped"]
    numbers = [snapshot["number"] for snapshot in reader.heard("snapshot")]
    assert numbers == sorted(set(numbers))

    # A command comes again until it is acknowledged.
    operator.subscribe("command")
    command, metadata = operator.next_message("command")
    assert operator.next_message("command", message_id=metadata["messageId"]) == (command, metadata)
    acknowledged = False
    while not acknowledged:
        _, metadata = operator.next_message("command")
        acknowledged = operator.ask("ack", {"topic": "command", "messageId": metadata["messageId"]})["acknowledged"]
    program.line(r"^control: acknowledged [1-9]\d*, given up \d+$")

    assert reader.publish("snapshot", 1)["code"] == "PUBLISH_DENIED"
    program.signal()
    assert program.wait() == 0, program.stderr


def test_the_mixed_workload_says_what_it_lacks(example):
    program = example("mixed-workload", EXAMPLES / "Sources/MixedWorkload/mixed-workload.yaml")

    assert program.wait() == 78
    assert "READER_TOKEN" in program.stderr and "OPERATOR_TOKEN" in program.stderr


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
