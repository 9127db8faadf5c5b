"""Plugins from shared objects: what the executable loads, what it refuses, and that the built-in ones come like any other."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.configuration import QUIET, feed, servers
from harness.packet import payload
from harness.server import Server
from harness.settle import settle

LIBRARY = "libstreamfence_builtin.so"


def with_plugin(file, policy, builtin="auto", **more):
    """A configuration that loads a file, with a server whose `/feed` uses a policy."""
    server = servers(feed={"namespaces": [feed(overflowPolicy={"use": policy}, maxQueuedMessagesPerClient=4)]})
    load = json.dumps([{"path": file.name, **more}])
    return f"plugins: {{directory: {file.parent}, builtin: {builtin}, load: {load}}}\n{server}"


@pytest.mark.parametrize("builtin", ["dlopen", "linked"])
def test_a_server_whose_policy_comes_from_a_file_delivers(serve_file, client, plugin, builtin):
    server = serve_file(with_plugin(plugin("good.c"), "fixture", builtin))
    subscriber, publisher = client(server), client(server)
    subscriber.subscribe("snapshot")

    publisher.publish("snapshot", {"price": 42})

    assert subscriber.next("snapshot") == {"price": 42}


def test_a_plugin_whose_constructor_crashes_is_a_line_and_not_a_crash(streamfence, configuration_file, plugin):
    file = plugin("crashing-constructor.c")
    process = streamfence("serve", "--config", configuration_file(with_plugin(file, "fixture")))

    assert process.wait() == 78
    (line,) = process.stderr.splitlines()
    assert line.endswith(
        f'plugins.load[0].path: plugin {file}: expected a child process to load it and live, found "Aborted" (signal 6) '
        f'after it had written "streamfence: SIGABRT inside the plugin {file}, in dlopen"'
    )


def test_a_plugin_with_a_library_of_its_own_is_loaded_in_turn_with_one_that_has_none(
    serve_file, client, raw_polling, plugin
):
    library = plugin("private-library.c", "-Wl,-soname,private-library.so")
    special = plugin("with-private-library.c", "-Wl,-rpath,$ORIGIN", "-Wl,--no-as-needed", library)
    plain = plugin("good.c")
    lanes = [
        feed(path=f"/{use}", overflowPolicy={"use": use}, maxQueuedMessagesPerClient=4)
        for use in ("as-the-library-says", "fixture")
    ]
    loaded = f"[{{path: {special.name}}}, {{path: {plain.name}}}]"
    server = serve_file(
        f"plugins: {{directory: {special.parent}, load: {loaded}}}\n" + servers(feed={"namespaces": lanes, **QUIET})
    )
    alice = client(server, namespace="/fixture", more_namespaces=["/as-the-library-says"])
    received = {}
    for namespace, count in (("/as-the-library-says", 2), ("/fixture", 4)):
        bob = raw_polling(server, namespace=namespace)
        for number in range(5):
            alice.ask("publish", {"topic": "snapshot", "payload": number}, namespace=namespace)
        settle(alice, bob)
        received[namespace] = [payload(packet) for packet in bob.messages(count)]

    assert received == {"/as-the-library-says": [3, 4], "/fixture": [1, 2, 3, 4]}


def test_a_file_that_others_may_write_to_is_refused_before_it_runs(streamfence, configuration_file, plugin):
    file = plugin("crashing-constructor.c")
    file.chmod(0o777)
    process = streamfence("check-config", configuration_file(with_plugin(file, "fixture")))

    assert process.wait() == 78
    (line,) = process.stderr.splitlines()
    assert "expected the file to be writable by its owner alone, found the mode 0777" in line


def test_a_file_with_another_hash_is_refused_before_it_runs(streamfence, configuration_file, plugin):
    file = plugin("good.c")
    right = hashlib.sha256(file.read_bytes()).hexdigest()
    file_crashes = plugin("crashing-constructor.c")

    good = streamfence("check-config", configuration_file(with_plugin(file, "fixture", sha256=right)))
    assert good.wait() == 0, good.stderr
    bad = streamfence("check-config", configuration_file(with_plugin(file_crashes, "fixture", sha256=right)))
    assert bad.wait() == 78
    (line,) = bad.stderr.splitlines()
    assert f"expected the SHA-256 {right}" in line


@pytest.fixture
def checked_alone(executable, configuration_file, tmp_path):
    """checked_alone("plugins: …") -> what `check-config` has to say where the executable has no library beside it."""
    def check(section=""):
        alone = tmp_path / "streamfence"
        shutil.copy2(executable, alone)
        text = section + servers(feed={"namespaces": [feed(overflowAction="DROP_OLDEST")]})
        return subprocess.run([alone, "check-config", configuration_file(text)], capture_output=True, text=True)

    return check


def test_without_the_library_beside_it_the_executable_says_so_and_uses_what_is_linked(checked_alone, tmp_path):
    result = checked_alone()

    assert result.returncode == 0
    assert f"the built-in plugins are those linked into the executable: there is no {tmp_path / LIBRARY}" in result.stderr


def test_without_the_library_beside_it_dlopen_is_refused(checked_alone, tmp_path):
    result = checked_alone("plugins: {builtin: dlopen}\n")

    assert result.returncode == 78
    assert f"plugins.builtin: plugin {tmp_path / LIBRARY}: expected to read" in result.stderr


@pytest.mark.parametrize("library, received", [("its own", [3, 4]), ("another", [0, 1])])
def test_the_policies_are_those_of_the_library_beside_the_executable(
    executable, plugin, client, raw_polling, cleanup, tmp_path, library, received
):
    folder = tmp_path / "bin"
    folder.mkdir(mode=0o755)
    shutil.copy2(executable, folder / "streamfence")
    own = Path(os.path.realpath(executable)).parent / LIBRARY
    shutil.copy2(own if library == "its own" else plugin("other-builtin.c"), folder / LIBRARY)
    configuration = tmp_path / "streamfence.yaml"
    lane = feed(overflowAction="DROP_OLDEST", maxQueuedMessagesPerClient=2)
    configuration.write_text("plugins: {builtin: dlopen}\n" + servers(feed={"namespaces": [lane], **QUIET}))
    server = Server(folder / "streamfence", ["--config", configuration], 1, cwd=tmp_path)
    cleanup.callback(server.kill)
    cleanup.callback(server.stop)
    alice, bob = client(server), raw_polling(server)
    for number in range(5):
        alice.publish("snapshot", {"n": number})
    settle(alice, bob)

    assert [payload(packet)["n"] for packet in bob.messages(2)] == received


def test_a_plugin_can_bind_to_no_symbol_of_the_executable(executable):
    symbols = subprocess.run(["nm", "-D", "--defined-only", executable], capture_output=True, text=True, check=True)
    names = {line.split()[-1] for line in symbols.stdout.splitlines()}
    # Where the linker ends the data, which is nobody's; and what the C++ standard library has in a header, and in itself: the
    # linker shows it because that library refers to it, and it is the same function for everybody.
    assert names <= {"__bss_start", "_edata", "_end", "_ZSt27__throw_bad_optional_accessv"}


def test_the_library_exports_what_a_plugin_exports(executable):
    library = Path(os.path.realpath(executable)).parent / LIBRARY
    symbols = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True)
    names = {line.split()[-1] for line in symbols.stdout.splitlines()}
    assert {"streamfence_plugin_abi", "streamfence_plugin_init"} <= names


def test_a_plugin_is_cleaned_up_when_the_servers_are_gone(serve_file, plugin):
    configuration = with_plugin(plugin("cleanup.c"), "fixture")
    for _ in range(5):
        server = serve_file(configuration)

        server.stop()

        assert "tidy" in server.stderr


def test_a_second_signal_ends_a_plugin_that_does_not_come_to_an_end_of_its_cleanup(serve_file, plugin):
    server = serve_file(with_plugin(plugin("hanging-cleanup.c"), "fixture"))
    server.ask_to_stop()
    server.line("tidying", server.err)

    server.stop_at_once()
