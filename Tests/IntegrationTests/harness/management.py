"""The management port, as curl and Prometheus see it."""

import json
import re
import socket
import subprocess
import urllib.error
import urllib.request

from . import configuration
from .counts import GAUGES, Samples
from .journal import PATIENCE, wait_until

SAMPLE = re.compile(r'^(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def serve_managed(serve_file, token=None, more_servers=None, plugins="", **keys):
    """A server named feed with these keys, which logs its counts when it stops, and its management port.

    `plugins` is a section of the file.
    """
    servers = {"feed": keys, **(more_servers or {})}
    management = {"port": 0, **({"token": token} if token else {})}
    text = plugins + configuration.servers(**servers) + f"management: {json.dumps(management)}\n"
    server = serve_file(text, "--log-level", "info", listeners=len(servers) + 1)
    return server, Management(server.urls.pop("management"), token)


class Management:
    """Calls one process."""

    def __init__(self, url, token=None):
        self.url = url
        self._token = token

    def call(self, path, body=None, headers=None):
        """Status and text of the answer; POST if there is a body: text, bytes, or a value that becomes JSON."""
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode("utf-8")
        authorization = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        request = urllib.request.Request(self.url + path, data=body, headers={**authorization, **(headers or {})})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode("utf-8")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode("utf-8")

    def publish(self, body, path="/api/publish", **options):
        """Status and answer of a publish."""
        status, text = self.call(path, body, **options)
        return status, json.loads(text)

    def metrics(self):
        status, text = self.call("/metrics")
        assert status == 200, text
        return Metrics(text)

    def metrics_when(self, holds, what="other metrics"):
        """The first metrics for which it holds."""
        return wait_until(lambda: metrics if holds(metrics := self.metrics()) else None, what)

    def metrics_at_rest(self):
        """The metrics once nothing is held and nobody is connected any more."""
        self.metrics_when(lambda metrics: not any(metrics[gauge] for gauge in GAUGES))
        # The counters of that scrape were read before its gauges.
        return self.metrics()

    def connection(self):
        """A TCP connection, for what no HTTP client does."""
        host, port = self.url.removeprefix("http://").split(":")
        return socket.create_connection((host, int(port)), timeout=PATIENCE)


class Metrics(Samples):
    """A scrape."""

    def __init__(self, text):
        self.text = text
        self._lines = text.splitlines()
        super().__init__(self._sample(line) for line in self._lines if not line.startswith("#"))

    @staticmethod
    def _sample(line):
        sample = SAMPLE.match(line)
        assert sample, f"expected a sample, found {line!r}"
        name = sample["name"].removeprefix("streamfence_").removesuffix("_total")
        return name, dict(LABEL.findall(sample["labels"] or "")), float(sample["value"])

    def _found(self, name, labels):
        """There has to be one."""
        found = super()._found(name, labels)
        assert found, f"expected {name} with {labels}, found none"
        return found

    def families(self):
        """Each metric with its kind and labels, as the tables of docs/metrics.md have them."""
        found = []
        for line in self._lines:
            if line.startswith("# TYPE "):
                found.append((*line.split()[2:], []))
            elif not line.startswith("#"):
                labels = [label for label, _ in LABEL.findall(SAMPLE.match(line)["labels"] or "") if label != "le"]
                if labels not in found[-1][2]:
                    found[-1][2].append(labels)
        return [(name, kind, ", ".join(labels)) for name, kind, all_labels in found for labels in all_labels]

    def checked_by_promtool(self):
        """What `promtool check metrics` has to say, which should be nothing."""
        run = subprocess.run(
            ["promtool", "check", "metrics"], input=self.text, capture_output=True, text=True, timeout=PATIENCE
        )
        return run.returncode, run.stdout + run.stderr
