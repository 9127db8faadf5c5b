"""The management port, as curl and Prometheus see it."""

import json
import re
import subprocess
import urllib.error
import urllib.request

from .journal import PATIENCE

SAMPLE = re.compile(r'^(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


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


class Metrics:
    """A scrape. Names are without `streamfence_` and `_total`."""

    def __init__(self, text):
        self.text = text
        self._samples = []
        for line in text.splitlines():
            if not line.startswith("#"):
                sample = SAMPLE.match(line)
                assert sample, f"expected a sample, found {line!r}"
                name = sample["name"].removeprefix("streamfence_").removesuffix("_total")
                self._samples.append((name, dict(LABEL.findall(sample["labels"] or "")), float(sample["value"])))

    def of(self, name, /, **labels):
        """The sum of the samples with these labels; there has to be one."""
        found = [
            value for each, of_each, value in self._samples if each == name and labels.items() <= of_each.items()
        ]
        assert found, f"expected {name} with {labels}, found none"
        return sum(found)

    def checked_by_promtool(self):
        """What `promtool check metrics` has to say, which should be nothing."""
        run = subprocess.run(
            ["promtool", "check", "metrics"], input=self.text, capture_output=True, text=True, timeout=PATIENCE
        )
        return run.returncode, run.stdout + run.stderr
