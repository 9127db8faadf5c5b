"""A service that knows one token: WEBHOOK_SECRET=… python3 service.py PORT"""

import base64, hashlib, hmac, json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["WEBHOOK_SECRET"].encode()
PRINCIPALS = {"open sesame": "anna"}


def is_signed(headers, body):
    """Whether somebody who knows the secret sent this, within the last five minutes."""
    id, sent, signature = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not sent.isdigit() or abs(time.time() - int(sent)) > 300:
        return False
    expected = hmac.digest(SECRET, f"{id}.{sent}.".encode() + body, hashlib.sha256)
    return hmac.compare_digest(b"v1," + base64.b64encode(expected), signature.encode())


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if not is_signed(self.headers, body):
            return self.send_error(400)
        question = json.loads(body)
        answer = {"accept": False, "reason": "an unknown token"}
        if question["token"] in PRINCIPALS:
            answer = {"accept": True, "principal": PRINCIPALS[question["token"]], "cacheSeconds": 60}
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Service)
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever()
