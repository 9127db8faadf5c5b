"""Fixtures for the tests of the bundled plugins: python -m pytest --config-file Plugins/pytest.ini Plugins

Scripts/plugins has built them into .build/plugins, or into the folder named in STREAMFENCE_PLUGINS."""

import ctypes
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parent
ROOT = PLUGINS.parent
sys.path.insert(0, str(PLUGINS / "Testing"))

import host  # noqa: E402

COMPILE = ["-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden"]


def compile_c(to, *sources):
    return compile_with(os.environ.get("CC", "cc"), "-std=gnu11", to, *sources)


def compile_cpp(to, *sources):
    return compile_with(os.environ.get("CXX", "c++"), "-std=c++17", to, *sources)


def compile_with(compiler, standard, to, *sources):
    include = ["-I", ROOT / "PluginSDK/Sources/CStreamFencePlugin/include", "-I", PLUGINS / "Shared"]
    subprocess.run([*shlex.split(compiler), standard, *COMPILE, *include, "-o", to, *sources], check=True)
    return to


@pytest.fixture(scope="session")
def plugins():
    """The folder with the built plugins."""
    return Path(os.environ.get("STREAMFENCE_PLUGINS", ROOT / ".build/plugins")).resolve()


@pytest.fixture(scope="session")
def bundled(plugins):
    """bundled("hmac") -> libstreamfence_hmac.so, loaded."""
    return lambda name: host.load(plugins / f"libstreamfence_{name}.so")


@pytest.fixture(scope="session")
def lanes(tmp_path_factory):
    """Lanes for overflow policies to decide on."""
    library = compile_c(tmp_path_factory.mktemp("lane") / "lane.so", PLUGINS / "Testing/lane.c")
    host.Policy.lane_library = ctypes.CDLL(str(library))


@pytest.fixture
def eventually():
    """eventually(condition): waits until it holds."""

    def wait(condition):
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, "expected it within 60 seconds"
            time.sleep(0.005)

    return wait


@pytest.fixture
def log_of_failed_reads(plugins, tmp_path):
    """log_of_failed_reads(name, component, options, file, newer, token): what the plugin logs while it cannot read the file of keys that
    `newer` has replaced. Returns once it has read it: the token is good then."""

    def run(name, *scenario):
        library = compile_c(tmp_path / "unreadable.so", "-fvisibility=default", PLUGINS / "Testing/unreadable.c")
        script = [sys.executable, PLUGINS / "Testing/unreadable.py"]
        argument = json.dumps([str(plugins / f"libstreamfence_{name}.so"), *scenario])
        environment = {**os.environ, "LD_PRELOAD": str(library)}
        ran = subprocess.run([*script, argument], env=environment, stdout=subprocess.PIPE, check=True, timeout=120)
        return [tuple(line) for line in json.loads(ran.stdout)]

    return run


@pytest.fixture
def token_of_readme(tmp_path):
    """token_of_readme("HMACToken"): the token that its README's commands make in an empty folder; streamfence itself is not run."""

    def run(folder):
        (tmp_path / "Plugins").symlink_to(PLUGINS)
        blocks = re.findall(r"```sh\n(.*?)```", (PLUGINS / folder / "README.md").read_text(), re.DOTALL)
        lines = [line for line in "".join(blocks).splitlines() if not line.startswith("streamfence ")]
        script = "\n".join([*lines, 'printf %s "$token"'])
        return subprocess.run(["sh", "-euc", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True).stdout

    return run


@pytest.fixture(scope="session")
def streamfence():
    """The executable: the one named in STREAMFENCE_EXECUTABLE, or the debug build."""
    executable = Path(os.environ.get("STREAMFENCE_EXECUTABLE", ROOT / ".build/debug/streamfence"))
    if not executable.exists():
        pytest.fail(f"expected the executable at {executable}, found none; build it with swift build")
    return executable


@pytest.fixture
def log():
    """What plugins have logged since the test began."""
    host.log.clear()
    return host.log


@pytest.fixture
def instances():
    """Destroys at the end what a test has appended."""
    made = []
    yield made
    for instance in made:
        instance.destroy()
