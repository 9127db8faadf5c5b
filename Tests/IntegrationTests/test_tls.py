"""Servers with `transport: WSS`: who is let in, and with which certificate."""

import os
import signal
import socket
import ssl
from pathlib import Path

import pytest
import requests

from harness.certificates import handshake, openssl, replace, secure, serial, shown
from harness.configuration import acknowledged, feed, servers
from harness.process import PATIENCE, Process
from harness.socketio_client import Refused


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_a_client_subscribes_and_publishes_over_tls(serve, client, authority, transport):
    server = serve(**secure(*authority.issue()))
    reader = client(server, transport=transport, ssl=authority.trust)
    reader.subscribe("snapshot")

    assert client(server, transport=transport, ssl=authority.trust).publish("snapshot", {"price": 1})["ok"] is True
    assert reader.next("snapshot") == {"price": 1}


def test_the_official_client_in_node_talks_over_tls(serve, node_client, authority):
    server = serve(**secure(*authority.issue()))

    talk = node_client("node-talk", server, ca=authority.certificate)

    assert talk.wait() == 0


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_transports_are_allowed_and_refused_as_without_tls(serve, client, authority, transport):
    files = authority.issue()
    no_polling = serve(namespaces=[feed(allowPolling=False)], **secure(*files))
    only_websockets = serve(engineIoTransport="WEBSOCKET_ONLY", **secure(*files))

    if transport == "polling":
        with pytest.raises(Refused) as refused:
            client(no_polling, transport=transport, ssl=authority.trust)
        assert refused.value.answer["data"]["code"] == "TRANSPORT_REJECTED"
    else:
        assert client(no_polling, transport=transport, ssl=authority.trust).subscribe("snapshot")["ok"] is True
    if transport == "websocket":
        assert client(only_websockets, transport=transport, ssl=authority.trust).subscribe("snapshot")["ok"] is True
    else:
        with pytest.raises(Refused):
            client(only_websockets, transport=transport, ssl=authority.trust)


def test_messages_are_acknowledged_over_tls(serve, client, authority):
    server = serve(namespaces=[acknowledged()], **secure(*authority.issue()))
    reader = client(server, ssl=authority.trust)
    reader.subscribe("snapshot")
    reader.publish("snapshot", "x" * 300_000)

    payload, metadata = reader.next_message("snapshot")
    reader.acknowledge(metadata)

    assert len(payload) == 300_000
    assert server.counts()["messages_acknowledged"] == 1


def test_a_plain_client_gets_nowhere(serve, authority, streamfence):
    server = serve(**secure(*authority.issue()))

    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(f"http://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=polling", timeout=PATIENCE)
    command = streamfence("publish", f"http://127.0.0.1:{server.port}/feed", "snapshot", "1")
    assert command.wait() == 1
    assert "does the server speak TLS (https://)?" in command.stderr


@pytest.mark.parametrize("lowest, accepted", [("TLSv1.3", ["-tls1_3"]), ("TLSv1.2", ["-tls1_2", "-tls1_3"])])
def test_older_versions_than_the_lowest_are_refused(serve, authority, lowest, accepted):
    server = serve(**secure(*authority.issue(), protocol=lowest))

    for version, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
        said, succeeded = handshake(server.port, version)
        assert succeeded == (version in accepted), said
        if succeeded:
            assert f"Protocol  : {name}" in said or f"New, {name}" in said, said


#: What makes openssl itself willing to speak TLS 1.1, which nobody should.
ANTIQUE = ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]


def test_a_client_of_1999_is_refused(serve, authority, cleanup):
    chain, key = authority.issue()
    server = serve(**secure(chain, key, protocol="TLSv1.2"))

    _, succeeded = handshake(server.port, *ANTIQUE)
    assert not succeeded

    # It could: a server that takes everything takes it.
    other = Process(
        ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", chain, "-key", key, "-cipher", "ALL:@SECLEVEL=0", "-www"]
    )
    cleanup.callback(other.kill)
    port = other.line(r"^ACCEPT 127\.0\.0\.1:(\d+)").group(1)
    said, succeeded = handshake(port, *ANTIQUE)
    assert succeeded, said


def test_http_1_1_is_what_is_spoken(serve, authority):
    server = serve(**secure(*authority.issue()))

    said, _ = handshake(server.port, "-alpn", "h2,http/1.1")

    assert "ALPN protocol: http/1.1" in said


def test_the_key_may_be_encrypted(serve, client, authority):
    server = serve(**secure(*authority.issue(password="geheim"), privateKeyPassword="geheim"))

    assert client(server, ssl=authority.trust).subscribe("snapshot")["ok"] is True


def test_an_rsa_key_serves_as_well(serve, client, authority):
    server = serve(**secure(*authority.issue(kind=("rsa", "rsa_keygen_bits:2048"))))

    assert client(server, ssl=authority.trust).subscribe("snapshot")["ok"] is True


# What cannot be used.


def refusals(authority):
    chain, key = authority.issue()
    other_chain, other_key = authority.issue("other")
    _, locked = authority.issue("locked", password="geheim")
    text = chain.with_name("text.pem")
    text.write_text("no certificate")
    return {
        "no such chain": ({"certChainPemPath": "nowhere.pem"}, "certChainPemPath nowhere.pem: No such file or directory"),
        "a folder": ({"certChainPemPath": str(chain.parent)}, "expected a file, found something else"),
        "text for a chain": ({"certChainPemPath": str(text)}, "expected certificates in PEM, found none"),
        "a key for a chain": ({"certChainPemPath": str(key)}, "expected certificates in PEM, found none"),
        "text for a key": ({"privateKeyPemPath": str(text)}, "expected a private key in PEM, found none"),
        "another key": ({"privateKeyPemPath": str(other_key)}, f"expected the key of the first certificate in {chain}"),
        "no password": ({"privateKeyPemPath": str(locked)}, "expected a privateKeyPassword, found none"),
        "a wrong password": (
            {"privateKeyPemPath": str(locked), "privateKeyPassword": "falsch"},
            "expected the password of the key as privateKeyPassword, found another",
        ),
        "a password for nothing": (
            {"privateKeyPassword": "geheim"},
            "expected an encrypted key, as there is a privateKeyPassword, found one that is not",
        ),
    }, chain, key


@pytest.mark.parametrize(
    "case",
    [
        "no such chain", "a folder", "text for a chain", "a key for a chain", "text for a key", "another key",
        "no password", "a wrong password", "a password for nothing",
    ],
)
@pytest.mark.parametrize("command", [["serve", "--config"], ["check-config"]])
def test_files_that_cannot_be_used_are_refused_by_name(streamfence, configuration_file, authority, case, command):
    cases, chain, key = refusals(authority)
    changes, message = cases[case]
    file = configuration_file(servers(feed=secure(**{"chain": chain, "key": key, **renamed(changes)})))

    refused = streamfence(*command, file)

    assert refused.wait() == 78
    (line,) = refused.stderr.splitlines()
    # With the line, whenever it shows.
    lines = Path(file).read_text().splitlines()
    number = next(number for number, text in enumerate(lines, 1) if text.strip().startswith("tls:"))
    assert line.startswith(f"{file}:{number}: servers.feed.tls")
    assert message in line
    assert "geheim" not in line and "falsch" not in line


def renamed(changes):
    names = {"certChainPemPath": "chain", "privateKeyPemPath": "key"}
    return {names.get(key, key): value for key, value in changes.items()}


# A new certificate.


def test_a_new_certificate_is_for_new_connections(serve, client, authority):
    files = authority.issue()
    server = serve(**secure(*files))
    reader = client(server, ssl=authority.trust)
    reader.subscribe("snapshot")
    before, after = serial(files[0]), authority.issue("next")
    expected = serial(after[0])
    assert shown(server) == before

    replace(files, after)

    server.line("certificate reloaded", server.err)
    assert shown(server) == expected
    client(server, ssl=authority.trust).publish("snapshot", "still here")
    assert reader.next("snapshot") == "still here"


def test_a_hang_up_has_the_files_read_though_they_look_the_same(serve, authority):
    server = serve(**secure(*authority.issue()))

    server.signal(signal.SIGHUP)

    server.line("certificate reloaded", server.err)


def test_a_hang_up_stops_a_server_without_a_certificate_in_good_order(serve, client):
    server = serve()
    alice = client(server)

    server.ask_to_stop(signal.SIGHUP)

    assert alice.next("server_draining") == {"inMs": 5_000}
    server.stop()


def test_a_hang_up_that_is_ignored_from_the_start_stays_so(serve_file, client):
    server = serve_file(servers(feed={}), within=["nohup"])
    alice = client(server)

    server.signal(signal.SIGHUP)
    for _ in range(20):
        assert alice.publish("snapshot", 1)["ok"] is True

    # Were it the second signal, it would end with another exit code.
    server.stop()


def test_a_broken_pair_is_refused_and_the_one_before_stays(serve, client, authority):
    files = authority.issue()
    before = serial(files[0])
    server = serve(**secure(*files))
    _, key = authority.issue("other")

    key.replace(files[1])
    server.signal(signal.SIGHUP)
    server.line(r"expected the key of the first certificate.*certificate not reloaded", server.err)

    assert shown(server) == before
    assert client(server, ssl=authority.trust).subscribe("snapshot")["ok"] is True

    # And the next good one is taken.
    next = authority.issue("next")
    expected = serial(next[0])
    replace(files, next)
    server.line("certificate reloaded", server.err)
    assert shown(server) == expected


def test_an_expired_certificate_is_served_with_a_warning(serve_file, authority):
    server = serve_file(servers(feed=secure(*authority.issue(days=-1))))

    server.line(r"clients will refuse the certificate: it is no longer valid", server.err)


def test_metrics_tell_when_the_certificate_ends(serve_file, authority):
    chain, key = authority.issue()
    text = servers(feed=secure(chain, key)) + "management: {port: 0}\n"
    server = serve_file(text, listeners=2)
    end = ssl.cert_time_to_seconds(openssl("x509", "-in", chain, "-noout", "-enddate").strip().removeprefix("notAfter="))

    metrics = requests.get(server.urls["management"] + "/metrics", timeout=PATIENCE).text.splitlines()

    assert f'streamfence_tls_certificate_expiry_timestamp_seconds{{server="feed"}} {end}' in metrics
    assert 'streamfence_tls_certificate_reloads_total{server="feed",result="done"} 0' in metrics


    # What was refused, and what was done.
    key.write_text("no key")
    server.signal(signal.SIGHUP)
    server.line("certificate not reloaded", server.err)
    metrics = requests.get(server.urls["management"] + "/metrics", timeout=PATIENCE).text
    assert 'streamfence_tls_certificate_reloads_total{server="feed",result="refused"} 1' in metrics


# Clients that leave, or never come.


def test_a_client_that_is_gone_without_a_word_has_closed_its_connection(serve, client, authority):
    server = serve(**secure(*authority.issue()))
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    connection = authority.trust.wrap_socket(plain, server_hostname="localhost")
    connection.sendall(
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert b"101" in connection.recv(4096)
    os.close(connection.detach())

    # The server goes on, and has nothing to complain of.
    assert client(server, ssl=authority.trust).subscribe("snapshot")["ok"] is True
    server.stop()
    assert "refused" not in server.stderr


def test_somebody_who_only_looks_at_the_port_is_no_news(serve, client, authority):
    server = serve(**secure(*authority.issue()))
    for first in (b"", b"GET / HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as stranger:
            stranger.sendall(first)
    assert client(server, ssl=authority.trust).subscribe("snapshot")["ok"] is True

    server.stop()
    assert "refused" not in server.stderr


# The command line's own client.


def test_the_command_line_says_where_it_looked_for_trust(serve, streamfence, authority):
    server = serve(**secure(*authority.issue()))

    refused = streamfence("publish", f"{server.url}/feed", "snapshot", "1", "--ca", "nowhere.pem")

    assert refused.wait() == 1
    assert "TLS handshake failed: expected trusted certificates in PEM at nowhere.pem" in refused.stderr


@pytest.mark.parametrize("options", [["--ca", "ca.pem"], ["--insecure"]])
def test_trust_is_for_secure_connections(streamfence, options):
    refused = streamfence("publish", "http://127.0.0.1:1/feed", "snapshot", "1", *options)

    assert refused.wait() == 64
    assert f"{options[0]} has an effect with https:// only" in refused.stderr


def test_the_command_line_trusts_whom_it_is_told_to(serve, streamfence, authority):
    server = serve(**secure(*authority.issue()))
    reader = streamfence("subscribe", f"{server.url}/feed", "snapshot", "--count", "1", "--ca", authority.certificate)
    reader.line(r"^subscribed to", reader.err)

    assert streamfence("publish", f"{server.url}/feed", "snapshot", '{"a":1}', "--insecure").wait() == 0
    assert reader.wait() == 0
    assert reader.stdout == '{"a":1}'


def test_the_command_line_trusts_no_stranger(serve, streamfence, authority):
    server = serve(**secure(*authority.issue()))

    refused = streamfence("publish", f"{server.url}/feed", "snapshot", "1")

    assert refused.wait() == 1
    assert "TLS handshake failed" in refused.stderr
    assert "not trusted" in refused.stderr
