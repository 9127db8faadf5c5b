"""What a configuration file may say, and what the server answers to a wrong one: exit code 78 and one line a problem."""

import json
import os

import pytest

from harness.configuration import feed, servers


@pytest.fixture
def refusal(streamfence, configuration_file):
    """refusal(text) -> (the file's path, the lines of the refusal), which `serve` and `check-config` have in common."""
    def refuse(text, name="streamfence.yaml"):
        file = configuration_file(text, name)
        server, check = streamfence("serve", "--config", file), streamfence("check-config", file)
        assert server.wait() == 78, f"expected exit code 78; stderr:\n{server.stderr}"
        assert check.wait() == 78, f"expected exit code 78; stderr:\n{check.stderr}"
        assert server.stdout == check.stdout == ""
        assert server.stderr == check.stderr
        return file, server.stderr.splitlines()

    return refuse


def test_a_misspelt_key_is_named_with_its_path_its_line_and_the_nearest_key(refusal):
    file, lines = refusal(
        "servers:\n"
        "  feed:\n"
        "    host: 127.0.0.1\n"
        "    port: 0\n"
        "    namespaces:\n"
        "      - path: /feed\n"
        "        topics: [snapshot]\n"
        "        maxQueuedMessagePerClient: 5\n"
    )

    (line,) = lines
    assert f"{file.name}:8" in line
    assert "servers.feed.namespaces[0].maxQueuedMessagePerClient" in line
    assert "maxQueuedMessagesPerClient" in line


def test_every_problem_of_a_file_is_named_at_once(refusal):
    _, lines = refusal(
        "servers:\n"
        "  feed:\n"
        "    port: 70000\n"
        "    prot: 3000\n"
        "    namespaces:\n"
        "      - path: feed\n"
        "        topics: [snapshot]\n"
    )

    assert len(lines) == 3, lines
    for number, path in ((3, "servers.feed.port"), (4, "servers.feed.prot"), (6, "servers.feed.namespaces[0].path")):
        assert any(f"streamfence.yaml:{number}" in line and path in line for line in lines), (path, lines)


def test_listeners_on_one_port_are_refused_before_any_listens(refusal):
    text = servers(feed={"port": 3999}, control={"port": 3999}) + "management: {host: 0.0.0.0, port: 3999, token: secret}\n"
    file, lines = refusal(text)

    own = "expected a port of its own, found that of feed, 3999"
    control = len(text[:text.rindex("port: 3999\n")].splitlines())
    assert lines == [
        f"{file}:{control}: servers.control.port: {own}",
        f"{file}:{len(text.splitlines())}: management.port: {own}",
    ]


@pytest.mark.parametrize(
    "hosts, arguments",
    [
        (["127.0.0.1", "127.0.0.2"], []),
        (["0.0.0.0", "::1"], []),
        (["127.0.0.1", "127.0.0.1"], ["--server", "control"]),
    ],
)
def test_servers_that_have_a_port_each_somewhere_are_no_problem(streamfence, configuration_file, hosts, arguments):
    text = servers(**{name: {"host": host, "port": 3999} for name, host in zip(("feed", "control"), hosts)})

    check = streamfence("check-config", configuration_file(text), *arguments)

    assert check.wait() == 0, check.stderr
    assert check.stdout.splitlines()[-1] == f"control: {hosts[1]}:3999, namespaces /feed"


def test_check_config_knows_the_servers_of_the_file(streamfence, configuration_file):
    check = streamfence("check-config", configuration_file(servers(feed={})), "--server", "fed")

    assert check.wait() == 64, check.stderr
    assert "--server: expected one of feed, found fed" in check.stderr


def test_a_value_of_the_wrong_type_is_named(refusal):
    _, lines = refusal(servers(feed={"namespaces": [feed(maxQueuedMessagesPerClient="many")]}))

    (line,) = lines
    assert "servers.feed.namespaces[0].maxQueuedMessagesPerClient" in line
    assert "many" in line


def test_yaml_that_cannot_be_read_is_named_with_its_line(refusal):
    _, lines = refusal("servers:\n  feed:\n    port: [0\n")

    assert "streamfence.yaml:" in lines[0]


def test_json_is_checked_as_strictly(refusal):
    file, lines = refusal('{\n "servers": {\n  "feed": {\n   "prot": 0,\n'
                          '   "port": 0, "namespaces": [{"path": "/feed", "topics": ["snapshot"]}]\n  }\n }\n}\n',
                          name="streamfence.json")

    (line,) = lines
    assert f"{file.name}:4" in line
    assert "servers.feed.prot" in line


def test_a_topic_named_like_an_event_of_the_protocol_is_refused(refusal):
    _, lines = refusal(servers(feed={"namespaces": [feed(topics=["error"])]}))

    (line,) = lines
    assert "servers.feed.namespaces[0].topics[0]" in line
    assert "error" in line


@pytest.mark.parametrize(
    "name, server, namespace",
    [
        ("envelope", {}, {"envelope": "topic-message"}),
        ("metrics", {}, {"metrics": [{"use": "prometheus"}]}),
    ],
)
def test_an_option_that_is_not_built_yet_is_refused_by_name(refusal, name, server, namespace):
    _, lines = refusal(servers(feed={**server, "namespaces": [feed(**namespace)]}))

    assert any(name in line for line in lines), lines


def test_check_config_names_the_same_problems_without_serving(refusal, streamfence):
    file, lines = refusal(servers(feed={"prot": 1, "namespaces": [feed(overflowAction="SPILL")]}))
    check = streamfence("check-config", file)

    assert check.wait() == 78
    assert check.stderr.splitlines() == lines
    assert len(lines) == 2


@pytest.mark.parametrize(
    "path, server, namespace",
    [
        ("namespaces[0].messageTTLMs", {}, {"deliveryMode": "AT_LEAST_ONCE", "maxRetries": 3, "messageTTLMs": 1000}),
        ("namespaces[0].ackStyle", {}, {"ackStyle": "socketio"}),
        ("namespaces[0].spillStore", {}, {"spillStore": {"use": "log"}}),
        ("namespaces[0].retain", {}, {"retain": 65}),
        ("namespaces[0].coalesceKey", {}, {"coalesce": True, "coalesceKey": "symbol"}),
        ("spillStore.options.sinc", {"spillStore": {"use": "log", "options": {"sinc": "always"}}}, {}),
    ],
)
def test_options_that_do_not_go_together_are_named(refusal, path, server, namespace):
    _, lines = refusal(servers(feed={**server, "namespaces": [feed(**namespace)]}))

    (line,) = lines
    assert f"servers.feed.{path}: " in line


DELIVERY = {
    "path": "/alerts", "topics": ["alerts"], "deliveryMode": "AT_LEAST_ONCE", "maxRetries": 3, "maxInFlight": 8,
    "ackTimeoutMs": 500, "ackStyle": "socketio", "retryBackoff": {"multiplier": 1.5, "maxDelayMs": 5000},
    "overflowAction": "SPILL_TO_DISK", "spillStore": {"use": "log", "options": {"sync": "always"}},
}


@pytest.mark.parametrize("keys", [{}, {"maxQueuedBytes": 10_000_000, "namespaces": [feed(coalesce=True), DELIVERY]}])
def test_check_config_is_content_with_a_file_that_can_be_served(streamfence, configuration_file, keys):
    check = streamfence("check-config", configuration_file(servers(feed=keys)))

    assert check.wait() == 0, check.stderr
    assert check.stderr == ""


def test_a_json_file_serves_like_a_yaml_file(serve_file, client):
    server = serve_file(
        json.dumps({"servers": {"feed": {"host": "127.0.0.1", "port": 0, "namespaces": [feed()]}}}),
        name="streamfence.json",
    )

    assert client(server).subscribe("snapshot")["ok"] is True


def test_values_come_from_the_environment(serve_file, client):
    text = (
        "servers:\n"
        "  feed:\n"
        "    host: ${HOST_OF_FEED}\n"
        "    port: ${PORT_OF_FEED:-0}\n"
        "    namespaces:\n"
        "      - path: ${PATH_OF_FEED:-/nowhere}\n"
        "        topics: [snapshot]\n"
    )
    server = serve_file(text, env={**os.environ, "HOST_OF_FEED": "127.0.0.1", "PATH_OF_FEED": "/from-environment"})

    assert client(server, namespace="/from-environment").subscribe("snapshot")["ok"] is True
