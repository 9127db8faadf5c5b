"""What is true of every bundled plugin."""

import os
import shutil
import subprocess

import contract
import host
import pytest
import yaml
from conftest import PLUGINS, ROOT
from host import Refused

FILES = {
    "HMACToken": "hmac",
    "CFunction": "cfunction",
    "SQLiteSpill": "sqlite",
    "PriorityOverflow": "priority",
    "StatsD": "statsd",
    "JWTValidator": "jwt",
    "Webhook": "webhook",
}
IN_C = ["hmac", "cfunction", "sqlite"]
every_plugin = pytest.mark.parametrize("name", FILES.values())


def test_none_is_forgotten():
    assert {path.parent.name for path in PLUGINS.glob("*/example.yaml")} == set(FILES)


@every_plugin
def test_only_the_owner_may_change_the_file(plugins, name):
    for path in (plugins, plugins / f"libstreamfence_{name}.so"):
        assert path.stat().st_mode & 0o022 == 0, path


@every_plugin
def test_its_symbols_are_its_own(plugins, name):
    file = plugins / f"libstreamfence_{name}.so"
    dynamic = subprocess.run(["readelf", "--wide", "--dynamic", file], capture_output=True, text=True, check=True).stdout
    assert "SYMBOLIC" in dynamic
    if name in IN_C:
        listed = subprocess.run(["nm", "--dynamic", "--defined-only", file], capture_output=True, text=True, check=True)
        names = {line.split()[-1] for line in listed.stdout.splitlines()} - {"_end", "_edata", "__bss_start"}
        assert names == {"streamfence_plugin_abi", "streamfence_plugin_init"}


@every_plugin
def test_it_says_what_compiled_it_and_what_it_offers(bundled, name):
    plugin = bundled(name)
    assert plugin.abi.toolchain
    assert plugin.name and plugin.version
    assert len(plugin.components) == 1


@every_plugin
@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"a":}', '{"a":1,}', '{"a":"\\x"}', '{"a":1} x', "[" * 100])
def test_options_that_are_no_object_are_refused(bundled, name, text):
    (component,) = bundled(name).components
    with pytest.raises(Refused):
        bundled(name).check(component, text)


@pytest.mark.parametrize("folder", FILES)
def test_the_options_of_its_example_are_right(bundled, folder):
    example = yaml.safe_load((PLUGINS / folder / "example.yaml").read_text())
    assert example["plugins"]["load"] == [{"path": f"libstreamfence_{FILES[folder]}.so"}]
    (server,) = example["servers"].values()
    plugin = bundled(FILES[folder])
    (name,) = plugin.components
    (namespace,) = server["namespaces"]
    uses = [place.get(key) for place in (server, namespace) for key in ("tokenValidator", "spillStore", "overflowPolicy")]
    uses += server.get("metrics", [])
    (use,) = [use for use in uses if use]
    assert use["use"] == name
    plugin.check(name, use.get("options", {}))


@pytest.mark.parametrize("folder", FILES)
def test_its_example_is_a_good_configuration(streamfence, plugins, tmp_path, folder):
    text = (PLUGINS / folder / "example.yaml").read_text()
    assert "directory: .build/plugins\n" in text
    (tmp_path / "example.yaml").write_text(text.replace(".build/plugins", str(plugins)))
    checked = subprocess.run([streamfence, "check-config", "example.yaml"], cwd=tmp_path, capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("folder", FILES)
def test_its_readme_says_how_to_run_it(folder):
    readme = (PLUGINS / folder / "README.md").read_text()
    assert f"streamfence serve --config Plugins/{folder}/example.yaml" in readme


@pytest.mark.parametrize("folder", FILES)
def test_its_readme_lists_its_options(bundled, folder):
    """An unknown option is refused with the names of those that there are."""
    plugin = bundled(FILES[folder])
    (name,) = plugin.components
    with pytest.raises(Refused) as refused:
        plugin.check(name, {"zzzzzzzzzzzz": 1})
    (line,) = [line for line in refused.value.lines if line.startswith("zzzzzzzzzzzz: ")]
    options = line.split(" takes ")[1].split(", ")
    readme = (PLUGINS / folder / "README.md").read_text()
    table = readme.split("| option | default | meaning |")[1].split("\n\n")[0]
    assert [row.split("`")[1] for row in table.splitlines() if row.startswith("| `")] == options


def test_a_plugin_that_cannot_be_built_is_said_and_the_others_are_built(tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    pkg_config = programs / "pkg-config"
    real = shutil.which("pkg-config")
    pkg_config.write_text(f'#!/bin/sh\n[ "$1" != --exists ] || [ "$2" != yaml-0.1 ] || exit 1\nexec {real} "$@"\n')
    pkg_config.chmod(0o755)
    built = subprocess.run(
        [ROOT / "Scripts/plugins", "built", "HMACToken", "SQLiteSpill", "Nothing"],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 1
    assert built.stderr.splitlines() == [
        "Scripts/plugins: Nothing: expected the name of a folder of Plugins/, found Nothing",
        "Scripts/plugins: HMACToken: expected the packages libyaml-dev, found none; apt-get install libyaml-dev",
        "Scripts/plugins: could not build Nothing HMACToken",
    ]
    assert [path.name for path in (tmp_path / "built").iterdir()] == ["libstreamfence_sqlite.so"]


def test_the_contract_here_is_the_header_s(tmp_path):
    """The layouts that these tests use, compared by a compiler."""
    structs = {
        "sf_abi": contract.ABI,
        "sf_settings": contract.Settings,
        "sf_component": contract.Component,
        "sf_plugin": contract.Plugin,
        "sf_message": contract.Message,
        "sf_overflow_policy": contract.OverflowPolicy,
        "sf_token_request": contract.TokenRequest,
        "sf_grant": contract.Grant,
        "sf_token_decision": contract.TokenDecision,
        "sf_token_validator": contract.TokenValidator,
        "sf_spill_lane": contract.SpillLane,
        "sf_spill_record": contract.SpillRecord,
        "sf_spill_store": contract.SpillStore,
        "sf_sample": contract.Sample,
        "sf_snapshot": contract.Snapshot,
        "sf_metrics_sink": contract.MetricsSink,
        "sf_host": contract.Host,
    }
    checks = ['#include "streamfence_plugin.h"']
    for name, struct in structs.items():
        checks.append(f'_Static_assert(sizeof({name}) == {contract.sizeof(struct)}, "{name}");')
        for field, *_ in struct._fields_:
            offset = getattr(struct, field).offset
            checks.append(f'_Static_assert(offsetof({name}, {field}) == {offset}, "{name}.{field}");')
    source = tmp_path / "layout.c"
    source.write_text("\n".join(checks) + "\n")
    include = ROOT / "PluginSDK/Sources/CStreamFencePlugin/include"
    subprocess.run(["cc", "-std=c11", "-fsyntax-only", "-I", include, source], check=True)


def test_what_a_plugin_logs_reaches_the_host():
    host.log.clear()
    host.HOST.log(2, host.given("a line"))
    assert host.log == [(2, "a line")]
