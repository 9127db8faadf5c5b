"""The bundled plugins and a newcomer's first one, loaded by the executable and met by real clients."""

import base64
import hmac
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.certificates import Authority
from harness.configuration import QUIET, feed, servers
from harness.packet import payload
from harness.settle import settle
from harness.socketio_client import Refused

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ROOT / ".build/plugins"
SECRET = "0123456789abcdef0123456789abcdef"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def hmac_token(principal, secret=SECRET):
    text = f"first.{base64url(principal.encode())}.{int(time.time()) + 3600}"
    return f"{text}.{base64url(hmac.digest(secret.encode(), text.encode(), 'sha256'))}"


def json_web_token(principal, secret=SECRET, **claims):
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": principal, "exp": int(time.time()) + 3600, **claims}]
    text = ".".join(base64url(json.dumps(part).encode()) for part in parts)
    return f"{text}.{base64url(hmac.digest(secret.encode(), text.encode(), 'sha256'))}"


@pytest.fixture
def hmac_keys(tmp_path):
    file = tmp_path / "keys.yaml"
    file.write_text(f"keys: {{first: {base64.b64encode(SECRET.encode()).decode()}}}\n")
    file.chmod(0o600)
    return str(file)


@pytest.fixture
def serve_with(serve_file):
    """serve_with("libx.so", folder=…, auth=…) -> a server that loads the plugin, with these keys."""
    def start(library, folder=BUNDLED, namespace=(), **keys):
        section = f"plugins: {{directory: {folder}, load: [{{path: {library}}}]}}\n"
        lane = feed(**dict(namespace))
        return serve_file(section + servers(feed={"namespaces": [lane], **keys}), "--log-level", "info")

    return start


def guarded(use, **options):
    return {"auth": "TOKEN", "authAt": "connect", "tokenValidator": {"use": use, "options": options}}


def expect_decides(client, server, good, bad):
    alice = client(server, auth={"token": good})
    assert alice.subscribe("snapshot")["ok"] is True
    with pytest.raises(Refused) as refusal:
        client(server, auth={"token": bad})
    assert refusal.value.answer["data"]["code"] == "AUTH_REJECTED"
    return alice


# A newcomer's first plugin, built as its README says.


@pytest.mark.timeout(900)  # It builds, on a machine that may be busy.
@pytest.mark.parametrize("language", ["swift", "c", "cpp", "rust"])
def test_a_first_plugin_in_a_folder_outside_decides_who_connects(
    first_plugin, streamfence, serve_with, client, language
):
    folder = first_plugin(language)
    inspect = streamfence("plugins", "inspect", folder / "libfriend.so")
    assert inspect.wait() == 0, inspect.stderr
    assert {"name\tfriend", "ABI\t1.0", "token validator\tfriend"} <= set(inspect.stdout.splitlines())

    options = json.dumps({"secret": "open sesame"})
    check = streamfence(
        "plugins", "check", folder / "libfriend.so", "--options", options, "--token", "open sesame"
    )
    assert check.wait() == 0, check.stdout
    assert check.stdout.splitlines()[-1] == "all passed"

    server = serve_with("libfriend.so", folder, {"authRequired": True}, **guarded("friend", secret="open sesame"))
    expect_decides(client, server, good="open sesame", bad="open says me")


# The bundled ones.


def test_hmac_tokens_decide_who_connects(serve_with, client, hmac_keys):
    server = serve_with(
        "libstreamfence_hmac.so", namespace={"authRequired": True}, **guarded("hmac", keysFile=hmac_keys)
    )

    expect_decides(client, server, good=hmac_token("anna"), bad=hmac_token("anna", secret=SECRET[::-1]))


def test_json_web_tokens_decide_who_connects_and_what_they_may_do(serve_with, client):
    validator = guarded("jwt", secret=SECRET, subscribeClaim="topics")
    server = serve_with("libstreamfence_jwt.so", namespace={"authRequired": True}, **validator)

    good, bad = json_web_token("anna", topics=["snapshot"]), json_web_token("anna", secret=SECRET[::-1])
    alice = expect_decides(client, server, good, bad)
    # Only what the claims list: there is no claim for publishing.
    assert alice.publish("snapshot", 1)["code"] == "AUTH_REJECTED"


@pytest.fixture
def token_service(cleanup):
    """The service that the README of webhook shows: its process, which knows the token "open sesame", and its address."""
    service = cleanup.enter_context(
        subprocess.Popen(
            [sys.executable, ROOT / "Plugins/Webhook/service.py", "0"],
            env={**os.environ, "WEBHOOK_SECRET": SECRET},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    )
    cleanup.callback(service.kill)
    return service, f"http://127.0.0.1:{service.stdout.readline().split()[-1]}/tokens"


def test_a_service_decides_who_connects_and_nobody_does_without_it(serve_with, client, token_service):
    process, url = token_service
    # Every connection is a question of its own.
    options = {"url": url, "secret": SECRET, "maxCacheMs": 0}
    server = serve_with(
        "libstreamfence_webhook.so", namespace={"authRequired": True}, **guarded("webhook", **options)
    )

    alice = expect_decides(client, server, good="open sesame", bad="open says me")
    process.kill()
    process.wait()
    for _ in range(2):
        with pytest.raises(Refused) as refusal:
            client(server, auth={"token": "open sesame"})
        assert refusal.value.answer["data"]["code"] == "AUTH_REJECTED"

    # The service gave no grants: it would have been asked about this, too.
    assert alice.publish("snapshot", 1)["code"] == "AUTH_REJECTED"
    server.line("the validator webhook failed: .*expected an answer of the service, found none", server.err)
    assert server.counts()["auth_rejected"] == 4


def test_plugins_with_libraries_of_their_own_serve_one_process(serve_file, client, token_service, tmp_path):
    """Each plugin brings what the server, over TLS here, has itself: SwiftNIO, BoringSSL, their types and their threads."""
    _, url = token_service
    (tmp_path / "certificates").mkdir()
    authority = Authority(tmp_path / "certificates")
    chain, key = authority.issue()
    secure = {"transport": "WSS", "tls": {"certChainPemPath": str(chain), "privateKeyPemPath": str(key)}}
    lanes = {"namespaces": [feed(authRequired=True)]}
    asked = guarded("webhook", url=url, secret=SECRET)
    signed = guarded("jwt", secret=SECRET)
    loaded = "load: [{path: libstreamfence_jwt.so}, {path: libstreamfence_webhook.so}, {path: libstreamfence_statsd.so}]"
    both = serve_file(
        f"plugins: {{directory: {BUNDLED}, {loaded}}}\n"
        + servers(feed={**lanes, **secure, **asked}, control={**lanes, **secure, **signed}),
        listeners=2,
    )

    for name, good, bad in [
        ("feed", "open sesame", json_web_token("anna")),
        ("control", json_web_token("anna"), "open sesame"),
    ]:
        alice = client(both.urls[name], auth={"token": good}, ssl=authority.trust)
        assert alice.publish("snapshot", 1)["ok"] is True
        with pytest.raises(Refused):
            client(both.urls[name], auth={"token": bad}, ssl=authority.trust)


def test_a_function_of_the_systems_library_decides_who_connects(serve_with, client):
    hashed = subprocess.run(
        ["openssl", "passwd", "-6", "-salt", "streamfence", "s3cret"], check=True, capture_output=True, text=True
    ).stdout.strip()
    validator = guarded(
        "c-function",
        library="libcrypt.so.1",
        symbol="crypt",
        arguments=["token", {"text": hashed}],
        result="text",
        accept={"equals": hashed},
        principal="operator",
    )
    server = serve_with("libstreamfence_cfunction.so", namespace={"authRequired": True}, **validator)

    expect_decides(client, server, good="s3cret", bad="secret")


def test_what_waits_in_sqlite_comes_back_in_order(serve_with, client, raw_polling, tmp_path):
    lane = {"overflowAction": "SPILL_TO_DISK", "maxQueuedMessagesPerClient": 4}
    server = serve_with("libstreamfence_sqlite.so", namespace=lane, spillStore={"use": "sqlite"}, **QUIET)
    alice, bob = client(server), raw_polling(server)
    for number in range(200):
        alice.publish("snapshot", {"n": number})
    settle(alice, bob)

    assert [payload(packet)["n"] for packet in bob.messages(200)] == list(range(200))
    assert (tmp_path / ".streamfence-spill/spill.sqlite").exists()
    bob.close()
    alice.close()
    assert server.counts().outcomes() == {"messages_delivered": 200}


def test_the_lowest_priority_goes_first(serve_with, client, raw_polling):
    policy = {"use": "drop-lowest-priority", "options": {"priority": "/level"}}
    server = serve_with(
        "libstreamfence_priority.so",
        namespace={"overflowPolicy": policy, "maxQueuedMessagesPerClient": 3},
        **QUIET,
    )
    alice, bob = client(server), raw_polling(server)
    for number, level in enumerate([5, 1, 3, 4, 1, 9]):
        alice.publish("snapshot", {"n": number, "level": level})
    settle(alice, bob)

    assert [payload(packet)["level"] for packet in bob.messages(3)] == [5, 4, 9]


def test_metrics_arrive_as_statsd_datagrams(serve_with, client):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as collector:
        collector.bind(("127.0.0.1", 0))
        collector.settimeout(60)
        options = {"port": collector.getsockname()[1], "tags": "dogstatsd"}
        sink = [{"use": "statsd", "options": options}]
        server = serve_with("libstreamfence_statsd.so", metrics=sink, metricsIntervalMs=600_000)
        alice = client(server)
        for number in range(3):
            alice.publish("snapshot", number)
        alice.close()
        server.stop()

        line = b"streamfence_messages_published_total:3|c|#server:feed,namespace:/feed,topic:snapshot"
        while line not in collector.recv(65_536).splitlines():
            pass


@pytest.mark.parametrize(
    "library, options, tokens",
    [
        ("libstreamfence_hmac.so", "hmac", [hmac_token("anna")]),
        ("libstreamfence_jwt.so", {"secret": SECRET}, [json_web_token("anna")]),
        ("libstreamfence_webhook.so", "webhook", ["open sesame"]),
        ("libstreamfence_sqlite.so", {}, []),
        ("libstreamfence_statsd.so", {"port": 9}, []),
        ("libstreamfence_priority.so", {"priority": "/level"}, []),
        (
            "libstreamfence_cfunction.so",
            {
                "library": "libc.so.6", "symbol": "strcmp", "arguments": ["token", {"text": "open sesame"}],
                "result": "int", "accept": {"equals": 0}, "principal": "friend",
            },
            ["open sesame"],
        ),
    ],
)
def test_every_bundled_plugin_keeps_the_contract(streamfence, hmac_keys, token_service, library, options, tokens):
    options = {"keysFile": hmac_keys} if options == "hmac" else options
    options = {"url": token_service[1], "secret": SECRET} if options == "webhook" else options
    arguments = [word for token in tokens for word in ("--token", token)]

    check = streamfence("plugins", "check", str(BUNDLED / library), "--options", json.dumps(options), *arguments)

    assert check.wait() == 0, check.stdout
    assert check.stdout.splitlines()[-1] == "all passed"
