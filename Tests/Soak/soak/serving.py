"""The server under test: the built executable, a namespace for every way to treat a slow client, and a small disk."""

import json
import os
import subprocess
from pathlib import Path

from harness import configuration
from harness.management import Management
from harness.server import Server
from harness.small_disk import mounted_at
from harness.spill_folder import SpillFolder

ROOT = Path(__file__).resolve().parents[3]

#: What only clients subscribe to that take leave properly: so they know all that became of their messages.
STEADY = "steady"
#: What clients subscribe to that may do anything.
WILD = "wild"
#: What clients publish, and nobody else.
TALK = "talk"

LANE = {"maxQueuedMessagesPerClient": 12, "maxQueuedBytesPerClient": 65_536}
ACKNOWLEDGED = {"deliveryMode": "AT_LEAST_ONCE", "ackTimeoutMs": 1_500, "maxRetries": 2, "maxInFlight": 4}
SPILLING = {"overflowAction": "SPILL_TO_DISK", "maxSpillBytesPerClient": 1_000_000}

#: By path; what they have in common is in `LANE`.
NAMESPACES = {
    "/drop-oldest": {"overflowAction": "DROP_OLDEST", "notifyGaps": True},
    "/reject-new": {"overflowAction": "REJECT_NEW", "notifyGaps": True},
    "/coalesce": {"overflowAction": "COALESCE", "coalesceKey": "/k"},
    "/snapshot-only": {"overflowAction": "SNAPSHOT_ONLY"},
    "/disconnect": {"overflowAction": "DISCONNECT"},
    "/expiring": {
        "overflowAction": "DROP_OLDEST", "coalesce": True, "coalesceKey": "/k", "messageTTLMs": 1_000, "retain": 4,
    },
    "/interval": {"minIntervalMs": 500},
    "/spill-log": {**SPILLING, "notifyGaps": True},
    "/spill-files": {**SPILLING, "notifyGaps": True, "spillStore": {"use": "json-files"}},
    "/alerts": {**ACKNOWLEDGED, "overflowAction": "REJECT_NEW", "notifyGaps": True},
    "/spill-alerts": {**ACKNOWLEDGED, **SPILLING, "notifyGaps": True},
    "/guarded": {"overflowAction": "DROP_OLDEST", "authRequired": True},
    "/throwing": {"overflowPolicy": {"use": "soak-throws"}},
}
#: Where a client that is slow loses its connection, however well it behaves.
DISCONNECTING = "/disconnect"
GUARDED = "/guarded"
#: Where messages are kept for later subscribers, who are no recipients of their publication.
RETAINING = "/expiring"

#: The largest message that clients may send, in bytes.
MAX_PAYLOAD = 100_000
#: Of the disk that lanes spill to, in bytes.
DISK = 48 << 20

SERVER = {
    "pingIntervalMs": 5_000,
    "maxPayload": MAX_PAYLOAD,
    "auth": "TOKEN",
    "authAt": "connect",
    "authTimeoutMs": 2_000,
    "tokenValidator": {"use": "soak-tokens"},
    # Each client has an address of its own, so that refused tokens of one are no matter of another.
    "trustedProxies": ["127.0.0.1"],
    "metrics": [{"use": "soak-throws"}],
    "metricsIntervalMs": 1_000,
    # So little that a few hundred slow clients reach it.
    "maxQueuedBytes": 16 << 20,
}


class ServerUnderTest:
    """Everything it needs lies in a folder of its own."""

    def __init__(self, executable, folder, patience):
        """`patience` is how many seconds it waits for the answer to a heartbeat."""
        self.outage = folder / "outage"
        disk = folder / "disk"
        server = {
            **SERVER,
            "pingTimeoutMs": int(patience * 1000),
            "spillRootPath": str(disk / "spill"),
            "namespaces": [
                {"path": path, "topics": [STEADY, WILD, TALK], **LANE, **keys} for path, keys in NAMESPACES.items()
            ],
        }
        plugin = build_plugin(folder)
        text = f"plugins: {{directory: {plugin.parent}, load: [{{path: {plugin.name}}}]}}\n"
        text += configuration.servers(soak=server) + "management: {port: 0}\n"
        file = folder / "soak.yaml"
        file.write_text(text)
        self.process = Server(
            executable, ["--config", file, "--log-level", "info"], listeners=2, cwd=folder,
            env={**os.environ, "SOAK_OUTAGE": str(self.outage)},
            # A session of its own: Control-C is for the soak, which then stops the server itself.
            within=("setsid", *mounted_at(disk, f"size={DISK}")),
        )
        self.management = Management(self.process.urls["management"])
        self.port = port_of(self.process.urls["soak"])
        self.management_port = port_of(self.process.urls["management"])
        #: The disk and the folder on it, which only the server sees mounted.
        self.spill = SpillFolder(disk / "spill").seen_by(self.process)

    def has_spilled_nothing(self):
        """Or has no folder for it any more."""
        return not self.spill.path.is_dir() or not self.spill.lanes()


def build_plugin(folder):
    plugins = folder / "plugins"
    plugins.mkdir(mode=0o755)
    target = plugins / "soak.so"
    includes = [ROOT / "PluginSDK/Sources/CStreamFencePlugin/include", ROOT / "Tests/PluginFixtures"]
    command = ["c++", "-std=c++17", "-O1", "-shared", "-fPIC", *(f"-I{each}" for each in includes)]
    subprocess.run([*command, ROOT / "Tests/Soak/plugin.cpp", "-o", target], check=True)
    target.chmod(0o755)
    return target


def port_of(url):
    return int(url.rpartition(":")[2])
