"""Tokens of both libraries' clients, over ws, wss, long-polling and upgrades: shown, refused, renewed, expired, revoked."""

import time

import pytest

from harness.both_ways import BothWays
from harness.configuration import feed
from harness.journal import wait_until
from harness.socketio_client import Refused

#: Longer than it takes to renew it, in milliseconds.
SHORT = 6_000


@pytest.fixture
def guarded(serve_file, authority, plugin):
    """guarded(authAt="connect") -> servers whose `/feed` requires a token (timed-validator.c)."""
    file = plugin("timed-validator.c")
    keys = {"auth": "TOKEN", "tokenValidator": {"use": "timed"}, "namespaces": [feed(authRequired=True)]}
    plugins = f"plugins: {{directory: {file.parent}, load: [{{path: {file.name}}}]}}\n"
    return lambda **more: BothWays(serve_file, authority, plugins, **keys, **more)


def everybody(servers, any_client, token=None):
    """A client for each way to the servers, which has shown this token when it joined."""
    auth = {"token": token} if token else None
    return [any_client(url, transport=transport, auth=auth) for url, transport in servers.ways()]


def code_of_refusal(any_client, way, auth):
    url, transport = way
    with pytest.raises(Refused) as refusal:
        any_client(url, transport=transport, auth=auth)
    return refusal.value.answer["data"]["code"]


def test_only_a_good_token_lets_a_client_in_where_one_is_demanded(guarded, any_client):
    servers = guarded(authAt="connect")

    for way in servers.ways():
        assert code_of_refusal(any_client, way, auth={"token": "BAD"}) == "AUTH_REJECTED"
        assert code_of_refusal(any_client, way, auth=None) == "AUTH_REJECTED"
        assert code_of_refusal(any_client, way, auth={"token": 7}) == "INVALID_REQUEST"
    clients = everybody(servers, any_client, "alice:")
    for each in clients:
        assert each.subscribe("snapshot")["ok"] is True
    servers.publish(1)
    assert [each.next("snapshot") for each in clients] == [1] * len(clients)


def test_a_token_may_come_with_what_it_is_for(guarded, any_client):
    for stranger in everybody(guarded(), any_client):
        assert stranger.subscribe("snapshot")["code"] == "AUTH_REJECTED"
        assert stranger.publish("snapshot", 1, token="BAD")["code"] == "AUTH_REJECTED"
        assert stranger.subscribe("snapshot", token="alice:")["ok"] is True
        assert stranger.publish("snapshot", 2)["recipients"] >= 1
        assert stranger.next("snapshot") == 2
        assert [error["code"] for error in stranger.heard("error")] == ["AUTH_REJECTED"] * 2


def test_who_guesses_is_listened_to_no_more(guarded, any_client):
    servers = guarded(authRejectMaxPerWindow=3, authRejectWindowMs=600_000)
    guesses = [code_of_refusal(any_client, way, auth={"token": "BAD"}) for way in servers.ways()]
    assert guesses == ["AUTH_REJECTED"] * 6

    for way in servers.ways():
        assert code_of_refusal(any_client, way, auth={"token": "alice:"}) == "RATE_LIMITED"


def test_who_shows_none_in_time_is_disconnected(guarded, any_client):
    for stranger in everybody(guarded(authTimeoutMs=4_000), any_client):
        stranger.wait_for_disconnect()
        assert [error["code"] for error in stranger.heard("error")] == ["AUTH_REJECTED"]


def test_a_token_that_expires_in_mid_stream_ends_the_stream(guarded, any_client):
    servers = guarded()
    clients, lasting = everybody(servers, any_client, "alice:"), everybody(servers, any_client, "bob:")
    for each in (*clients, *lasting):
        each.subscribe("snapshot")
    servers.publish(0)
    for each in clients:
        assert each.next("snapshot") == 0
        assert each.ask("auth", {"token": "alice:700"})["ok"] is True

    published = 1

    def are_told():
        nonlocal published
        servers.publish(published)
        published += 1
        return all(each.heard("error") for each in clients)

    wait_until(are_told, "the end of the tokens")
    for each in clients:
        each.wait_for_disconnect()
        # What came before is complete, and nothing comes behind.
        *stream, last = [event for event in each.events() if event[0] in ("snapshot", "error")]
        assert stream == [("snapshot", number) for number in range(len(stream))]
        assert (last[0], last[1]["code"]) == ("error", "AUTH_EXPIRED")
    for each in lasting:
        assert [each.next("snapshot") for _ in range(published)] == list(range(published))


def test_a_token_is_renewed_in_place(guarded, any_client):
    servers = guarded()
    clients = []
    for url, transport in servers.ways():
        each = any_client(url, transport=transport, auth={"token": f"alice:{SHORT}"})
        each.subscribe("snapshot")
        answer = each.ask("auth", {"token": "alice:600000"})
        assert answer["ok"] is True and answer["expiresAt"] > time.time() * 1000 + 60_000
        assert each.next("authenticated") == {"expiresAt": answer["expiresAt"]}
        clients.append(each)
    # When this one's time is up, that of the others' first token is.
    not_renewed = any_client(servers.urls["secure"], auth={"token": f"bob:{SHORT}"})
    not_renewed.wait_for_disconnect()
    assert [error["code"] for error in not_renewed.heard("error")] == ["AUTH_EXPIRED"]

    servers.publish("goes on")
    for each in clients:
        assert each.next("snapshot") == "goes on"
        assert each.heard("error") == []
        # One that is refused changes nothing; one that is accepted may end sooner.
        assert each.ask("auth", {"token": "BAD"})["code"] == "AUTH_REJECTED"
        assert each.publish("snapshot", 1)["ok"] is True
        assert each.ask("auth", {"token": "alice:2000"})["ok"] is True
    for each in clients:
        each.wait_for_disconnect()
        assert [error["code"] for error in each.heard("error")] == ["AUTH_REJECTED", "AUTH_EXPIRED"]


def test_who_is_revoked_is_cut_off_at_once_and_nobody_else(guarded, any_client):
    servers = guarded()
    clients, others = everybody(servers, any_client, "alice:"), everybody(servers, any_client, "bob:")
    for each in (*clients, *others):
        each.subscribe("snapshot")
    servers.publish("before")

    assert servers.management.publish({"principal": "alice"}, "/api/revoke") == (200, {"ok": True, "clients": len(clients)})

    for each in clients:
        each.wait_for_disconnect()
        assert [error["code"] for error in each.heard("error")] == ["AUTH_REJECTED"]
    servers.publish("after")
    for each in others:
        assert [each.next("snapshot") for _ in range(2)] == ["before", "after"]
