"""Clients that fell silent are cut; clients that answer stay."""

import pytest

from harness.configuration import QUIET, feed, servers

#: For clients that are to be cut.
STRICT = {"pingIntervalMs": 200, "pingTimeoutMs": 200}
#: For clients that answer, however slow the machine. The next heartbeat comes only after the answer to the last.
LENIENT = {"pingIntervalMs": 200, "pingTimeoutMs": 50_000}


def test_a_websocket_client_that_does_not_answer_is_cut(serve, raw_websocket):
    silent = raw_websocket(serve(**STRICT), joined=False)

    assert silent.next_packet(answer_pings=False) == b"2"
    silent.wait_for_close()


def test_a_websocket_client_that_answers_stays(serve, raw_websocket):
    alice = raw_websocket(serve(**LENIENT))

    for _ in range(5):
        assert alice.next_packet(answer_pings=False) == b"2"
        alice.send("3")
    alice.subscribe("snapshot")


def test_a_polling_client_that_does_not_answer_is_cut(serve, raw_polling):
    silent = raw_polling(serve(**STRICT), subscribed=False)

    answer = silent.get()
    while answer.status_code == 200:
        answer = silent.get()
    assert answer.status_code == 400


def test_a_polling_client_that_answers_stays(serve, raw_polling):
    alice = raw_polling(serve(**LENIENT), subscribed=False)

    for _ in range(5):
        assert alice.poll() == [b"2"]
        alice.send("3")


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_a_library_client_lives_through_many_heartbeats(serve, client, raw_websocket, transport):
    server = serve(**LENIENT)
    alice, clock = client(server, transport=transport), raw_websocket(server)
    for _ in range(5):
        assert clock.next_packet(answer_pings=False) == b"2"
        clock.send("3")

    assert alice.subscribe("snapshot")["ok"] is True


def test_a_client_that_never_reads_is_cut_although_messages_wait_for_it(serve, client, raw_websocket):
    server = serve(
        namespaces=[feed(overflowAction="DROP_OLDEST", maxQueuedBytesPerClient=8_000_000)],
        pingIntervalMs=200,
        # Enough for alice, who has to answer while she publishes.
        pingTimeoutMs=4_000,
    )
    alice, stuck = client(server), raw_websocket(server)
    stuck.subscribe("snapshot")

    # Its heartbeat waits behind these. Publishing on asks the server until it has let go of the client.
    while alice.publish("snapshot", "x" * 100_000)["recipients"] == 1:
        pass


def test_a_connection_that_joins_no_namespace_is_closed(serve, raw_websocket, raw_polling):
    server = serve(connectTimeoutMs=200)

    raw_websocket(server, joined=False).wait_for_close()
    idle = raw_polling(server, subscribed=False)
    answer = idle.get()
    while answer.status_code == 200:
        answer = idle.get()
    assert answer.status_code == 400


def test_how_long_a_connection_may_join_no_namespace_is_configured(serve_file, raw_websocket):
    text = servers(soon={"connectTimeoutMs": 200, **QUIET}, late={"connectTimeoutMs": 600_000, **QUIET})
    urls = serve_file(text, listeners=2).urls
    early = raw_websocket(urls["late"], joined=False)

    # One after the other: had both servers the same time, the first to come would be gone by now.
    for _ in range(2):
        raw_websocket(urls["soon"], joined=False).wait_for_close()

    early.send("40/feed,")
    assert early.next_packet().startswith(b"40/feed,")


def test_a_connection_that_joined_in_time_outlives_the_connect_timeout(serve, raw_websocket):
    server = serve(connectTimeoutMs=3_000)
    alice = raw_websocket(server)

    # The server closes this one when the time is over.
    raw_websocket(server, joined=False).wait_for_close()

    alice.subscribe("snapshot")
