"""Messages beyond maxPayload are refused; nobody else notices."""

import pytest

from harness.configuration import QUIET, feed
from harness.raw_websocket import BINARY, TEXT, frame

LIMIT = 10_000
TOO_MUCH = "x" * (LIMIT + 1)


@pytest.fixture
def server(serve):
    return serve(maxPayload=LIMIT, **QUIET)


@pytest.fixture
def bystander(server, client):
    """A subscriber who must notice nothing."""
    bystander = client(server)
    bystander.subscribe("snapshot")
    yield bystander
    assert bystander.publish("snapshot", "still here")["ok"] is True
    assert bystander.next("snapshot") == "still here"


def test_the_largest_payload_passes(server, bystander, raw_websocket):
    start, end = '42/feed,["publish",{"topic":"snapshot","payload":"', '"}]'
    # The whole websocket message counts, its Engine.IO packet type included.
    fill = "x" * (LIMIT - len(start) - len(end))
    raw_websocket(server).send(start + fill + end)

    assert bystander.next("snapshot") == fill


def test_an_oversize_websocket_message_closes_its_connection(server, bystander, raw_websocket):
    mallory = raw_websocket(server)

    mallory.send(f'42/feed,["publish",{{"topic":"snapshot","payload":"{TOO_MUCH}"}}]')

    assert mallory.wait_for_close() == 1009


def test_it_is_refused_by_its_announced_length_before_it_arrives(server, bystander, raw_websocket):
    mallory = raw_websocket(server)

    mallory.send_bytes(frame(TEXT, b"x" * (1 << 20))[:14])

    assert mallory.wait_for_close() == 1009


def test_fragments_are_added_up(server, bystander, raw_websocket):
    mallory = raw_websocket(server)

    for opcode in (TEXT, 0, 0):
        mallory.send_bytes(frame(opcode, b"4" * (LIMIT // 2), fin=False))

    assert mallory.wait_for_close() == 1009


def test_an_oversize_attachment_closes_its_connection(server, bystander, raw_websocket):
    mallory = raw_websocket(server)

    mallory.send('451-/feed,["publish",{"topic":"snapshot","payload":{"_placeholder":true,"num":0}}]')
    mallory.send_bytes(frame(BINARY, TOO_MUCH.encode()))

    mallory.wait_for_close()


def test_attachments_of_one_packet_are_added_up(server, bystander, raw_websocket):
    mallory = raw_websocket(server)
    placeholders = ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in range(3))

    mallory.send(f'453-/feed,["publish",{{"topic":"snapshot","payload":[{placeholders}]}}]')
    for _ in range(3):
        mallory.send(b"x" * (LIMIT // 2))

    mallory.wait_for_close()
    assert bystander.heard("snapshot") == []


def test_an_oversize_post_is_refused_and_ends_its_session(server, bystander, raw_polling):
    mallory = raw_polling(server)

    answer = mallory.post(f'42/feed,["publish",{{"topic":"snapshot","payload":"{TOO_MUCH}"}}]')

    assert answer.status_code == 413
    assert mallory.get().status_code == 400


def test_a_message_larger_than_a_clients_byte_limit_is_refused(serve, client):
    alice = client(serve(namespaces=[feed(maxQueuedBytesPerClient=2_000, overflowAction="DROP_OLDEST")]))
    alice.subscribe("snapshot")

    answer = alice.publish("snapshot", "x" * 5_000)
    assert answer["ok"] is False
    assert answer["code"] == "PAYLOAD_TOO_LARGE"
    alice.publish("snapshot", "small")

    assert alice.next("snapshot") == "small"
