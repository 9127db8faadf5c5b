"""Which servers of a file run, and where they listen."""

import socket

import pytest

from harness.configuration import feed, servers
from harness.socketio_client import Refused

TWO = servers(feed={}, control={"namespaces": [{"path": "/commands", "topics": ["reboot"]}]})


@pytest.fixture
def taken_port():
    """A port somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_every_server_of_a_file_runs_in_one_process(serve_file, client):
    both = serve_file(TWO, listeners=2)

    assert set(both.urls) == {"feed", "control"}
    assert client(both.urls["feed"]).subscribe("snapshot")["ok"] is True
    assert client(both.urls["control"], namespace="/commands").subscribe("reboot")["ok"] is True


def test_servers_of_one_process_share_no_namespaces(serve_file, client):
    both = serve_file(TWO, listeners=2)

    with pytest.raises(Refused) as refused:
        client(both.urls["control"], namespace="/feed")
    assert refused.value.answer["message"] == "Invalid namespace"


def test_a_named_server_runs_alone(serve_file, client):
    control = serve_file(TWO, "--server", "control")

    assert client(control, namespace="/commands").subscribe("reboot")["ok"] is True
    control.stop()
    assert [line.split()[1] for line in control.out.all(lambda line: line.startswith("listening"))] == ["control"]


def test_several_servers_may_be_named(serve_file):
    three = TWO + servers(audit={"namespaces": [feed()]}).removeprefix("servers:\n")
    two = serve_file(three, "--server", "feed", "--server", "audit", listeners=2)

    assert set(two.urls) == {"feed", "audit"}


def test_a_server_that_is_not_in_the_file_is_bad_usage(streamfence, configuration_file):
    run = streamfence("serve", "--config", configuration_file(TWO), "--server", "fed")

    assert run.wait() == 64
    assert "fed" in run.stderr


def test_one_port_for_several_servers_is_bad_usage(streamfence, configuration_file):
    run = streamfence("serve", "--config", configuration_file(TWO), "--port", "0")

    assert run.wait() == 64
    assert "--port" in run.stderr


def test_a_port_on_the_command_line_wins_over_the_files(serve_file, taken_port):
    server = serve_file(servers(feed={"port": taken_port}), "--port", "0")

    assert server.port != taken_port


def test_a_port_on_the_command_line_serves_for_the_one_server_named(serve_file, taken_port):
    text = servers(feed={"port": taken_port}, control={"port": taken_port})
    server = serve_file(text, "--server", "control", "--port", "0")

    assert list(server.urls) == ["control"]
    assert server.port != taken_port


def test_a_port_in_use_fails_with_one_clear_line(streamfence, configuration_file, taken_port):
    run = streamfence("serve", "--config", configuration_file(servers(feed={"port": taken_port})))

    assert run.wait() == 1
    line = next(line for line in run.stderr.splitlines() if str(taken_port) in line)
    assert "in use" in line
    assert run.stdout == ""


def test_when_one_server_cannot_listen_none_stays_behind(streamfence, configuration_file, taken_port):
    run = streamfence("serve", "--config", configuration_file(servers(feed={}, control={"port": taken_port})))

    assert run.wait() == 1
    assert str(taken_port) in run.stderr


def test_the_host_is_the_address_that_is_bound(serve):
    server = serve(host="127.0.0.2")

    assert server.url == f"http://127.0.0.2:{server.port}"
    socket.create_connection(("127.0.0.2", server.port)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))
