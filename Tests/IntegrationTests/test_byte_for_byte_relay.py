"""A payload reaches its subscribers as the very bytes that were published."""

import base64

import pytest

PAYLOADS = {
    "a fraction with a zero at its end": '{"price":1.10}',
    "exponents": "[1e3,1E+2,-0.0e-5]",
    "minus zero": "-0",
    "an integer beyond 64 bits": "123456789012345678901234567890",
    "a fraction beyond double precision": "0.1000000000000000055511151231257827",
    "escapes that were not needed": '"\\u0041\\/\\u00e9"',
    "a surrogate pair, escaped": '"\\ud83d\\ude00"',
    "an unescaped letter beside an escaped one": '"é\\u00e9"',
    "a key order": '{"z":1,"a":2,"m":3}',
    "a key twice": '{"a":1,"a":2}',
    "white space": '{ "a" : [ 1 ,\t2 ] ,\n "b" : { } }',
    "line separators": '"\u2028\u2029"',
    "a control character, escaped": '"\\u0000\\u001f\u007f"',
    "a noncharacter": '"\uffff"',
    "deeply nested, but not too deeply": "[" * 50 + "]" * 50,
    "something like the end of the packet": '"]}\\"]"',
}


@pytest.fixture
def publisher(server, raw_websocket):
    return raw_websocket(server)


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_text_reaches_every_transport_unchanged(server, publisher, raw_websocket, raw_polling, payload):
    by_websocket, by_polling = raw_websocket(server), raw_polling(server)
    by_websocket.subscribe("snapshot")

    publisher.send(f'42/feed,["publish",{{"topic":"snapshot","payload":{payload}}}]')

    expected = f'42/feed,["snapshot",{payload}]'.encode()
    assert by_websocket.next_packet() == expected
    assert by_polling.next_packet() == expected


def test_a_payload_may_stand_before_the_topic_and_between_other_fields(server, publisher, raw_websocket):
    subscriber = raw_websocket(server)
    subscriber.subscribe("snapshot")

    publisher.send('42/feed,["publish" , { "key":"payload", "payload" : [1.0] ,"token":null,"topic": "snap\\u0073hot" } ]')

    assert subscriber.next_packet() == b'42/feed,["snapshot",[1.0]]'


def test_attachments_reach_every_transport_unchanged(server, publisher, raw_websocket, raw_polling):
    by_websocket, by_polling = raw_websocket(server), raw_polling(server)
    by_websocket.subscribe("snapshot")
    payload = '{"b":{"_placeholder":true,"num":1},"x":1.10,"a":{"_placeholder":true,"num":0}}'
    first, second = bytes(range(256)), b""

    publisher.send(f'452-/feed,["publish",{{"topic":"snapshot","payload":{payload}}}]')
    publisher.send(first)
    publisher.send(second)

    expected = f'452-/feed,["snapshot",{payload}]'.encode()
    assert [by_websocket.next_packet() for _ in range(3)] == [expected, first, second]
    assert [by_polling.next_packet() for _ in range(3)] == [
        expected,
        b"b" + base64.b64encode(first),
        b"b" + base64.b64encode(second),
    ]
