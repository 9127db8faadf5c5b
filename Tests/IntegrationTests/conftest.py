"""The fixtures, in the words of the domain. Each of them cleans up what it started, and a server must end cleanly."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

pytest.register_assert_rewrite("harness")

from harness import configuration  # noqa: E402
from harness.certificates import Authority  # noqa: E402
from harness.clock import Clock  # noqa: E402
from harness.configuration import feed  # noqa: E402
from harness.javascript_client import JavaScriptClient, Node  # noqa: E402
from harness.node import NodeClient  # noqa: E402
from harness.page import Page, PageServer  # noqa: E402
from harness.process import Process  # noqa: E402
from harness.raw_polling import RawPolling  # noqa: E402
from harness.raw_websocket import RawWebSocket  # noqa: E402
from harness.server import Server  # noqa: E402
from harness.socketio_client import Client, EventLoop  # noqa: E402
from harness.spill_folder import SpillFolder  # noqa: E402


# Servers are to obey it, though whoever started the tests may have it ignored (`nohup`).
signal.signal(signal.SIGHUP, signal.SIG_DFL)

ROOT = Path(__file__).resolve().parents[2]


def path_from_environment(name):
    value = os.environ.get(name)
    assert value, f"expected {name} in the environment; run the tests with Scripts/test"
    path = Path(value).resolve()
    assert path.is_file(), f"expected a file at {name}={value}"
    return path


@pytest.fixture(scope="session")
def executable():
    """`streamfence` as it was built."""
    return path_from_environment("STREAMFENCE_EXECUTABLE")


@pytest.fixture(scope="session")
def official_client():
    """socket.io.min.js, the official JavaScript client."""
    return path_from_environment("STREAMFENCE_OFFICIAL_CLIENT")


@pytest.fixture(scope="session")
def event_loop():
    loop = EventLoop()
    yield loop
    loop.close()


@pytest.fixture
def cleanup():
    """Undoes in the reverse order, so clients go before the server they are connected to."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def configuration_file(tmp_path):
    """configuration_file(text, name="streamfence.yaml") -> its path."""
    def write(text, name="streamfence.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def serve_file(executable, configuration_file, cleanup, tmp_path):
    """serve_file(text, *arguments, listeners=1) -> a running server with that configuration file."""
    def start(text, *arguments, listeners=1, name="streamfence.yaml", env=None, within=()):
        file = configuration_file(text, name)
        server = Server(executable, ["--config", file, *arguments], listeners, cwd=tmp_path, env=env, within=within)
        cleanup.callback(server.kill)
        cleanup.callback(server.stop)
        return server

    return start


@pytest.fixture
def serve(serve_file):
    """serve(namespaces=[...], pingIntervalMs=...) -> one running server, named feed, with these keys.

    When it stops it logs what became of its messages, for `counts()`.
    """
    return lambda **keys: serve_file(configuration.servers(feed=keys), "--log-level", "info")


@pytest.fixture
def server(serve):
    """A server with `/feed`, its topic `snapshot`, and defaults."""
    return serve()


@pytest.fixture
def authority(tmp_path):
    """Whom the clients of a test trust."""
    folder = tmp_path / "certificates"
    folder.mkdir()
    return Authority(folder)


@pytest.fixture(params=["log", "json-files"])
def store(request):
    """Each spill store in turn."""
    return request.param


@pytest.fixture
def spill_folder(tmp_path):
    """Where the servers of a test spill to."""
    return SpillFolder(tmp_path / "spill")


@pytest.fixture
def serve_spilling(serve_file, store, spill_folder):
    """serve_spilling(notifyGaps=True) -> a server whose lanes in `/feed` hold 4 messages and spill the rest.

    When it stops it logs what became of its messages, for `counts`.
    """
    def start(within=(), **keys):
        namespace = feed(overflowAction="SPILL_TO_DISK", **{"maxQueuedMessagesPerClient": 4, **keys})
        text = configuration.servers(
            feed={
                "spillRootPath": str(spill_folder.path),
                "spillStore": {"use": store},
                "namespaces": [namespace],
                **configuration.QUIET,
            }
        )
        return serve_file(text, "--log-level", "info", within=within)

    return start


@pytest.fixture
def client(event_loop, cleanup):
    """client(server, namespace="/feed", transport="websocket") -> a connected python-socketio client."""
    def connect(server, *arguments, **options):
        connected = Client(event_loop, getattr(server, "url", server), *arguments, **options)
        cleanup.callback(connected.close)
        return connected

    return connect


@pytest.fixture
def raw_websocket(cleanup):
    """raw_websocket(server) -> a packet-by-packet client in `/feed`; with joined=False in no namespace yet."""
    def connect(server, joined=True, **options):
        url = getattr(server, "url", server)
        connected = RawWebSocket.joined(url, **options) if joined else RawWebSocket.opened(url, **options)
        cleanup.callback(connected.close)
        return connected

    return connect


@pytest.fixture
def clock(raw_websocket):
    """clock(server) -> time that passes on a server whose configuration is TICKING."""
    return lambda server: Clock(raw_websocket(server))


@pytest.fixture
def raw_polling(cleanup):
    """raw_polling(server) -> a request-by-request client, subscribed to `snapshot`; with subscribed=False only opened."""
    def connect(server, subscribed=True, **options):
        connected = RawPolling.subscribed(server.url, **options) if subscribed else RawPolling.opened(server.url)
        cleanup.callback(connected.close)
        return connected

    return connect


@pytest.fixture
def streamfence(executable, cleanup, tmp_path):
    """streamfence("publish", ...) -> the running command."""
    def run(*arguments, env=None):
        process = Process([executable, *arguments], cwd=tmp_path, env=env)
        cleanup.callback(process.kill)
        return process

    return run


@pytest.fixture
def node_client(official_client, cleanup):
    """node_client("node-talk", server) -> the scenario, running."""
    def run(scenario, server, **options):
        running = NodeClient(official_client, scenario, server.url, **options)
        cleanup.callback(running.close)
        return running

    return run


@pytest.fixture
def javascript_client(official_client, authority, cleanup):
    """javascript_client(url, transport="websocket") -> a connected client that obeys; all of a test live in one Node."""
    node = Node(official_client, authority.certificate)
    cleanup.callback(node.kill)

    def connect(url, **options):
        connected = JavaScriptClient(node, url, **options)
        cleanup.callback(connected.close)
        return connected

    return connect


@pytest.fixture
def python_client(client, authority):
    """python_client(url, transport="websocket") -> a connected python-socketio client, which trusts the authority."""
    return lambda url, **options: client(url, ssl=authority.trust, **options)


@pytest.fixture(params=["python", "javascript"])
def any_client(request):
    """Each of the two libraries in turn: any_client(url, transport="websocket") -> a connected client."""
    return request.getfixturevalue(f"{request.param}_client")


@pytest.fixture
def page_server(official_client, cleanup):
    """Where pages come from: another origin than any StreamFence server."""
    pages = PageServer(official_client)
    cleanup.callback(pages.close)
    return pages


@pytest.fixture
def open_page(page_server, cleanup):
    """open_page(server, transports=[...]) -> a page in a browser that talks to the server."""
    def open(server, **options):
        page = Page(page_server, server.url, **options)
        cleanup.callback(page.close)
        return page

    return open


@pytest.fixture
def first_plugin(tmp_path):
    """first_plugin("swift") -> the folder with the library that the README's command made of a copy outside the project."""
    def build(language):
        source = tmp_path / "friend"
        shutil.copytree(ROOT / "Examples/plugins" / language, source, ignore=shutil.ignore_patterns(".build"))
        (command,) = re.findall(r"```sh\n(.*?)\n```", (source / "README.md").read_text(), re.DOTALL)
        manifest = source / "Package.swift"
        if manifest.exists():
            manifest.write_text(manifest.read_text().replace("../../../PluginSDK", str(ROOT / "PluginSDK")))
        subprocess.run(command.replace("../../..", str(ROOT)), shell=True, cwd=source, check=True)
        folder = tmp_path / "plugins"
        folder.mkdir(mode=0o755)
        built = source / ".build/release" if manifest.exists() else source
        shutil.copy(built / "libfriend.so", folder)
        (folder / "libfriend.so").chmod(0o755)
        return folder

    return build


@pytest.fixture
def plugin(tmp_path):
    """plugin("good.c") -> a plugin of Tests/PluginFixtures, compiled into the test's folder of them, with these flags."""
    def compile_fixture(source, *flags):
        folder = tmp_path / "plugins"
        folder.mkdir(mode=0o755, exist_ok=True)
        target = folder / f"{Path(source).stem}.so"
        compiler = "c++" if source.endswith(".cpp") else "cc"
        include = ROOT / "PluginSDK/Sources/CStreamFencePlugin/include"
        subprocess.run(
            [
                compiler, "-shared", "-fPIC", "-pthread", *flags, "-I", include,
                ROOT / "Tests/PluginFixtures" / source, "-o", target,
            ],
            check=True,
        )
        target.chmod(0o755)
        return target

    return compile_fixture
