"""A service for the tests of webhook: a real one, on a port of its own."""

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SECRET = "0123456789abcdef0123456789abcdef"


class Service(ThreadingHTTPServer):
    """Answers what `answer(question)` returns: a status, a body (JSON, unless it is bytes) and headers; or with None, which closes the
    connection. While it is held, each answer waits for `release()`."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self, context=None):
        super().__init__(("127.0.0.1", 0), Handler)
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server_port}/tokens"
        self.secret = SECRET.encode()
        self.answer = lambda question: (200, {"accept": True, "principal": "anna"}, {})
        self.lock = threading.Lock()
        self.questions, self.requests = [], []
        self.connections = self.closed = self.under_way = self.peak = 0
        self.permits = None

    def hold(self):
        self.permits = threading.Semaphore(0)

    def release(self, count=1):
        self.permits.release(count)

    def calls(self, token):
        with self.lock:
            return sum(question["token"] == token for question in self.questions)

    def is_signed(self, headers, body):
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.digest(self.secret, signed, hashlib.sha256)).decode()
        return headers["webhook-signature"] == f"v1,{expected}"

    def handle_error(self, request, client_address):
        """Connections that are given up are what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def finish(self):
        with self.server.lock:
            self.server.closed += 1
        super().finish()

    def do_POST(self):
        service = self.server
        body = self.rfile.read(int(self.headers["content-length"]))
        assert service.is_signed(self.headers, body)
        question = json.loads(body)
        with service.lock:
            service.requests.append((self.path, dict(self.headers.items())))
            service.questions.append(question)
            service.under_way += 1
            service.peak = max(service.peak, service.under_way)
        try:
            if service.permits and not self.permitted():
                return
            answer = service.answer(question)
        finally:
            with service.lock:
                service.under_way -= 1
        if answer is None:
            self.close_connection = True
            return
        status, body, headers = answer
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-length": len(text), **headers}.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def permitted(self):
        """Waits to be released. False where the other side has gone meanwhile."""
        while not self.server.permits.acquire(timeout=0.01):
            if self.has_gone():
                self.close_connection = True
                return False
        return True

    def has_gone(self):
        try:
            return self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def log_message(self, *arguments):
        pass


@pytest.fixture
def start_service():
    """start_service(context=None): a service, over TLS with a context."""
    started = []

    def start(context: ssl.SSLContext | None = None):
        service = Service(context)
        threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        started.append(service)
        return service

    yield start
    for service in started:
        service.shutdown()
        service.server_close()


@pytest.fixture
def service(start_service):
    return start_service()


@pytest.fixture
def validator(bundled, instances, service):
    """validator(**options): one that asks the service."""

    def make(**options):
        if "secretFile" not in options:
            options = {"secret": SECRET, **options}
        instances.append(bundled("webhook").create("webhook", {"url": service.url, **options}))
        return instances[-1]

    return make
