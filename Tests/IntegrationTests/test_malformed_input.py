"""Bytes that no client should send close the connection they came on, and no other."""

import socket

import pytest

from harness.configuration import QUIET
from harness.raw_websocket import BINARY, CLOSE, CONTINUATION, PING, TEXT, frame


@pytest.fixture
def server(serve):
    # A connection must be closed for what it sent, not in the end by a heartbeat.
    return serve(**QUIET)


@pytest.fixture
def bystander(server, client):
    """A subscriber who must notice nothing, neither messages nor an interruption."""
    bystander = client(server)
    bystander.subscribe("snapshot")
    yield bystander
    assert bystander.publish("snapshot", "still here")["ok"] is True
    assert bystander.next("snapshot") == "still here"


FRAMES = {
    "an unmasked frame": frame(TEXT, b"3", masked=False),
    "a reserved bit": frame(TEXT, b"3", reserved=4),
    "a reserved opcode": frame(0x3, b"3"),
    "a reserved control opcode": frame(0xB, b""),
    "a fragmented ping": frame(PING, b"", fin=False),
    "a ping beyond 125 bytes": frame(PING, b"x" * 126),
    "a continuation of nothing": frame(CONTINUATION, b"3"),
    "a message inside another": frame(TEXT, b"4", fin=False) + frame(TEXT, b"3"),
    "text that is not UTF-8": frame(TEXT, b'42/feed,["subscribe","\xff"]'),
    "text that ends inside a character": frame(TEXT, b"4\xc3"),
    "a surrogate in UTF-8": frame(TEXT, b'42/feed,["\xed\xa0\x80"]'),
    "an overlong encoding": frame(TEXT, b'42/feed,["\xc0\xaf"]'),
    "a length with its highest bit set": b"\x81\xff" + b"\xff" * 8 + b"mask",
    "a close frame of one byte": frame(CLOSE, b"\x03"),
    "noise": bytes(range(7, 200)) * 3,
}


@pytest.mark.parametrize("sent", FRAMES.values(), ids=FRAMES.keys())
def test_a_malformed_frame(server, bystander, raw_websocket, sent):
    mallory = raw_websocket(server)

    mallory.send_bytes(sent)

    mallory.wait_for_close()


PACKETS = {
    "no Engine.IO packet": "",
    "an Engine.IO type that does not exist": "9",
    "an Engine.IO open from a client": '0{"sid":"x"}',
    "an empty message": "4",
    "a Socket.IO type that does not exist": "47",
    "letters": "4abc",
    "an event without arguments": "42/feed,",
    "an event that is an object": "42/feed,{}",
    "an event that is an empty list": "42/feed,[]",
    "an event whose name is reserved": '42/feed,["connect"]',
    "a list that does not end": '42/feed,["subscribe",{"topic":"snapshot"}',
    "something after the list": '42/feed,["subscribe",{"topic":"snapshot"}]]',
    "a trailing comma": '42/feed,["subscribe",{"topic":"snapshot",}]',
    "a number with a leading zero": '42/feed,["publish",{"topic":"snapshot","payload":01}]',
    "a number that is none": '42/feed,["publish",{"topic":"snapshot","payload":1.}]',
    "NaN": '42/feed,["publish",{"topic":"snapshot","payload":NaN}]',
    "a control character in a string": '42/feed,["publish",{"topic":"snapshot","payload":"\n"}]',
    "an escape that does not exist": '42/feed,["publish",{"topic":"snapshot","payload":"\\x41"}]',
    "an escape that is cut off": '42/feed,["publish",{"topic":"snapshot","payload":"\\u12"}]',
    "single quotes": "42/feed,['subscribe',{'topic':'snapshot'}]",
    "an acknowledgement without an id": "43/feed,[]",
    "an event for a namespace that was not joined": '42/other,["subscribe",{"topic":"snapshot"}]',
    "an event for the root, which was not joined": '42["subscribe",{"topic":"snapshot"}]',
    "a second connect to the same namespace": "40/feed,",
    "a connect with a list": "40/other,[]",
    "a connect error from a client": '44/feed,{"message":"no"}',
    "an id beyond any integer": "42/feed," + "9" * 40 + '["subscribe",{"topic":"snapshot"}]',
    "an attachment nobody announced": b"\x00",
    "a binary event without a count": '45/feed,["publish",{"topic":"snapshot","payload":1}]',
    "a thousand attachments": '451000-/feed,["publish",{"topic":"snapshot","payload":{"_placeholder":true,"num":0}}]',
}


@pytest.mark.parametrize("sent", PACKETS.values(), ids=PACKETS.keys())
def test_a_malformed_packet(server, bystander, raw_websocket, sent):
    mallory = raw_websocket(server)

    mallory.send(sent)

    mallory.wait_for_close()


def test_text_where_an_attachment_was_announced(server, bystander, raw_websocket):
    mallory = raw_websocket(server)

    mallory.send('451-/feed,["publish",{"topic":"snapshot","payload":{"_placeholder":true,"num":0}}]')
    mallory.send('42/feed,["subscribe",{"topic":"snapshot"}]')

    mallory.wait_for_close()


@pytest.mark.parametrize("number", ["1", "-1", "0.5", '"0"', "1e99"])
def test_a_placeholder_for_no_attachment(server, bystander, raw_websocket, number):
    mallory = raw_websocket(server)

    mallory.send(f'451-/feed,["publish",{{"topic":"snapshot","payload":{{"_placeholder":true,"num":{number}}}}}]')
    mallory.send(b"\x00")

    mallory.wait_for_close()


def test_json_nested_without_end(server, bystander, raw_websocket):
    mallory = raw_websocket(server)

    mallory.send('42/feed,["publish",{"topic":"snapshot","payload":' + "[" * 100_000 + "]" * 100_000 + "}]")

    mallory.wait_for_close()


BODIES = {
    "nothing": "",
    "letters": "abc",
    "a packet of no type": "3\x1e9",
    "base64 that is none": "b!!!!",
    "an attachment that was not announced": "bAAA",
    "broken JSON": '42/feed,["subscribe",',
    "not UTF-8": b'42/feed,["subscribe","\xff"]',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_malformed_polling_payload_ends_its_session(server, bystander, raw_polling, body):
    mallory = raw_polling(server)

    mallory.post(body)

    assert mallory.get().status_code == 400


REQUESTS = {
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a request line that is none": b"HELLO\r\n\r\n",
    "a negative length": b"POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a chunk size that is none": b"POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("sent", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_malformed_http_request_is_answered_with_an_error_or_closed(server, bystander, sent):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as mallory:
        mallory.sendall(sent)
        mallory.shutdown(socket.SHUT_WR)
        answer = b""
        while received := mallory.recv(65_536):
            answer += received

    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer
