"""`streamfence plugins`: what there is, what a shared object is, and whether it keeps the contract."""

from pathlib import Path

import pytest

CHECKS_OF_A_STORE = 9


@pytest.fixture
def builtin_library(executable):
    return Path(executable).resolve().parent / "libstreamfence_builtin.so"


def ended(process, code):
    assert process.wait() == code, process.stderr
    return process.stdout.splitlines()


def test_the_list_names_kind_name_and_origin(streamfence, builtin_library):
    lines = ended(streamfence("plugins", "list"), 0)

    assert f"overflow policy\tdrop-oldest\t{builtin_library}" in lines
    assert f"spill store\tlog\t{builtin_library}" in lines


def test_a_plugin_is_inspected(streamfence, plugin):
    library = plugin("good.c")

    lines = ended(streamfence("plugins", "inspect", str(library)), 0)

    assert {"name\tfixture", "version\t1.0", f"file\t{library}", "ABI\t1.0"} <= set(lines)


def test_a_file_that_is_no_plugin_is_refused_in_one_line(streamfence, tmp_path):
    tmp_path.chmod(0o755)
    file = tmp_path / "notes.so"
    file.write_text("not a plugin\n")

    inspect = streamfence("plugins", "inspect", str(file))

    assert ended(inspect, 1) == []
    assert "notes.so: expected an ELF shared object, found another kind of file" in inspect.stderr, inspect.stderr
    assert len(inspect.stderr.splitlines()) == 1


def test_a_constructor_that_crashes_ends_neither_inspect_nor_check(streamfence, plugin):
    library = plugin("crashing-constructor.c")

    for command in ("inspect", "check"):
        process = streamfence("plugins", command, str(library))
        ended(process, 1)
        assert "expected a child process to load it and live" in process.stderr


def test_what_comes_with_streamfence_keeps_the_contract(streamfence, builtin_library):
    process = streamfence("plugins", "check", str(builtin_library), "--use", "json-files")

    lines = ended(process, 0)

    assert lines[0] == "spill store json-files"
    assert len([line for line in lines if line.startswith("  passed: ")]) == CHECKS_OF_A_STORE
    assert lines[-1] == "all passed"


def test_a_store_that_loses_its_last_record_when_it_is_opened_again_is_found_out(streamfence, plugin):
    lines = ended(streamfence("plugins", "check", str(plugin("forgetful-store.c"))), 1)

    failed = [line for line in lines if line.startswith("  failed: ")]
    assert len(failed) == 1, lines
    assert "the last record included" in failed[0] and failed[0].endswith("97, 98]")
    assert lines[-1] == "1 failed"


def test_a_validator_that_answers_for_the_wrong_call_is_found_out(streamfence, plugin):
    lines = ended(streamfence("plugins", "check", str(plugin("wrong-call.c")), "--time-limit", "200"), 1)

    assert "  failed: each call is answered, for each action: expected an answer within 0.2 seconds, found none" in lines


def test_options_that_a_plugin_refuses_are_bad_configuration(streamfence, builtin_library):
    check = streamfence("plugins", "check", str(builtin_library), "--use", "log", "--options", '{"snyc": "always"}')

    ended(check, 78)
    assert "--options: snyc: unknown option; did you mean sync?" in check.stderr
