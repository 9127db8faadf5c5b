"""limits: what one request, one message and one packet may be, with the real executable on raw connections."""

import json

import pytest
import requests

from harness.configuration import QUIET, feed, servers
from harness.raw_websocket import CONTINUATION, TEXT, frame


@pytest.fixture
def limited(serve):
    """limited(headers=3) -> a server with these limits."""
    return lambda keys=(), **limits: serve(namespaces=[feed()], limits=limits, **QUIET, **dict(keys))


def refused(server, limit):
    return server.counts().of("input_refused", limit=limit)


def status(server, headers):
    """What a handshake with these headers is answered, beside the four that it has anyway."""
    url = f"{server.url}/socket.io/?EIO=4&transport=polling"
    plain = {"Accept-Encoding": "identity", "Accept": None, "User-Agent": "test", "Connection": "close"}
    return requests.get(url, headers={**plain, **headers}, timeout=60).status_code


def test_headers_are_counted(limited):
    server = limited(headers=6)

    assert status(server, {"X-1": "1", "X-2": "2"}) == 200
    assert status(server, {"X-1": "1", "X-2": "2", "X-3": "3"}) == 431
    assert refused(server, "headers") == 1


def test_headers_have_a_size(limited):
    server = limited(headerBytes=2000)

    assert status(server, {"X-Large": "x" * 1500}) == 200
    assert status(server, {"X-Large": "x" * 2000}) == 431
    assert status(server, {"X-Large": "x" * 1000, "X-Larger": "x" * 1000}) == 431
    assert refused(server, "headers") == 2


def test_by_default_a_long_token_fits_and_a_flood_does_not(limited):
    server = limited()

    assert status(server, {"Authorization": "Bearer " + "x" * 16_384}) == 200
    assert status(server, {f"X-{number}": "1" for number in range(101)}) == 431
    assert status(server, {"X-Large": "x" * 66_000}) == 431


def publish(payload, attachments=0):
    """The packet of a publish with this payload, as JSON text."""
    kind = f"45{attachments}-" if attachments else "42"
    return f'{kind}/feed,1["publish",{{"topic":"snapshot","payload":{payload}}}]'


def placeholders(count):
    return "[" + ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in range(count)) + "]"


def is_accepted(client):
    return json.loads(client.packet_starting("43/feed,1").removeprefix(b"43/feed,1"))[0]["ok"]


def send_in_frames(client, packet, count):
    """The packet's first bytes in a frame each, the rest in the last."""
    packet = packet.encode()
    parts = [packet[number:number + 1] for number in range(count - 1)] + [packet[count - 1:]]
    for number, part in enumerate(parts):
        client.send_bytes(frame(TEXT if number == 0 else CONTINUATION, part, fin=number == count - 1))


def test_a_message_has_at_most_so_many_frames(limited, raw_websocket):
    server = limited(framesPerMessage=3)
    client = raw_websocket(server)

    send_in_frames(client, publish("1"), 3)
    assert is_accepted(client)
    send_in_frames(client, publish("1"), 4)

    assert client.wait_for_close() == 1009
    assert refused(server, "framesPerMessage") == 1


@pytest.mark.parametrize("most", [2, 0, None])
def test_a_packet_has_at_most_so_many_attachments(limited, raw_websocket, most):
    server = limited(**({} if most is None else {"attachmentsPerPacket": most}))
    most = 10 if most is None else most
    client = raw_websocket(server)

    client.send(publish(placeholders(most), most))
    for _ in range(most):
        client.send(b"x")
    assert is_accepted(client)
    client.send(publish(placeholders(most + 1), most + 1))

    client.wait_for_close()
    assert refused(server, "attachmentsPerPacket") == 1


def test_a_packet_with_its_attachments_has_a_size(limited, raw_websocket):
    server = limited(keys={"maxPayload": 10_000})
    client = raw_websocket(server)

    for attachments in (2, 3):
        client.send(publish(placeholders(attachments), attachments))
        for _ in range(attachments):
            client.send(bytes(4_000))
        if attachments == 2:
            assert is_accepted(client)

    client.wait_for_close()
    assert refused(server, "maxPayload") == 1


def test_a_message_and_a_body_have_a_size(limited, raw_websocket):
    server = limited(keys={"maxPayload": 10_000})
    client = raw_websocket(server)

    client.send(publish('"' + "x" * 10_000 + '"'))
    assert client.wait_for_close() == 1009

    url = f"{server.url}/socket.io/?EIO=4&transport=polling"
    sid = json.loads(requests.get(url, timeout=60).text[1:])["sid"]
    assert requests.post(f"{url}&sid={sid}", data="4" + "x" * 10_000, timeout=60).status_code == 413
    assert refused(server, "maxPayload") == 2


@pytest.mark.parametrize("depth", [5, 200])
def test_json_is_nested_at_most_so_deep(limited, raw_websocket, depth):
    server = limited(jsonDepth=depth)
    client = raw_websocket(server)

    # The event and its argument are two.
    for levels in (depth - 2, depth - 1):
        client.send(publish("[" * levels + "]" * levels))
        if levels == depth - 2:
            assert is_accepted(client)

    client.wait_for_close()
    assert refused(server, "jsonDepth") == 1


@pytest.mark.parametrize(
    "limits, message",
    [
        ({"headerBytes": 1023}, "limits.headerBytes: expected 1024 to 16777216, found 1023"),
        ({"headers": 0}, "limits.headers: expected 1 to 10000, found 0"),
        ({"framesPerMessage": 0}, "limits.framesPerMessage: expected 1 to"),
        ({"attachmentsPerPacket": -1}, "limits.attachmentsPerPacket: expected 0 to"),
        ({"jsonDepth": 0}, "limits.jsonDepth: expected 1 to"),
    ],
)
def test_a_limit_that_is_none_is_refused(streamfence, configuration_file, limits, message):
    refused = streamfence("serve", "--config", configuration_file(servers(feed={"limits": limits})))

    assert refused.wait() == 78
    assert message in refused.stderr
