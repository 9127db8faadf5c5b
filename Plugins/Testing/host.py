"""A small host: loads a plugin as a server does, and calls it through the contract.

`load(path)` checks the ABI record and gives a `LoadedPlugin`; its `create(name, options)` gives an instance of a component,
with the methods of its kind. What a plugin logs is in `log`. Nothing here retries or repairs: a plugin that breaks the
contract fails its test."""

import ctypes
import itertools
import json
import threading
from collections import namedtuple
from ctypes import POINTER, byref, c_uint8, cast, sizeof

import contract
from contract import Slice

log = []


@contract.Host._fields_[3][1]
def write_line(level, line):
    log.append((level, line.content.decode()))


HOST = contract.Host(sizeof(contract.Host), 1, 0, write_line)


class Refused(Exception):
    """What a plugin said was wrong."""

    @property
    def lines(self):
        return str(self).split("\n")


def given(value):
    """A slice for bytes or text, which live as long as the slice and its copies."""
    data = value.encode() if isinstance(value, str) else value
    if not data:
        return Slice(None, 0)
    return Slice((c_uint8 * len(data)).from_buffer_copy(data), len(data))


def expect_success(status, error):
    if status != contract.SUCCESS:
        assert error.message, "expected a plugin that fails to say why, found no message"
        raise Refused(error.message.decode())


class LoadedPlugin:
    def __init__(self, path):
        library = ctypes.CDLL(str(path), mode=ctypes.RTLD_LOCAL)
        self.abi = contract.ABI.in_dll(library, "streamfence_plugin_abi")
        assert (self.abi.magic, self.abi.major, self.abi.minor) == (contract.MAGIC, 1, 0)
        assert self.abi.plugin_size == sizeof(contract.Plugin)
        assert self.abi.component_size == sizeof(contract.Component)
        library.streamfence_plugin_init.restype = POINTER(contract.Plugin)
        library.streamfence_plugin_init.argtypes = [POINTER(contract.Host), POINTER(contract.Error)]
        error = contract.Error()
        description = library.streamfence_plugin_init(byref(HOST), byref(error))
        assert description, error.message.decode()
        plugin = description.contents
        assert plugin.size == sizeof(contract.Plugin)
        self.name, self.version = plugin.name.decode(), plugin.version.decode()
        self.components = {}
        for component in plugin.components[: plugin.component_count]:
            assert component.size == sizeof(contract.Component)
            table = cast(component.table, POINTER(contract.TABLES[component.kind])).contents
            assert table.size == sizeof(contract.TABLES[component.kind])
            self.components[component.name.decode()] = (component, table)

    def check(self, name, options):
        """Raises Refused with what the component finds wrong with its options, without making an instance."""
        component, _ = self.components[name]
        settings, error = self.settings(options), contract.Error()
        expect_success(component.check(component.context, byref(settings), byref(error)), error)

    def create(self, name, options=None, folder=""):
        component, table = self.components[name]
        settings, error = self.settings(options or {}, folder), contract.Error()
        instance = component.create(component.context, byref(settings), byref(error))
        if not instance:
            assert error.message, "expected a plugin that fails to say why, found no message"
            raise Refused(error.message.decode())
        return KINDS[component.kind](component, table, instance)

    def settings(self, options, folder=""):
        text = options if isinstance(options, str) else json.dumps(options)
        return contract.Settings(sizeof(contract.Settings), given(text), given(str(folder)))


class Instance:
    def __init__(self, component, table, pointer):
        self.component, self.table, self.pointer = component, table, pointer

    def destroy(self):
        self.component.destroy(self.pointer)
        self.pointer = None


Verdict = namedtuple("Verdict", "verdict principal reason expires_at grants")


class Validator(Instance):
    """Several threads may validate at once, as in a server."""

    numbers = itertools.count(1)
    pending, pending_lock = {}, threading.Lock()

    def request(self, token, action, namespace="/feed", topic="", address="192.0.2.7"):
        return contract.TokenRequest(
            sizeof(contract.TokenRequest), action, given(token), given(namespace), given(topic), given(address)
        )

    def validate(self, token, action=contract.CONNECT, timeout=30, **request):
        return self.begin(token, action, **request).verdict(timeout)

    def begin(self, token, action=contract.CONNECT, **request):
        """A call that goes on meanwhile."""
        request = self.request(token, action, **request)
        call = Call(self, next(self.numbers))
        self.table.validate(self.pointer, byref(request), call.number, take_answer)
        return call


class Call:
    """One of a validator's."""

    def __init__(self, validator, number):
        self.validator, self.number, self.answered = validator, number, threading.Event()
        with validator.pending_lock:
            validator.pending[number] = [self.answered, None]

    def verdict(self, timeout=30):
        assert self.answered.wait(timeout), "expected an answer, found none"
        with self.validator.pending_lock:
            return self.validator.pending.pop(self.number)[1]

    def cancel(self):
        self.validator.table.cancel(self.validator.pointer, self.number)


@contract.TokenAnswer
def take_answer(call, decision):
    decision = decision.contents
    assert decision.size == sizeof(contract.TokenDecision)
    grants = None
    if decision.grants:
        items = cast(decision.grants, POINTER(contract.Grant))
        grants = [(items[i].topic.content.decode(), items[i].actions) for i in range(decision.grant_count)]
    verdict = Verdict(
        decision.verdict,
        decision.principal.content.decode(),
        decision.reason.content.decode(),
        decision.expires_at,
        grants,
    )
    with Validator.pending_lock:
        waiting = Validator.pending[call]
        assert waiting[1] is None, "expected one answer, found another"
        waiting[1] = verdict
    waiting[0].set()


class Store(Instance):
    def append(self, lane, records):
        """records: {position: bytes}"""
        items = (contract.SpillRecord * len(records))(*((at, given(data)) for at, data in records.items()))
        self.call(self.table.append, byref(self.lane(lane)), items, len(records))

    def read(self, lane, position, max_records=1000, max_bytes=1 << 20):
        found = {}
        take = contract.TakeRecord(lambda to, at, data: found.__setitem__(at, data.content))
        self.call(self.table.read, byref(self.lane(lane)), position, max_records, max_bytes, take, None)
        return found

    def release(self, lane, position):
        self.call(self.table.release, byref(self.lane(lane)), position)

    def drop(self, lane):
        self.call(self.table.drop, byref(self.lane(lane)))

    def lanes(self):
        found = []

        def take(to, lane):
            lane = lane.contents
            found.append(tuple(part.content.decode() for part in (lane.namespace_path, lane.client_id, lane.topic)))

        self.call(self.table.lanes, contract.TakeLane(take), None)
        return found

    def lane(self, names):
        return contract.SpillLane(sizeof(contract.SpillLane), *(given(name) for name in names))

    def call(self, function, *arguments):
        error = contract.Error()
        expect_success(function(self.pointer, *arguments, byref(error)), error)


Metric = namedtuple("Metric", "type name labels value buckets count", defaults=((), 0))


class Sink(Instance):
    def export(self, metrics):
        """metrics: of Metric; labels and buckets are lists of pairs."""
        samples = (contract.Sample * len(metrics))(*(self.sample(metric) for metric in metrics))
        snapshot = contract.Snapshot(sizeof(contract.Snapshot), samples, len(metrics))
        error = contract.Error()
        expect_success(self.table.export_snapshot(self.pointer, byref(snapshot), byref(error)), error)

    def sample(self, metric):
        labels = (contract.Label * len(metric.labels))(*((given(name), given(value)) for name, value in metric.labels))
        buckets = (contract.Bucket * len(metric.buckets))(*metric.buckets)
        return contract.Sample(
            sizeof(contract.Sample),
            metric.type,
            given(metric.name),
            given("What it counts."),
            labels,
            len(labels),
            metric.value,
            buckets,
            len(buckets),
            metric.count,
        )


class TestMessage(ctypes.Structure):
    _fields_ = [("payload", Slice), ("key", Slice), ("bytes", ctypes.c_uint64), ("rank", ctypes.c_int64)]


class TestLane(ctypes.Structure):
    _fields_ = [
        ("waiting", POINTER(TestMessage)),
        ("count", ctypes.c_uint64),
        ("newcomer", TestMessage),
        ("cause", ctypes.c_uint32),
        ("max_bytes", ctypes.c_uint64),
    ]


Decision = namedtuple("Decision", "action argument reason")


class Policy(Instance):
    """Its lanes are in lane.c; `lane_library` is that, built."""

    lane_library = None

    def lane(self, waiting, newcomer, cause=contract.CAUSE_MESSAGES, max_bytes=1 << 40):
        """Of payloads, each as large as it is, and ranked by the policy itself as it is published."""
        messages = [TestMessage(given(payload), given(""), len(payload), self.rank(payload)) for payload in waiting]
        newest = TestMessage(given(newcomer), given(""), len(newcomer), self.rank(newcomer))
        return TestLane((TestMessage * len(messages))(*messages), len(messages), newest, cause, max_bytes)

    def decide(self, waiting, newcomer, **limit):
        lane, reason, decision = self.lane(waiting, newcomer, **limit), contract.Error(), contract.OverflowDecision()
        self.lane_library.test_decide(
            byref(self.table), ctypes.c_void_p(self.pointer), byref(lane), byref(reason), byref(decision)
        )
        return Decision(decision.action, decision.argument, reason.message.decode())

    def nanoseconds_of_decision(self, waiting, newcomer, rounds=200):
        lane = self.lane(waiting, newcomer)
        self.lane_library.test_time_of_decision.restype = ctypes.c_uint64
        return self.lane_library.test_time_of_decision(
            byref(self.table), ctypes.c_void_p(self.pointer), byref(lane), rounds
        )

    def rank(self, payload, key=""):
        message = contract.Message(sizeof(contract.Message), given(payload), given(key))
        return self.table.rank(self.pointer, byref(message))


KINDS = {
    contract.OVERFLOW_POLICY: Policy,
    contract.TOKEN_VALIDATOR: Validator,
    contract.SPILL_STORE: Store,
    contract.METRICS_SINK: Sink,
}

loaded = {}


def load(path):
    """The plugin in a file: loaded once, and never unloaded, as in a server."""
    path = str(path)
    if path not in loaded:
        loaded[path] = LoadedPlugin(path)
    return loaded[path]
