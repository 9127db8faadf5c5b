"""POST /api/revoke: somebody is cut off now, with the real executable and real clients."""

import pytest

from harness.configuration import feed
from harness.management import Management, serve_managed

TOKENS = {"alice": "token-of-alice", "bob": "token-of-bob"}


@pytest.fixture
def guarded(serve_file):
    """guarded(token=None) -> a server whose `/feed` and `/more` require one of TOKENS, and its management port."""
    namespaces = [feed(authRequired=True), feed(path="/more", authRequired=True)]
    keys = {"auth": "TOKEN", "staticTokens": TOKENS, "namespaces": namespaces}
    return lambda **options: serve_managed(serve_file, **keys, **options)


def revoke(management, body):
    return management.publish(body, "/api/revoke")


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_revoked_principal_is_disconnected_and_nobody_else(guarded, client, transport):
    server, management = guarded()
    alice = client(server, auth={"token": "token-of-alice"}, transport=transport)
    both = client(server, more_namespaces=["/more"], auth={"token": "token-of-alice"}, transport=transport)
    bob = client(server, auth={"token": "token-of-bob"}, transport=transport)
    for each in (alice, bob):
        each.subscribe("snapshot")

    status, answer = revoke(management, {"principal": "alice"})

    assert (status, answer["ok"]) == (200, True)
    for each in (alice, both):
        each.wait_for_disconnect()
    assert [error["code"] for error in alice.heard("error")] == ["AUTH_REJECTED"]
    assert bob.publish("snapshot", 1)["recipients"] == 1
    assert bob.next("snapshot") == 1
    metrics = management.metrics()
    # Who is in two namespaces is told in both.
    assert answer["clients"] == 3
    assert [error["code"] for error in both.heard("error", "/more")] == ["AUTH_REJECTED"]
    assert metrics.of("auth_revoked", namespace="/feed") == 2
    assert metrics.of("auth_revoked", namespace="/more") == 1
    assert metrics.of("auth_rejected", namespace="/feed") == 0


def test_who_has_shown_another_token_since_is_cut_off_as_well(guarded, client):
    server, management = guarded()
    client_of_both = client(server, auth={"token": "token-of-alice"})
    client_of_both.subscribe("snapshot")
    assert client_of_both.ask("auth", {"token": "token-of-bob"})["ok"] is True

    assert revoke(management, {"principal": "alice"}) == (200, {"ok": True, "clients": 1})
    client_of_both.wait_for_disconnect()


def test_one_server_may_be_named(guarded, client):
    server, management = guarded()
    alice = client(server, auth={"token": "token-of-alice"})

    assert revoke(management, {"principal": "alice", "server": "feed"}) == (200, {"ok": True, "clients": 1})
    alice.wait_for_disconnect()


def test_who_the_validator_still_accepts_may_come_back(guarded, client):
    server, management = guarded()
    assert revoke(management, {"principal": "alice"}) == (200, {"ok": True, "clients": 0})

    assert client(server, auth={"token": "token-of-alice"}).subscribe("snapshot")["ok"] is True


@pytest.mark.parametrize(
    "body, status, code",
    [
        ({}, 400, "INVALID_REQUEST"),
        ({"principal": ""}, 400, "INVALID_REQUEST"),
        ({"principal": 7}, 400, "INVALID_REQUEST"),
        ({"principal": "alice", "client": "x"}, 400, "INVALID_REQUEST"),
        ("{", 400, "INVALID_REQUEST"),
        ({"principal": "alice", "server": "none"}, 404, "UNKNOWN_SERVER"),
    ],
)
def test_what_is_wrong_is_refused_and_cuts_off_nobody(guarded, client, body, status, code):
    server, management = guarded()
    alice = client(server, auth={"token": "token-of-alice"})

    found, answer = revoke(management, body)

    assert (found, answer["code"]) == (status, code)
    assert alice.subscribe("snapshot")["ok"] is True


def test_without_the_token_of_the_port_nobody_is_cut_off(guarded, client):
    server, management = guarded(token="the-token-of-this-test")
    alice = client(server, auth={"token": "token-of-alice"})

    status, answer = revoke(Management(management.url), {"principal": "alice"})

    assert (status, answer["code"]) == (401, "UNAUTHORIZED")
    assert alice.subscribe("snapshot")["ok"] is True
    assert revoke(management, {"principal": "alice"}) == (200, {"ok": True, "clients": 1})
