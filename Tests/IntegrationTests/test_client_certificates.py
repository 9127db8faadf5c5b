"""tls.clientCaPemPath: clients that prove with a certificate who they are, with the real executable and real clients."""

import json

import aiohttp
import pytest
import requests

from harness.certificates import Authority, handshake, secure
from harness.configuration import feed, servers
from harness.journal import PATIENCE, wait_until
from harness.management import serve_managed
from harness.socketio_client import Refused


#: What a client meets whose certificate is none: the end of its connection, before or after it has sent something.
NO_CONNECTION = (Refused, OSError, aiohttp.ClientError)


@pytest.fixture
def strangers(tmp_path):
    """An authority that the server does not know."""
    folder = tmp_path / "strangers"
    folder.mkdir()
    return Authority(folder)


def asking(authority, **tls):
    issuers(authority).write_text(authority.certificate.read_text())
    return secure(*authority.issue(), **{"clientCaPemPath": str(issuers(authority)), **tls})


def issuers(authority):
    """The server's file of who vouches for clients."""
    return authority.certificate.with_name("issuers.pem")


@pytest.fixture
def guarded(serve_file, authority):
    """guarded(tls={}, **keys) -> a server whose `/feed` requires authentication, and its management port."""
    def start(tls=(), **keys):
        keys = {"auth": "TOKEN", "namespaces": [feed(authRequired=True)], **keys}
        return serve_managed(serve_file, **asking(authority, **dict(tls)), **keys)

    return start


def trust(authority, identity=None):
    """What a client needs that trusts the authority, and shows a certificate of its own."""
    context = authority.trust
    if identity: context.load_cert_chain(*identity)
    return context


def failed_handshakes(management):
    return management.metrics()["tls_handshakes_failed"]


def revoke(management, principal):
    """How many clients were this principal."""
    status, answer = management.publish({"principal": principal}, "/api/revoke")
    assert status == 200, answer
    return answer["clients"]


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgrade"])
def test_the_subject_is_the_principal_and_needs_no_token(guarded, client, authority, transport):
    server, management = guarded(authAt="connect")
    alice = authority.issue("alice", "/O=Example/CN=alice")

    reader = client(server, ssl=trust(authority, alice), transport=transport)

    assert reader.subscribe("snapshot")["ok"] is True
    assert reader.publish("snapshot", 1)["recipients"] == 1
    assert reader.next("snapshot") == 1
    assert revoke(management, "CN=alice") == 0
    assert revoke(management, "CN=alice,O=Example") == 1
    reader.wait_for_disconnect()


SUBJECTS = {
    "/C=DE/ST=Berlin/L=Berlin/O=Example/OU=Trading/CN=bob": "CN=bob,OU=Trading,O=Example,L=Berlin,ST=Berlin,C=DE",
    "/DC=org/DC=example/UID=u17": "UID=u17,DC=example,DC=org",
    "/CN=a, b\\+c": r"CN=a\, b\+c",
    "/CN=#1 ": r"CN=\#1\ ",
    "/CN=J\u00fcrgen": "CN=J\u00fcrgen",
    "/CN=Eve/emailAddress=eve@example.com": "emailAddress=eve@example.com,CN=Eve",
    "/CN=two\nlines": r"CN=two\0Alines",
    "/serialNumber=7/CN=meter": "CN=meter,2.5.4.5=#130137",
    "/O=Example+CN=both": "O=Example+CN=both",
}


def test_a_subject_is_written_as_rfc_4514_has_it(guarded, client, authority):
    server, management = guarded()
    for number, (subject, principal) in enumerate(SUBJECTS.items()):
        identity = authority.issue(f"client-{number}", subject)
        reader = client(server, ssl=trust(authority, identity))
        assert reader.subscribe("snapshot")["ok"] is True, subject
        # The parts of one rank are in the order that DER gives them.
        others = {principal, "+".join(reversed(principal.split("+")))}
        assert sum(revoke(management, other) for other in others) == 1, subject
        reader.wait_for_disconnect()


def test_who_shows_none_needs_a_token(guarded, client, authority):
    server, _ = guarded(staticTokens={"bob": "token-of-bob"})

    anonymous = client(server, ssl=trust(authority))
    assert anonymous.subscribe("snapshot")["code"] == "AUTH_REJECTED"
    bob = client(server, ssl=trust(authority), auth={"token": "token-of-bob"})
    assert bob.subscribe("snapshot")["ok"] is True


def test_a_token_counts_instead_of_the_certificate(guarded, client, authority):
    server, management = guarded(staticTokens={"bob": "token-of-bob"})
    alice = trust(authority, authority.issue("alice", "/CN=alice"))

    both = client(server, ssl=alice, auth={"token": "token-of-bob"})
    both.subscribe("snapshot")
    assert revoke(management, "CN=alice") == 0
    assert revoke(management, "bob") == 1
    with pytest.raises(Refused):
        client(server, ssl=alice, auth={"token": "no token of anybody"})


def test_without_a_validator_no_token_is_good(guarded, client, authority):
    server, _ = guarded()

    with pytest.raises(Refused) as refused:
        client(server, ssl=trust(authority), auth={"token": "CN=alice"})
    assert refused.value.answer["data"]["code"] == "AUTH_REJECTED"


def test_a_certificate_of_somebody_else_is_refused(guarded, client, authority, strangers):
    server, _ = guarded()
    stranger, old = strangers.issue("alice", "/CN=alice"), authority.issue("old", "/CN=alice", days=-1)

    with pytest.raises(NO_CONNECTION):
        client(server, ssl=trust(authority, stranger))
    # Nor is one that is over.
    with pytest.raises(NO_CONNECTION):
        client(server, ssl=trust(authority, old))
    # Everybody else is served as before.
    client(server, ssl=trust(authority, authority.issue("alice", "/CN=alice"))).subscribe("snapshot")


def test_a_certificate_may_be_required(guarded, client, authority):
    server, _ = guarded(tls={"clientCertificateRequired": True})

    # With TLS 1.3 a client has finished its part before it hears of that.
    with pytest.raises(NO_CONNECTION):
        client(server, ssl=trust(authority))
    reader = client(server, ssl=trust(authority, authority.issue("alice", "/CN=alice")))
    assert reader.subscribe("snapshot")["ok"] is True


def test_the_names_of_those_who_vouch_are_told(guarded, authority):
    server, _ = guarded()

    said, _ = handshake(server.port)

    assert "Acceptable client certificate CA names" in said
    assert "CN=Test Authority" in said.replace(" = ", "=")


def test_a_certificate_without_a_name_gets_no_connection(guarded, client, authority):
    server, _ = guarded()
    nobody = authority.issue("nobody", "/")

    with pytest.raises(NO_CONNECTION):
        client(server, ssl=trust(authority, nobody))
    client(server, ssl=trust(authority, authority.issue("alice", "/CN=alice"))).subscribe("snapshot")


def test_each_handshake_that_fails_is_counted(guarded, authority, strangers):
    server, management = guarded()
    shown = [strangers.issue("alice", "/CN=alice"), authority.issue("old", "/CN=old", days=-1), authority.issue("nobody", "/")]

    for number, (chain, key) in enumerate(shown, 1):
        handshake(server.port, "-cert", chain, "-key", key)
        wait_until(lambda: failed_handshakes(management) == number, "the handshake to be counted")
    handshake(server.port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    wait_until(lambda: failed_handshakes(management) == 4, "the handshake to be counted")
    # One that succeeds is none of them.
    handshake(server.port)
    handshake(server.port, "-cert", *shown[0][:1], "-key", *shown[0][1:])
    wait_until(lambda: failed_handshakes(management) >= 5, "the handshake to be counted")
    assert failed_handshakes(management) == 5


def test_another_issuer_is_taken_when_the_file_changes(guarded, client, authority, strangers):
    server, _ = guarded()
    alice, stranger = authority.issue("alice", "/CN=alice"), strangers.issue("bob", "/CN=bob")
    before = client(server, ssl=trust(authority, alice))

    issuers(authority).write_text(strangers.certificate.read_text())
    server.line("certificate reloaded", server.err)

    assert client(server, ssl=trust(authority, stranger)).subscribe("snapshot")["ok"] is True
    with pytest.raises(NO_CONNECTION):
        client(server, ssl=trust(authority, alice))
    assert before.subscribe("snapshot")["ok"] is True


class Polling:
    """Long-polling on one connection that is kept, as far as the server keeps it."""

    def __init__(self, server, authority, identity=None):
        self._url = f"{server.url}/socket.io/?EIO=4&transport=polling"
        self._session = requests.Session()
        # Not what the environment says of whom to trust.
        self._session.trust_env = False
        self._session.verify = str(authority.certificate)
        if identity: self._session.cert = tuple(str(file) for file in identity)

    def open(self):
        """The id of a new session, or the status of the refusal."""
        answer = self._session.get(self._url, timeout=PATIENCE)
        return json.loads(answer.text[1:])["sid"] if answer.status_code == 200 else answer.status_code

    def get(self, sid):
        return self._session.get(f"{self._url}&sid={sid}", timeout=PATIENCE).status_code

    def post(self, sid, packet):
        return self._session.post(f"{self._url}&sid={sid}", data=packet, timeout=PATIENCE).status_code


def test_a_session_is_for_who_has_opened_it(guarded, authority):
    server, _ = guarded()
    alice = Polling(server, authority, authority.issue("alice", "/CN=alice"))
    others = Polling(server, authority, authority.issue("bob", "/CN=bob")), Polling(server, authority)

    sid = alice.open()
    for other in others:
        assert (other.get(sid), other.post(sid, "40/feed,")) == (400, 400)
    assert (alice.post(sid, "40/feed,"), alice.get(sid)) == (200, 200)
    # Nor is one without a certificate for those who have one.
    assert alice.get(others[1].open()) == 400


def test_a_kept_connection_proves_nothing_any_more_when_its_issuer_is_gone(guarded, authority, strangers):
    server, _ = guarded()
    alice = Polling(server, authority, authority.issue("alice", "/CN=alice"))
    sid = alice.open()

    issuers(authority).write_text(strangers.certificate.read_text())
    server.line("certificate reloaded", server.err)

    # What exists goes on; what is new needs another connection, and that another certificate.
    assert alice.post(sid, "40/feed,") == 200
    assert alice.open() == 421
    with pytest.raises(requests.exceptions.ConnectionError):
        alice.open()


def test_a_namespace_with_a_validator_of_its_own_asks_for_tokens_all_the_same(guarded, client, authority):
    namespaces = [feed(authRequired=True), feed(path="/own", authRequired=True, tokenValidator={"use": "deny-all"})]
    server, _ = guarded(namespaces=namespaces)
    alice = trust(authority, authority.issue("alice", "/CN=alice"))

    assert client(server, ssl=alice).subscribe("snapshot")["ok"] is True
    assert client(server, namespace="/own", ssl=alice).subscribe("snapshot")["code"] == "AUTH_REJECTED"


def test_an_empty_token_is_no_token(guarded, client, authority):
    server, _ = guarded()
    alice = client(server, ssl=trust(authority, authority.issue("alice", "/CN=alice")))

    assert alice.ask("auth", {"token": ""})["code"] == "AUTH_REJECTED"


def test_the_command_line_shows_one(guarded, streamfence, authority):
    server, _ = guarded()
    chain, key = authority.issue("alice", "/CN=alice")
    shown = ["--ca", authority.certificate, "--cert", chain, "--cert-key", key]

    reader = streamfence("subscribe", f"{server.url}/feed", "snapshot", "--count", "1", *shown)
    reader.line("subscribed", reader.err)
    assert streamfence("publish", f"{server.url}/feed", "snapshot", "1", *shown).wait() == 0
    assert reader.wait() == 0


# What cannot be used.


@pytest.mark.parametrize(
    "tls, message",
    [
        ({"clientCaPemPath": "nowhere.pem", "clientCertificateRequired": True}, "clientCaPemPath nowhere.pem: No such file or directory"),
        ({"clientCaPemPath": "", "clientCertificateRequired": True}, "servers.feed.tls.clientCaPemPath: expected a file, found an empty path"),
        ({}, "servers.feed.tls.clientCaPemPath: has an effect with auth: TOKEN or clientCertificateRequired: true only"),
        (
            {"clientCaPemPath": None, "clientCertificateRequired": True},
            "servers.feed.tls.clientCertificateRequired: has an effect with clientCaPemPath only",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(streamfence, configuration_file, authority, tls, message):
    keys = asking(authority, **tls)
    keys["tls"] = {name: value for name, value in keys["tls"].items() if value is not None}

    refused = streamfence("serve", "--config", configuration_file(servers(feed=keys)))

    assert refused.wait() == 78
    (line,) = refused.stderr.splitlines()
    assert message in line


@pytest.mark.parametrize(
    "options, message",
    [
        (["--cert", "a.pem"], "expected --cert and --cert-key together, found one of them"),
        (["--cert", "nowhere.pem", "--cert-key", "nowhere.key"], "expected a certificate in PEM at nowhere.pem"),
    ],
)
def test_the_command_line_says_what_it_cannot_use(streamfence, options, message):
    refused = streamfence("publish", "https://127.0.0.1:1/feed", "snapshot", "1", *options)

    assert refused.wait() != 0
    assert message in refused.stderr
