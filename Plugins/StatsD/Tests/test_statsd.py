"""statsd: a server's metrics as datagrams, received here by a socket."""

import socket

import pytest
from contract import COUNTER, GAUGE, HISTOGRAM
from host import Metric, Refused

FEED = [("server", "feed"), ("namespace", "/feed")]


class Receiver:
    def __init__(self, family=socket.AF_INET, address="127.0.0.1"):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.port = self.socket.getsockname()[1]

    def datagrams(self, lines):
        """Waits for as many lines, and takes more if they are there already."""
        received = []
        while True:
            self.socket.settimeout(60 if sum(data.count(b"\n") + 1 for data in received) < lines else 0)
            try:
                received.append(self.socket.recv(65536))
            except BlockingIOError:
                return received

    def expect(self, *lines):
        assert [line for datagram in self.datagrams(len(lines)) for line in datagram.decode().split("\n")] == [*lines]


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.socket.close()


@pytest.fixture
def sink(bundled, instances, receiver):
    def make(**options):
        instances.append(bundled("statsd").create("statsd", {"port": receiver.port, **options}))
        return instances[-1]

    return make


def test_counters_are_sent_as_what_they_have_risen_by(sink, receiver):
    sent = sink()
    for values, lines in [
        ((5, 0), ["published.feed._feed:5|c"]),
        ((7, 1), ["published.feed._feed:2|c", "dropped:1|c"]),
        ((7, 1), []),
        ((3, 1.5), ["published.feed._feed:3|c", "dropped:0.5|c"]),
    ]:
        sent.export([Metric(COUNTER, "published", FEED, values[0]), Metric(COUNTER, "dropped", [], values[1])])
        receiver.expect(*lines)


def test_a_counter_that_comes_back_begins_anew(sink, receiver):
    sent = sink()
    sent.export([Metric(COUNTER, "published", [], 5)])
    sent.export([])
    sent.export([Metric(COUNTER, "published", [], 6)])
    receiver.expect("published:5|c", "published:6|c")


@pytest.mark.parametrize(
    ("tags", "topics", "line"),
    [
        ("plain", ("price.eur", "price/eur"), "published.price_eur:{}|c"),
        ("dogstatsd", ("price|eur", "price,eur"), "published:{}|c|#topic:price_eur"),
    ],
)
def test_counters_that_are_written_alike_are_counted_apart(sink, receiver, tags, topics, line):
    sent = sink(tags=tags)
    for values, risen in [((100, 7), (100, 7)), ((100, 7), ()), ((101, 9), (1, 2))]:
        sent.export([Metric(COUNTER, "published", [("topic", topic)], value) for topic, value in zip(topics, values)])
        receiver.expect(*(line.format(by) for by in risen))


def test_gauges_are_sent_as_they_are_each_time(sink, receiver):
    sent = sink()
    for value in (3, 3, 0, 0.25, 1e15):
        sent.export([Metric(GAUGE, "clients", [], value)])
    receiver.expect(*(f"clients:{value}|g" for value in ("3", "3", "0", "0.25", "1000000000000000")))


def test_a_gauge_below_0_is_not_taken_for_a_change(sink, receiver):
    sink().export([Metric(GAUGE, "balance", [], -3)])
    receiver.expect("balance:0|g", "balance:-3|g")
    sink(tags="dogstatsd").export([Metric(GAUGE, "balance", [], -3)])
    receiver.expect("balance:-3|g")


def test_of_histograms_count_and_sum_are_sent(sink, receiver):
    sent = sink()
    sent.export([Metric(HISTOGRAM, "latency", [], 0.5, [(0.1, 2), (1.0, 3)], 3)])
    sent.export([Metric(HISTOGRAM, "latency", [], 2.5, [(0.1, 2), (1.0, 4)], 5)])
    receiver.expect("latency_count:3|c", "latency_sum:0.5|c", "latency_count:2|c", "latency_sum:2|c")


def test_numbers_that_are_none_are_left_out(sink, receiver):
    values = [float("nan"), float("inf")]
    sink().export([Metric(kind, "odd", [], value) for kind in (COUNTER, GAUGE, HISTOGRAM) for value in values])
    receiver.expect()


def test_labels_are_parts_of_the_name_or_tags(sink, receiver):
    metrics = [Metric(GAUGE, "queued", [("server", "feed"), ("topic", "a,b|c\nd:é 1")], 1)]
    sink(prefix="acme.prod.").export(metrics)
    receiver.expect("acme.prod.queued.feed.a_b_c_d___1:1|g")
    sink(prefix="acme.", tags="dogstatsd").export(metrics)
    receiver.expect("acme.queued:1|g|#server:feed,topic:a_b_c_d:é 1")


def test_datagrams_are_filled_up_to_1432_bytes(sink, receiver):
    metrics = [Metric(COUNTER, f"metric_{number:04}", FEED, 1) for number in range(200)]
    metrics.insert(100, Metric(COUNTER, "long" * 500, [], 1))
    sink(tags="dogstatsd").export(metrics)
    datagrams = receiver.datagrams(len(metrics))
    names = [line.split(b":")[0].decode() for datagram in datagrams for line in datagram.split(b"\n")]
    assert names == [metric.name for metric in metrics]
    assert [len(datagram) for datagram in datagrams if len(datagram) > 1432] == [2004]
    for datagram, following in zip(datagrams, datagrams[1:]):
        assert len(datagram) + 1 + len(following.split(b"\n")[0]) > 1432


def test_what_could_not_be_sent_is_part_of_the_next_snapshot(sink, receiver):
    sent = sink()
    too_long = "x" * 70_000
    with pytest.raises(Refused, match="expected to send 70004 bytes, found: Message too long"):
        sent.export([Metric(COUNTER, too_long, [], 2), Metric(COUNTER, "published", [], 2)])
    receiver.expect("published:2|c")
    with pytest.raises(Refused):
        sent.export([Metric(COUNTER, too_long, [], 3), Metric(COUNTER, "published", [], 3)])
    receiver.expect("published:1|c")


def test_nobody_has_to_listen(sink, receiver):
    sent = sink()
    receiver.socket.close()
    for number in range(10):
        sent.export([Metric(GAUGE, "clients", [], number)])


def test_a_host_may_be_a_name_or_an_address_of_either_version(bundled, instances):
    for host, family, address in [
        ("localhost", socket.AF_INET6 if socket.has_ipv6 and resolves_to_6() else socket.AF_INET, None),
        ("127.0.0.1", socket.AF_INET, None),
    ]:
        receiver = Receiver(family, "::1" if family == socket.AF_INET6 else "127.0.0.1")
        instances.append(bundled("statsd").create("statsd", {"host": host, "port": receiver.port}))
        instances[-1].export([Metric(GAUGE, "clients", [], 1)])
        receiver.expect("clients:1|g")
        receiver.socket.close()


def resolves_to_6():
    return socket.getaddrinfo("localhost", 1, type=socket.SOCK_DGRAM)[0][0] == socket.AF_INET6


def test_a_host_that_is_not_there_is_refused_when_the_sink_is_made_and_not_looked_for_before(bundled):
    options = {"host": "no such host"}
    bundled("statsd").check("statsd", options)
    with pytest.raises(Refused, match="^expected the address of no such host, found none: "):
        bundled("statsd").create("statsd", options)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"port": 0}, "port: expected at least 1, found 0"),
        ({"tags": "influx"}, 'tags: expected one of plain, dogstatsd, found "influx"'),
        ({"prefix": "a|b"}, 'prefix: expected letters, digits, _, - and . only, found "a|b"'),
        ({"hosts": "x"}, "hosts: unknown option; did you mean host?"),
    ],
)
def test_wrong_options_are_refused_by_name(bundled, options, line):
    with pytest.raises(Refused) as refused:
        bundled("statsd").check("statsd", options)
    assert refused.value.lines == [line]
