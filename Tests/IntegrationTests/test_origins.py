"""cors.origins: which pages may use the server, as a browser asks."""

import pytest
import requests
import websocket

from harness.certificates import secure
from harness.configuration import servers

ALLOWED, OTHER = "https://app.example.com", "https://evil.example.com"


@pytest.fixture
def handshake(authority):
    """handshake(server, origin) -> the answer to a polling handshake from a page of that origin."""
    def ask(server, origin, method="GET", **headers):
        url = f"{server.url}/socket.io/?EIO=4&transport=polling"
        headers = {"Origin": origin, **headers}
        return requests.request(method, url, headers=headers, timeout=60, verify=str(authority.certificate))

    return ask


@pytest.fixture
def websocket_status(authority):
    """websocket_status(server, origin) -> the HTTP status of a websocket handshake from a page of that origin."""
    def ask(server, origin):
        url = f"{server.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
        try:
            websocket.create_connection(
                url, timeout=60, origin=origin, http_no_proxy=["*"], sslopt={"context": authority.trust}
            ).shutdown()
            return 101
        except websocket.WebSocketBadStatusException as error:
            return error.status_code

    return ask


def test_an_allowed_origin_gets_in(serve, handshake, websocket_status):
    server = serve(cors={"origins": ["https://first.example.com", ALLOWED]})

    answer = handshake(server, ALLOWED)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ALLOWED
    assert websocket_status(server, ALLOWED) == 101


def test_another_origin_does_not(serve, handshake, websocket_status):
    server = serve(cors={"origins": [ALLOWED]})

    answer = handshake(server, OTHER)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert websocket_status(server, OTHER) == 403


def test_by_default_no_other_origin_gets_in(server, handshake, websocket_status):
    assert handshake(server, ALLOWED).status_code == 403
    assert websocket_status(server, ALLOWED) == 403


def test_the_servers_own_origin_needs_no_permission(server, handshake, websocket_status):
    assert handshake(server, server.url).status_code == 200
    assert websocket_status(server, server.url) == 101


def test_over_tls_the_same_holds_and_a_page_that_came_over_http_is_not_the_servers_own(
    serve, authority, handshake, websocket_status
):
    server = serve(cors={"origins": [ALLOWED]}, **secure(*authority.issue()))
    assert server.url.startswith("https://")

    for origin, allowed in {
        server.url: True, ALLOWED: True, OTHER: False, server.url.replace("https", "http"): False, "null": False,
    }.items():
        assert handshake(server, origin).status_code == (200 if allowed else 403), origin
        assert websocket_status(server, origin) == (101 if allowed else 403), origin


def test_a_star_lets_every_origin_in(serve, handshake, websocket_status):
    server = serve(cors={"origins": ["*"]})

    assert handshake(server, OTHER).status_code == 200
    assert websocket_status(server, OTHER) == 101


def test_a_pattern_lets_in_every_host_below_one(serve, handshake, websocket_status):
    server = serve(cors={"origins": ["https://*.example.com", "http://*.example.org:8080"]})

    for origin in ("https://app.example.com", "https://a.b.example.com", "http://app.example.org:8080"):
        answer = handshake(server, origin)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)
        assert websocket_status(server, origin) == 101
    for origin in (
        "https://example.com", "http://app.example.com", "https://app.example.com:8443", "https://badexample.com",
        "https://app.example.com.evil.net", "https://evil.net/.example.com", "http://app.example.org", "null",
    ):
        assert handshake(server, origin).status_code == 403, origin
        assert websocket_status(server, origin) == 403, origin


@pytest.mark.parametrize("origin", ["https://a*.example.com", "https://*", "https://*.", "https://*.*.com", "*.example.com"])
def test_a_pattern_that_is_none_is_refused(streamfence, configuration_file, origin):
    refused = streamfence("check-config", configuration_file(servers(feed={"cors": {"origins": [origin]}})))

    assert refused.wait() == 78
    expected = "expected *, or an origin such as https://app.example.com or https://*.example.com"
    assert f'cors.origins[0]: {expected}, found "{origin}"' in refused.stderr


def test_a_preflight_is_answered(serve, handshake):
    server = serve(cors={"origins": [ALLOWED]})
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}

    answer = handshake(server, ALLOWED, method="OPTIONS", **preflight)

    assert answer.status_code in (200, 204)
    assert answer.headers["access-control-allow-origin"] == ALLOWED
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()
