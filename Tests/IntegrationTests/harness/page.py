"""A web page of another origin than the server's, open in a real browser."""

import http.server
import json
import shutil
import tempfile
import threading
import urllib.parse
from pathlib import Path

from .journal import Journal
from .process import Process

SCENARIOS = Path(__file__).parent.parent / "scenarios"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class PageServer:
    """Serves the page, the official client and the scenario; takes the page's reports."""

    def __init__(self, official_client):
        self.reports = Journal("the page")
        files = {"/page.html": ("text/html", SCENARIOS / "page.html")}
        files |= {f"/{name}.js": ("text/javascript", SCENARIOS / f"{name}.js") for name in ("talk", "page")}
        files["/socket.io.js"] = ("text/javascript", official_client)
        reports = self.reports

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                kind, file = files.get(urllib.parse.urlsplit(self.path).path, (None, None))
                self.answer(200 if file else 404, kind or "text/plain", file.read_bytes() if file else b"")

            def do_POST(self):
                reports.record(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.answer(200, "text/plain", b"")

            def answer(self, status, kind, body):
                self.send_response(status)
                self.send_header("content-type", f"{kind}; charset=utf-8")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._http.server_address[1]}"

    def close(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class Browser:
    """Headless Chromium with one page open and a profile of its own."""

    def __init__(self, page_url):
        program = next((found for found in map(shutil.which, BROWSERS) if found), None)
        assert program, f"expected a browser, found none of {', '.join(BROWSERS)}"
        self._profile = tempfile.TemporaryDirectory(prefix="streamfence-browser-", ignore_cleanup_errors=True)
        self._process = Process(
            [
                program,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--no-default-browser-check",
                "--no-proxy-server",
                # It is to talk to this machine only.
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                f"--user-data-dir={self._profile.name}",
                # Its DevTools port keeps a headless browser running after the page has loaded.
                "--remote-debugging-port=0",
                page_url,
            ]
        )

    @property
    def stderr(self):
        return self._process.stderr

    def close(self):
        self._process.signal()
        self._process.wait()
        self._process.kill()
        self._profile.cleanup()


class Page:
    """The scenario `talk` in a browser; what it reports, the test waits for."""

    def __init__(self, pages, url, namespace="/feed", topic="snapshot", transports=None):
        self._reports = pages.reports
        query = {"url": f"{url}{namespace}", "topic": topic, "transports": ",".join(transports or [])}
        self._browser = Browser(f"{pages.origin}/page.html?{urllib.parse.urlencode(query)}")

    def next(self, kind, **fields):
        """The earliest report of this kind with these fields that was not looked at yet; waits for it."""
        try:
            return self._reports.take(lambda report: is_report(report, kind, fields), f"the report {kind} {fields or ''}")
        except AssertionError as error:
            raise AssertionError(f"{error}\nstderr of the browser:\n{self._browser.stderr}") from None

    def close(self):
        self._browser.close()


def is_report(report, kind, fields):
    return report["report"] == kind and all(report.get(name) == value for name, value in fields.items())
