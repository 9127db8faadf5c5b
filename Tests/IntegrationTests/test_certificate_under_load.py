"""A certificate that is replaced again and again while clients of both libraries are connected, and more of them come."""

import signal
import ssl
import threading

import pytest

from harness.attack import connect
from harness.certificates import replace, secure, serial
from harness.configuration import QUIET, acknowledged, feed
from harness.journal import wait_until
from harness.management import serve_managed

#: Clients over each transport, of each library.
READERS = 5


def shown_to(server, trust):
    """The serial number of the certificate that a new connection gets."""
    with trust.wrap_socket(connect(server), server_hostname="localhost") as connection:
        return connection.getpeercert()["serialNumber"]


class Newcomers:
    """Connect all along, one after the other, and note which certificate they get."""

    def __init__(self, server, trust):
        self.seen = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(server, trust))
        self._thread.start()

    def _run(self, server, trust):
        while not self._stop.is_set():
            try:
                self.seen.append(shown_to(server, trust))
            except (OSError, ssl.SSLError) as error:
                self.seen.append(error)

    def from_now(self):
        """What some got that have begun since: the next one may have before."""
        count = len(self.seen)
        wait_until(lambda: len(self.seen) > count + 3, "newcomers")
        return set(self.seen[count + 1:])

    def stop(self):
        self._stop.set()
        self._thread.join()


class Feed:
    """A publisher that never stops, until it is told to: numbers in order, in both namespaces."""

    def __init__(self, management):
        self.count = 0
        self._management = management
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._stop.is_set():
            for namespace in ("/feed", "/sure"):
                self._management.publish({"namespace": namespace, "topic": "snapshot", "payload": self.count})
            self.count += 1

    def wait_for_more(self):
        count = self.count
        wait_until(lambda: self.count > count + 5, "messages")

    def stop(self):
        self._stop.set()
        self._thread.join()


@pytest.fixture
def files(authority):
    return authority.issue()


@pytest.fixture
def serving(serve_file, files):
    """A server, and its management port."""
    room = {"maxQueuedMessagesPerClient": 10_000, "maxQueuedBytesPerClient": 8_000_000}
    namespaces = [feed(**room), acknowledged(path="/sure", **room)]
    return serve_managed(serve_file, namespaces=namespaces, **secure(*files), **QUIET)


def reloads(management, result):
    return management.metrics().of("tls_certificate_reloads", server="feed", result=result)


def hang_up(server):
    server.signal(signal.SIGHUP)


def nothing(server):
    """The server sees by itself that its files are others."""


@pytest.mark.parametrize("tell, rounds", [(hang_up, 4), (nothing, 1)], ids=["told by SIGHUP", "found by itself"])
def test_nobody_loses_a_message_or_the_connection(
    serving, files, authority, cleanup, python_client, javascript_client, tell, rounds
):
    server, management = serving
    libraries = (python_client, javascript_client)
    clients = [
        connect(server.url, transport=transport)
        for connect in libraries
        for transport in ("websocket", "polling", "upgrade")
        for _ in range(READERS)
    ]
    sure = [python_client(server.url, namespace="/sure", transport=transport) for transport in ("websocket", "polling")]
    for each in (*clients, *sure):
        each.subscribe("snapshot")
    messages, newcomers = Feed(management), Newcomers(server, authority.trust)
    cleanup.callback(messages.stop)
    cleanup.callback(newcomers.stop)
    current = serial(files[0])
    assert newcomers.from_now() == {current}

    for _ in range(rounds):
        # A pair that is none changes nothing, whatever else goes on.
        done, refused, count = reloads(management, "done"), reloads(management, "refused"), len(newcomers.seen)
        authority.issue("foreign")[1].replace(files[1])
        tell(server)
        wait_until(lambda: reloads(management, "refused") > refused, "the broken pair to be refused")
        assert newcomers.from_now() == {current}
        assert reloads(management, "done") == done
        messages.wait_for_more()

        pair = authority.issue("next")
        expected = serial(pair[0])
        replace(files, pair)
        tell(server)
        wait_until(lambda: reloads(management, "done") > done, "the new pair")
        assert newcomers.from_now() == {expected}
        assert set(newcomers.seen[count:]) == {current, expected}
        for connect in libraries:
            assert connect(server.url).subscribe("snapshot")["ok"] is True
        messages.wait_for_more()
        current = expected

    messages.stop()
    newcomers.stop()
    numbers = list(range(messages.count))
    for each in clients:
        wait_until(lambda: len(each.heard("snapshot")) >= len(numbers), "the last message")
        assert each.heard("snapshot") == numbers
    for each in sure:
        assert [acknowledged_payload(each) for _ in numbers] == numbers


def acknowledged_payload(client):
    payload, metadata = client.next_message("snapshot")
    client.acknowledge(metadata)
    return payload
