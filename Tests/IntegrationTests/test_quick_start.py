"""Three terminals: a server, a subscriber, a publisher. Nothing but the executable."""

import json


def test_a_published_message_appears_in_the_subscribers_terminal(streamfence):
    server = streamfence("serve", "--port", "0")
    url = server.line(r"^listening default (http://127\.0\.0\.1:\d+)$").group(1)

    subscriber = streamfence("subscribe", f"{url}/feed", "snapshot")
    subscriber.line("subscribed", subscriber.err)

    publisher = streamfence("publish", f"{url}/feed", "snapshot", '{"price": 42.5, "symbol": "Grüße"}')
    assert publisher.wait() == 0, publisher.stderr
    acknowledgement = json.loads(publisher.stdout)
    assert acknowledgement["recipients"] == 1
    assert acknowledgement["messageId"]

    assert json.loads(subscriber.line("").string) == {"price": 42.5, "symbol": "Grüße"}

    server.signal()
    assert server.wait() == 0, server.stderr


def test_a_server_without_a_file_says_what_to_try_next(streamfence):
    server = streamfence("serve", "--port", "0")
    url = server.line(r"^listening default (http://\S+)$").group(1)

    server.line(rf"streamfence subscribe {url}/feed snapshot", server.err)
    server.line(rf"streamfence subscribe {url}/alerts alerts --ack$", server.err)


def test_a_server_without_a_file_has_alerts_to_acknowledge(streamfence):
    server = streamfence("serve", "--port", "0", "--log-level", "info")
    url = server.line(r"^listening default (http://\S+)$").group(1)
    subscriber = streamfence("subscribe", f"{url}/alerts", "alerts", "--ack", "--count", "2")
    subscriber.line("subscribed", subscriber.err)

    for text in ("disk full", "fan stopped"):
        publisher = streamfence("publish", f"{url}/alerts", "alerts", json.dumps({"text": text}))
        assert publisher.wait() == 0, publisher.stderr

    assert subscriber.wait() == 0, subscriber.stderr
    assert [json.loads(line)["text"] for line in subscriber.stdout.splitlines()] == ["disk full", "fan stopped"]
    server.signal()
    assert server.wait() == 0, server.stderr
    server.line(r"\bvalue=2 .*streamfence_messages_acknowledged_total$", server.err)


def test_each_payload_is_one_line_however_it_was_written(streamfence, server):
    subscriber = streamfence("subscribe", f"{server.url}/feed", "snapshot")
    subscriber.line("subscribed", subscriber.err)

    publisher = streamfence("publish", f"{server.url}/feed", "snapshot", '{\n  "a": [1,\n  2]\n}')
    assert publisher.wait() == 0, publisher.stderr

    assert json.loads(subscriber.line("").string) == {"a": [1, 2]}


def test_payloads_appear_in_the_order_they_were_published(streamfence, server, client):
    subscriber = streamfence("subscribe", f"{server.url}/feed", "snapshot")
    subscriber.line("subscribed", subscriber.err)

    publisher = client(server)
    for number in range(50):
        publisher.publish("snapshot", number)

    assert [json.loads(subscriber.line("").string) for _ in range(50)] == list(range(50))


def test_a_server_of_a_file_is_announced_without_that_hint_whatever_its_name(serve_file):
    server = serve_file(
        "servers: {default: {host: 127.0.0.1, port: 0, namespaces: [{path: /feed, topics: [snapshot]}]}}"
    )

    server.stop()
    assert "No --config given" not in server.stderr
