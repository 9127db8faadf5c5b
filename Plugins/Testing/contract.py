"""The contract of streamfence_plugin.h, version 1.0, for ctypes. Read it beside the header."""

from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char,
    c_char_p,
    c_double,
    c_int32,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
    sizeof,
    string_at,
)

MAGIC = 0x53464E43
SUCCESS = 0
OVERFLOW_POLICY, TOKEN_VALIDATOR, SPILL_STORE, METRICS_SINK = 1, 2, 3, 4
CAUSE_MESSAGES, CAUSE_BYTES, CAUSE_MEMORY = 0, 1, 2
REJECT, EVICT_OLDEST, EVICT_AT = 0, 1, 2
CONNECT, SUBSCRIBE, PUBLISH = 0, 1, 2
REJECTED, ACCEPTED, FAILED = 0, 1, 2
COUNTER, GAUGE, HISTOGRAM = 0, 1, 2


class Slice(Structure):
    # A typed pointer: ctypes then keeps what it points to alive, wherever the slice is copied to.
    _fields_ = [("bytes", POINTER(c_uint8)), ("length", c_size_t)]

    @property
    def content(self):
        return string_at(self.bytes, self.length) if self.length else b""


class Error(Structure):
    _fields_ = [("message", c_char * 1024)]


class Host(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("abi_major", c_uint16),
        ("abi_minor", c_uint16),
        ("log", CFUNCTYPE(None, c_int32, Slice)),
    ]


class ABI(Structure):
    _fields_ = [
        ("magic", c_uint32),
        ("major", c_uint16),
        ("minor", c_uint16),
        ("plugin_size", c_uint32),
        ("component_size", c_uint32),
        ("toolchain", c_char * 112),
    ]


class Settings(Structure):
    _fields_ = [("size", c_uint32), ("options", Slice), ("folder", Slice)]


class Component(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("kind", c_uint32),
        ("name", c_char_p),
        ("table", c_void_p),
        ("context", c_void_p),
        ("check", CFUNCTYPE(c_int32, c_void_p, POINTER(Settings), POINTER(Error))),
        ("create", CFUNCTYPE(c_void_p, c_void_p, POINTER(Settings), POINTER(Error))),
        ("destroy", CFUNCTYPE(None, c_void_p)),
    ]


class Plugin(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("component_count", c_uint32),
        ("name", c_char_p),
        ("version", c_char_p),
        ("components", POINTER(Component)),
    ]


class Message(Structure):
    _fields_ = [("size", c_uint32), ("payload", Slice), ("key", Slice)]


class OverflowPolicy(Structure):
    _fields_ = [("size", c_uint32), ("decide", c_void_p), ("rank", CFUNCTYPE(c_int64, c_void_p, POINTER(Message)))]


class OverflowDecision(Structure):
    _fields_ = [("action", c_uint64), ("argument", c_uint64)]


class TokenRequest(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("action", c_uint32),
        ("token", Slice),
        ("namespace_path", Slice),
        ("topic", Slice),
        ("remote_address", Slice),
    ]


class Grant(Structure):
    _fields_ = [("size", c_uint32), ("actions", c_uint32), ("topic", Slice)]


class TokenDecision(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("verdict", c_uint32),
        ("principal", Slice),
        ("reason", Slice),
        ("expires_at", c_int64),
        ("grants", c_void_p),
        ("grant_count", c_size_t),
    ]


TokenAnswer = CFUNCTYPE(None, c_uint64, POINTER(TokenDecision))


class TokenValidator(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("validate", CFUNCTYPE(None, c_void_p, POINTER(TokenRequest), c_uint64, TokenAnswer)),
        ("cancel", CFUNCTYPE(None, c_void_p, c_uint64)),
    ]


class SpillLane(Structure):
    _fields_ = [("size", c_uint32), ("namespace_path", Slice), ("client_id", Slice), ("topic", Slice)]


class SpillRecord(Structure):
    _fields_ = [("position", c_uint64), ("bytes", Slice)]


TakeRecord = CFUNCTYPE(None, c_void_p, c_uint64, Slice)
TakeLane = CFUNCTYPE(None, c_void_p, POINTER(SpillLane))


class SpillStore(Structure):
    _fields_ = [
        ("size", c_uint32),
        (
            "append",
            CFUNCTYPE(c_int32, c_void_p, POINTER(SpillLane), POINTER(SpillRecord), c_size_t, POINTER(Error)),
        ),
        (
            "read",
            CFUNCTYPE(
                c_int32,
                c_void_p,
                POINTER(SpillLane),
                c_uint64,
                c_uint64,
                c_uint64,
                TakeRecord,
                c_void_p,
                POINTER(Error),
            ),
        ),
        ("release", CFUNCTYPE(c_int32, c_void_p, POINTER(SpillLane), c_uint64, POINTER(Error))),
        ("drop", CFUNCTYPE(c_int32, c_void_p, POINTER(SpillLane), POINTER(Error))),
        ("lanes", CFUNCTYPE(c_int32, c_void_p, TakeLane, c_void_p, POINTER(Error))),
    ]


class Label(Structure):
    _fields_ = [("name", Slice), ("value", Slice)]


class Bucket(Structure):
    _fields_ = [("upper_bound", c_double), ("count", c_uint64)]


class Sample(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("type", c_uint32),
        ("name", Slice),
        ("help", Slice),
        ("labels", POINTER(Label)),
        ("label_count", c_size_t),
        ("value", c_double),
        ("buckets", POINTER(Bucket)),
        ("bucket_count", c_size_t),
        ("count", c_uint64),
    ]


class Snapshot(Structure):
    _fields_ = [("size", c_uint32), ("samples", POINTER(Sample)), ("sample_count", c_size_t)]


class MetricsSink(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("export_snapshot", CFUNCTYPE(c_int32, c_void_p, POINTER(Snapshot), POINTER(Error))),
        ("render", c_void_p),
    ]


TABLES = {
    OVERFLOW_POLICY: OverflowPolicy,
    TOKEN_VALIDATOR: TokenValidator,
    SPILL_STORE: SpillStore,
    METRICS_SINK: MetricsSink,
}

assert sizeof(ABI) == 128 and sizeof(Slice) == 16
