"""A spill folder that can't be used is a mistake in the configuration: exit code 78 and a line that says what is wrong."""

import re

import pytest

from harness.configuration import feed, servers
from harness.process import Process
from harness.small_disk import mounted_at

SPILLING = feed(overflowAction="SPILL_TO_DISK")


def spilling_to(folder):
    return {"spillRootPath": str(folder), "namespaces": [SPILLING]}


@pytest.fixture
def refusal(executable, configuration_file, cleanup):
    """refusal(text) -> the lines a server says before it ends with exit code 78, each found to be about the line of its key."""
    def refuse(text, within=()):
        file = configuration_file(text, "refused.yaml")
        server = Process([*within, executable, "serve", "--config", file])
        cleanup.callback(server.kill)
        assert server.wait() == 78, f"expected exit code 78; stderr:\n{server.stderr}"
        assert server.stdout == ""
        found = [re.fullmatch(rf"{re.escape(str(file))}:(\d+): (.*)", line) for line in server.stderr.splitlines()]
        assert all(found), server.stderr
        for problem in found:
            assert "spillRootPath" in text.splitlines()[int(problem[1]) - 1], problem[0]
        return [problem[2] for problem in found]

    return refuse


@pytest.fixture
def file_in_the_way(tmp_path):
    # Not a matter of permissions: root, who runs many tests, has them all.
    file = tmp_path / "file"
    file.write_text("a file, not a folder")
    return file


def test_a_folder_that_cannot_be_made(refusal, file_in_the_way):
    (line,) = refusal(servers(feed=spilling_to(file_in_the_way / "spill")))

    assert line.startswith("servers.feed.spillRootPath: ")
    assert f"{file_in_the_way}/spill" in line
    assert "Not a directory" in line


def test_a_file_in_the_place_of_the_folder(refusal, file_in_the_way):
    (line,) = refusal(servers(feed=spilling_to(file_in_the_way)))

    assert line.startswith("servers.feed.spillRootPath: ")
    assert str(file_in_the_way) in line


def test_a_folder_that_cannot_be_written_to(refusal, spill_folder):
    (line,) = refusal(servers(feed=spilling_to(spill_folder.path)), within=mounted_at(spill_folder.path, "ro"))

    assert line.startswith("servers.feed.spillRootPath: ")
    assert str(spill_folder.path) in line
    assert "Read-only file system" in line


def test_a_folder_that_another_server_spills_to(refusal, serve_file, client, spill_folder):
    text = servers(feed=spilling_to(spill_folder.path))
    first = serve_file(text)

    (line,) = refusal(text)

    assert line.startswith("servers.feed.spillRootPath: ")
    assert str(spill_folder.path) in line
    assert "another process" in line
    # Who came first goes on.
    assert client(first).subscribe("snapshot")["ok"] is True


def test_every_server_of_a_file_that_has_no_folder_is_named(refusal, file_in_the_way):
    lines = refusal(servers(feed=spilling_to(file_in_the_way / "a"), control=spilling_to(file_in_the_way / "b")))

    assert [line.split(":")[0] for line in lines] == ["servers.feed.spillRootPath", "servers.control.spillRootPath"]


def test_a_folder_that_nobody_spills_to_does_not_matter(serve_file, client, file_in_the_way):
    server = serve_file(servers(feed={"spillRootPath": str(file_in_the_way / "spill"), "namespaces": [feed()]}))

    assert client(server).subscribe("snapshot")["ok"] is True


def test_servers_of_one_process_may_share_a_folder(serve_file, client, spill_folder):
    both = serve_file(
        servers(feed=spilling_to(spill_folder.path), control=spilling_to(spill_folder.path)), listeners=2
    )

    for url in both.urls.values():
        assert client(url).subscribe("snapshot")["ok"] is True


def test_a_folder_is_free_again_when_its_server_was_killed(serve_file, spill_folder):
    text = servers(feed=spilling_to(spill_folder.path))
    serve_file(text).kill_in_the_middle()

    serve_file(text).stop()


def test_checking_a_file_makes_no_folder(streamfence, configuration_file, tmp_path):
    check = streamfence("check-config", configuration_file(servers(feed=spilling_to(tmp_path / "spill"))))

    assert check.wait() == 0, check.stderr
    assert not (tmp_path / "spill").exists()


def test_checking_the_file_of_a_running_server_is_no_mistake(serve_file, streamfence, configuration_file, tmp_path):
    text = servers(feed=spilling_to(tmp_path / "spill"))
    serve_file(text)

    check = streamfence("check-config", configuration_file(text))

    assert check.wait() == 0, check.stderr
