"""A client that subscribes 100,000 times is answered as often, and costs neither memory nor anybody else anything."""

import re
from pathlib import Path

import pytest

from harness.configuration import QUIET, feed, servers
from harness.raw_websocket import TEXT, frame

TIMES = 100_000
BATCH = 1_000
#: What a server's memory may grow by, in bytes: 80 for each time would be more.
GROWTH = 8 << 20


def memory(server):
    """What the server occupies, in bytes."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


@pytest.fixture
def server(serve_file, tmp_path):
    # Lanes that spill are those with the most to them.
    namespace = feed(overflowAction="SPILL_TO_DISK", retain=1)
    return serve_file(servers(feed={"spillRootPath": str(tmp_path / "spill"), "namespaces": [namespace], **QUIET}))


def event(name, topic="snapshot"):
    return frame(TEXT, f'42/feed,["{name}",{{"topic":"{topic}"}}]'.encode())


#: A new one, one that is there already, none any more, and one that can't be.
REQUESTS = [event("subscribe"), event("subscribe"), event("unsubscribe"), event("subscribe", "none")]
ANSWERS = {
    b'["subscribed"': BATCH // 2,
    b'["unsubscribed"': BATCH // 4 + 1,
    b'"UNKNOWN_TOPIC"': BATCH // 4,
}
#: Asks for an acknowledgement, which comes when all before it has been answered.
END, ITS_ANSWER = frame(TEXT, b'42/feed,7["unsubscribe",{"topic":"snapshot"}]'), b"43/feed,7["


def send_a_thousand(client):
    """At once, and reads their answers."""
    client.send_bytes(b"".join(REQUESTS) * (BATCH // len(REQUESTS)) + END)
    received, searched = bytearray(), 0
    while received.find(ITS_ANSWER, searched) < 0:
        searched = max(0, len(received) - len(ITS_ANSWER))
        received += client.receive_bytes()
    assert {answer: received.count(answer) for answer in ANSWERS} == ANSWERS


# A debug build on a busy machine has a lot to do.
@pytest.mark.timeout(900)
def test_it_costs_no_memory_and_nobody_else_anything(server, raw_websocket, client):
    alice, carol, mallory = client(server), client(server), raw_websocket(server)
    carol.subscribe("snapshot")
    # The first ones fill what a server keeps for the next.
    for _ in range(10):
        send_a_thousand(mallory)
    before = memory(server)

    for number in range(TIMES // BATCH):
        send_a_thousand(mallory)
        assert alice.publish("snapshot", number)["ok"] is True
        assert carol.next("snapshot") == number

    assert memory(server) - before < GROWTH
    assert len(server.err.all()) < TIMES // 100, "nor does it fill the log"
