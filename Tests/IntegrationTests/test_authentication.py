"""auth: TOKEN: who may join, subscribe and publish, with the real executable and real clients."""

import json
import os

import pytest

from harness.configuration import QUIET, feed, servers
from harness.journal import wait_until
from harness.socketio_client import Refused

TOKENS = {"alice": "token-of-alice", "bob": "token-of-bob"}


def guard(namespace=(), **keys):
    """The keys of a server whose `/feed` requires one of TOKENS, with these besides."""
    return {"auth": "TOKEN", "staticTokens": TOKENS, "namespaces": [feed(authRequired=True, **dict(namespace))], **keys}


@pytest.fixture
def guarded(serve):
    """guarded(authAt="connect") -> a server whose `/feed` requires one of TOKENS, with these keys."""
    return lambda **keys: serve(**guard(**keys))


@pytest.fixture
def soon_and_late(serve_file):
    """soon_and_late("authTimeoutMs", 300) -> the URLs of two guarded servers: with this value, and with ten minutes."""
    def start(key, soon, **keys):
        keys = {**keys, **QUIET}
        text = servers(soon=guard(**{key: soon}, **keys), late=guard(**{key: 600_000}, **keys))
        urls = serve_file(text, listeners=2).urls
        return urls["soon"], urls["late"]

    return start


def refused_to_join(client, server, **options):
    """The code of the refusal."""
    with pytest.raises(Refused) as refusal:
        client(server, **options)
    return refusal.value.answer["data"]["code"]


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_wrong_token_is_refused_when_joining(guarded, client, transport):
    server = guarded()

    assert refused_to_join(client, server, auth={"token": "BAD"}, transport=transport) == "AUTH_REJECTED"
    assert server.counts()["auth_rejected"] == 1


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_token_accepted_when_joining_serves_for_what_follows(guarded, client, transport):
    alice = client(guarded(authAt="connect"), auth={"token": "token-of-alice"}, transport=transport)

    assert alice.subscribe("snapshot")["ok"] is True
    assert alice.publish("snapshot", 1)["recipients"] == 1
    assert alice.next("snapshot") == 1


def test_a_token_may_come_as_a_bearer_header(guarded, client):
    server = guarded(authAt="connect")

    alice = client(server, headers={"Authorization": "Bearer token-of-alice"})
    assert alice.subscribe("snapshot")["ok"] is True
    assert refused_to_join(client, server, headers={"Authorization": "Bearer BAD"}) == "AUTH_REJECTED"


@pytest.mark.parametrize("allowed", [True, False])
def test_a_token_in_the_query_counts_only_where_that_is_allowed(guarded, client, allowed):
    server = guarded(authAt="connect", allowQueryToken=allowed)
    url = f"{server.url}/?token=token-of-alice"

    if allowed:
        assert client(url).subscribe("snapshot")["ok"] is True
    else:
        assert refused_to_join(client, url) == "AUTH_REJECTED"


def test_without_a_token_nobody_joins_where_it_is_demanded(guarded, client):
    assert refused_to_join(client, guarded(authAt="connect")) == "AUTH_REJECTED"


def test_without_a_token_a_client_joins_and_may_do_nothing(guarded, client):
    server = guarded()
    stranger = client(server)

    for answer in (stranger.subscribe("snapshot"), stranger.publish("snapshot", 1)):
        assert (answer["ok"], answer["code"]) == (False, "AUTH_REJECTED")
    assert [error["code"] for error in stranger.heard("error")] == ["AUTH_REJECTED"] * 2
    assert server.counts()["messages_published"] == 0


def test_a_wrong_token_is_refused_when_subscribing_and_publishing(guarded, client):
    stranger = client(guarded())

    assert stranger.subscribe("snapshot", token="BAD")["code"] == "AUTH_REJECTED"
    assert stranger.publish("snapshot", 1, token="BAD")["code"] == "AUTH_REJECTED"
    assert "BAD" not in json.dumps(stranger.heard("error"))


def test_a_token_that_came_with_a_request_serves_from_then_on(guarded, client):
    alice = client(guarded())

    assert alice.subscribe("snapshot", token="token-of-alice")["ok"] is True
    assert alice.publish("snapshot", 1)["recipients"] == 1
    assert alice.next("snapshot") == 1


def test_requests_sent_at_once_are_carried_out_in_order(guarded, client):
    alice = client(guarded())

    alice.tell("subscribe", {"topic": "snapshot", "token": "token-of-alice"})
    for number in range(50):
        alice.tell("publish", {"topic": "snapshot", "payload": number})
    assert [alice.next("snapshot") for _ in range(50)] == list(range(50))
    assert alice.heard("error") == []


def test_a_token_may_be_shown_by_itself(guarded, client):
    alice = client(guarded())

    assert alice.ask("auth", {"token": "BAD"})["code"] == "AUTH_REJECTED"
    assert alice.ask("auth", {"token": "token-of-alice"}) == {"ok": True}
    assert alice.next("authenticated") == {}
    assert alice.subscribe("snapshot")["ok"] is True


def test_an_address_with_too_many_refusals_is_listened_to_no_more(guarded, client):
    server = guarded(authRejectMaxPerWindow=3, authRejectWindowMs=600_000)
    bob = client(server, auth={"token": "token-of-bob"})
    assert bob.subscribe("snapshot")["ok"] is True

    codes = [refused_to_join(client, server, auth={"token": f"guess {number}"}) for number in range(5)]
    assert codes == ["AUTH_REJECTED"] * 3 + ["RATE_LIMITED"] * 2
    assert refused_to_join(client, server, auth={"token": "token-of-alice"}) == "RATE_LIMITED"
    # Who is in already goes on.
    assert bob.unsubscribe("snapshot")["ok"] is True
    assert bob.subscribe("snapshot")["ok"] is True

    counts = server.counts()
    assert (counts["auth_rejected"], counts["auth_rate_limited"]) == (3, 3)


@pytest.mark.parametrize("proxies, codes", [(["127.0.0.0/8"], ["AUTH_REJECTED"]), ([], ["RATE_LIMITED"])])
def test_clients_of_a_trusted_proxy_are_told_apart(guarded, client, proxies, codes):
    server = guarded(authRejectMaxPerWindow=2, authRejectWindowMs=600_000, trustedProxies=proxies)
    guess = {"auth": {"token": "guess"}}
    for _ in range(2):
        refused_to_join(client, server, headers={"X-Forwarded-For": "192.0.2.7"}, **guess)

    assert [refused_to_join(client, server, headers={"X-Forwarded-For": "192.0.2.8"}, **guess)] == codes
    assert refused_to_join(client, server, headers={"X-Forwarded-For": "192.0.2.7"}, **guess) == "RATE_LIMITED"


def test_a_client_that_shows_no_token_in_time_is_disconnected(guarded, client):
    stranger = client(guarded(authTimeoutMs=300))

    stranger.wait_for_disconnect()
    assert [error["code"] for error in stranger.heard("error")] == ["AUTH_REJECTED"]


def test_how_long_a_client_may_show_no_token_is_configured(soon_and_late, client):
    soon, late = soon_and_late("authTimeoutMs", 300)
    early = client(late)

    # One after the other: had both servers the same time, the first to come would be gone by now.
    for _ in range(2):
        client(soon).wait_for_disconnect()

    assert early.subscribe("snapshot", token="token-of-alice")["ok"] is True


def test_refusals_are_forgotten_after_the_window(soon_and_late, client):
    soon, late = soon_and_late("authRejectWindowMs", 50, authRejectMaxPerWindow=1)
    guess = {"auth": {"token": "guess"}}
    for url in (late, soon):
        assert refused_to_join(client, url, **guess) == "AUTH_REJECTED"

    wait_until(lambda: refused_to_join(client, soon, **guess) == "AUTH_REJECTED", "another token to be looked at")

    # Had both servers the same window, this would be the first to forget.
    assert refused_to_join(client, late, **guess) == "RATE_LIMITED"


def test_a_namespace_may_have_tokens_of_its_own(guarded, client):
    own = {"use": "static", "options": {"tokens": {"carol": "token-of-carol"}}}
    server = guarded(namespace={"tokenValidator": own})

    assert refused_to_join(client, server, auth={"token": "token-of-alice"}) == "AUTH_REJECTED"
    assert client(server, auth={"token": "token-of-carol"}).subscribe("snapshot")["ok"] is True


def test_a_namespace_may_choose_its_validator(guarded, client):
    server = guarded(namespace={"tokenValidator": {"use": "deny-all"}})

    assert refused_to_join(client, server, auth={"token": "token-of-alice"}) == "AUTH_REJECTED"


def test_a_namespace_that_requires_no_token_looks_at_none(serve, client):
    server = serve(
        auth="TOKEN",
        staticTokens=TOKENS,
        namespaces=[feed(authRequired=True), {"path": "/public", "topics": ["snapshot"]}],
    )
    anybody = client(server, "/public", auth={"token": "BAD"})

    assert anybody.subscribe("snapshot", token="BAD")["ok"] is True


def test_no_log_shows_a_token(guarded, client):
    server = guarded()
    refused_to_join(client, server, auth={"token": "secret-guess"})
    alice = client(server, auth={"token": "token-of-alice"})
    alice.subscribe("snapshot", token="another-guess")
    server.stop()

    for token in ("guess", *TOKENS.values()):
        assert token not in server.stderr
    assert "no such token" in server.stderr


def test_the_command_line_shows_its_token(guarded, streamfence, client):
    server = guarded()
    listener = client(server, auth={"token": "token-of-bob"})
    listener.subscribe("snapshot")

    refused = streamfence("publish", f"{server.url}/feed", "snapshot", "1", "--token", "BAD")
    assert refused.wait() == 1
    assert "AUTH_REJECTED" in refused.stderr
    none = streamfence("publish", f"{server.url}/feed", "snapshot", "1")
    assert none.wait() == 1
    assert "AUTH_REJECTED" in none.stderr

    good = streamfence("publish", f"{server.url}/feed", "snapshot", "1", "--token", "token-of-alice")
    assert good.wait() == 0, good.stderr
    assert listener.next("snapshot") == 1

    empty = streamfence("publish", f"{server.url}/feed", "snapshot", "1", env={**os.environ, "STREAMFENCE_TOKEN": ""})
    assert empty.wait() == 1
    assert "AUTH_REJECTED" in empty.stderr and "INVALID_REQUEST" not in empty.stderr

    shown_to_nobody = {**os.environ, "STREAMFENCE_TOKEN": "token-of-alice"}
    subscriber = streamfence("subscribe", f"{server.url}/feed", "snapshot", "--count", "1", env=shown_to_nobody)
    subscriber.line(r"^subscribed to snapshot", subscriber.err)
    listener.publish("snapshot", 2)
    assert subscriber.wait() == 0
    assert subscriber.stdout == "2"
