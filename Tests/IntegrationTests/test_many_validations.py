"""Validators that take their time, and one that takes all of it, asked by many clients of both libraries at once."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.both_ways import BothWays
from harness.configuration import feed
from harness.journal import wait_until
from harness.socketio_client import Refused

CROWD = 500
LONG = 600_000


@pytest.fixture
def guarded(serve_file, authority, plugin):
    """guarded("crowd", "crowd-validator.cpp", …) -> servers whose `/feed` asks that validator, and whose `/open` asks none."""
    def start(validator, source, *flags, **keys):
        file = plugin(source, *flags)
        plugins = f"plugins: {{directory: {file.parent}, load: [{{path: {file.name}}}]}}\n"
        namespaces = [feed(authRequired=True), feed(path="/open")]
        token = {"auth": "TOKEN", "authAt": "connect", "tokenValidator": {"use": validator}}
        return BothWays(serve_file, authority, plugins, namespaces=namespaces, **token, **keys)

    return start


@pytest.fixture
def crowd():
    """crowd(function, [arguments, …]) -> futures of their calls, all at once."""
    pool = ThreadPoolExecutor(CROWD)
    yield lambda function, each: [pool.submit(function, *arguments) for arguments in each]
    pool.shutdown(cancel_futures=True)


def calls(servers, validator):
    """How many tokens it has been asked about."""
    return servers.management.metrics().of("plugin_calls", kind="token_validator", name=validator)


def joined(connect, url, transport, token):
    """A client, or the code of its refusal."""
    try:
        return connect(url, transport=transport, auth={"token": token})
    except Refused as refusal:
        return refusal.answer["data"]["code"]


def expect_served(client, word):
    assert client.publish("snapshot", word)["ok"] is True
    assert client.next("snapshot") == word


def test_500_that_are_checked_at_once_get_their_own_answer_each(guarded, crowd, python_client, javascript_client):
    servers = guarded(
        "crowd", "crowd-validator.cpp", f"-DCROWD={CROWD}", authTimeoutMs=LONG, connectTimeoutMs=LONG, authRejectMaxPerWindow=CROWD
    )
    witness = python_client(servers.urls["feed"], namespace="/open")
    witness.subscribe("snapshot")
    ways = [(connect, *way) for connect in (python_client, javascript_client) for way in servers.ways(["websocket", "polling"])]
    # Each way has good and bad ones.
    tokens = [f"{'good' if number // len(ways) % 2 else 'bad'}-{number}" for number in range(CROWD)]
    asked = [(*ways[number % len(ways)], token) for number, token in enumerate(tokens)]

    waiting = crowd(joined, asked[:-1])
    wait_until(lambda: calls(servers, "crowd") == CROWD - 1, f"{CROWD - 1} tokens to be looked at")
    expect_served(witness, "while they wait")
    assert not any(each.done() for each in waiting)
    waiting += crowd(joined, asked[-1:])
    outcomes = [each.result() for each in waiting]

    assert [outcome == "AUTH_REJECTED" for outcome in outcomes] == [token.startswith("bad") for token in tokens]
    accepted = {token.removeprefix("good-"): client for token, client in zip(tokens, outcomes) if token.startswith("good")}
    # Who is cut off as one of them is that one.
    cut, left = list(accepted)[::2], list(accepted)[1::2]
    for number in cut:
        answer = servers.management.publish({"principal": f"principal-{number}"}, "/api/revoke")
        assert answer == (200, {"ok": True, "clients": 1})
        accepted[number].wait_for_disconnect()
    for number in left:
        assert accepted[number].unsubscribe("snapshot")["ok"] is True
        assert accepted[number].heard("error") == []
    expect_served(witness, "and afterwards")


def test_a_validator_that_hangs_is_asked_no_more_until_it_answers(guarded, crowd, python_client, javascript_client):
    servers = guarded("by-token", "validator.cpp", authTimeoutMs=2_000)
    witness = javascript_client(servers.urls["secure"], namespace="/open")
    witness.subscribe("snapshot")
    ways = [(connect, *way) for connect in (python_client, javascript_client) for way in servers.ways()]
    # Twelve for each of the two servers, which ask it themselves.
    hanging = crowd(joined, [(*way, "never") for way in ways * 2])
    expect_served(witness, "while they wait")
    assert {each.result() for each in hanging} == {"AUTH_REJECTED"}
    for _ in servers.urls:
        servers.server.line("by-token has not answered 10 times in a row", servers.server.err)
    asked, start = calls(servers, "by-token"), time.monotonic()

    # At once, unasked, but for one in five seconds.
    for way in ways:
        assert joined(*way, "never") == "AUTH_REJECTED"
    pauses = 1 + (time.monotonic() - start) // 5
    assert calls(servers, "by-token") <= asked + pauses * len(servers.urls)
    expect_served(witness, "and afterwards")

    # It answers, once it is asked.
    for url in servers.urls.values():
        wait_until(lambda: joined(python_client, url, "websocket", "now") != "AUTH_REJECTED", "the validator to be asked again")
        servers.server.line("by-token answers again", servers.server.err)
    for way in ways:
        assert joined(*way, "now").subscribe("snapshot")["ok"] is True
