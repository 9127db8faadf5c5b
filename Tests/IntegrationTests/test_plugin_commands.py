"""`streamfence plugins`: what there is, what a shared object is, and whether it keeps the contract."""

import ast
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KINDS = ["overflow policy", "token validator", "spill store", "metrics sink"]
CHECKS_OF_A_STORE = 9
TOKENS = {"tokens": {"alice": "token of alice"}}
#: What the built-in components that need some are made with; the lines of the log would be many.
OPTIONS = {("token validator", "static"): TOKENS, ("metrics sink", "log"): {"level": "debug"}}


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


def toolchain():
    """What the header says of the compiler of the fixtures."""
    header = ROOT / "PluginSDK/Sources/CStreamFencePlugin/include/streamfence_plugin.h"
    text = f'#include "{header}"\nSF_TOOLCHAIN\n'
    run = subprocess.run(["cc", "-E", "-P", "-"], input=text, capture_output=True, text=True, check=True)
    return ast.literal_eval(run.stdout.splitlines()[-1])


def test_a_plugin_is_inspected(streamfence, plugin):
    library = plugin("good.c")

    lines = ended(streamfence("plugins", "inspect", str(library)), 0)

    assert lines == [
        "name\tfixture", "version\t1.0", f"file\t{library}", "ABI\t1.0", f"toolchain\t{toolchain()}",
        "overflow policy\tfixture",
    ]


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
        (line,) = process.stderr.splitlines()
        assert "expected a child process to load it and live" in line


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


def test_every_built_in_component_of_the_library_keeps_the_contract(streamfence, builtin_library):
    inspected = ended(streamfence("plugins", "inspect", str(builtin_library)), 0)
    components = [tuple(line.split("\t")) for line in inspected if line.split("\t")[0] in KINDS]
    assert {kind for kind, _ in components} == set(KINDS)

    for kind, name in components:
        options = json.dumps(OPTIONS.get((kind, name), {}))
        token = ["--token", "token of alice"] if name == "static" else []
        only = ["--kind", kind.replace(" ", "-"), "--use", name]
        lines = ended(streamfence("plugins", "check", builtin_library, *only, "--options", options, *token), 0)
        assert (lines[0], lines[-1]) == (f"{kind} {name}", "all passed")


# What a broken plugin fails, and why.


FIRST = {
    "policies.cpp": "every decision about a full lane can be carried out",
    "store.c": "what is appended is read back in order, byte for byte",
    "stores.c": "what is appended is read back in order, byte for byte",
    "sink.cpp": "a snapshot of every type of metric is exported",
    "validators.cpp": "each call is answered, for each action",
}
UNKNOWN = "the token to be accepted or rejected, found a failure"


@pytest.fixture
def failures(streamfence, plugin):
    """failures("policies.cpp", "throws") -> why each check failed that did, and its path where the plugin names itself."""
    def check(source, use, *arguments):
        file = plugin(source)
        process = streamfence("plugins", "check", file, "--use", use, *arguments)
        failed = [line.removeprefix("  failed: ") for line in ended(process, 1) if line.startswith("  failed: ")]
        assert process.stdout.splitlines()[-1] == f"{len(failed)} failed"
        return dict(line.replace(f" of {file}", "").split(": ", 1) for line in failed)

    return check


@pytest.mark.parametrize(
    "source, use, check, reason",
    [
        ("policies.cpp", "throws", None, "overflow policy throws: decide: C++ exception: no idea"),
        (
            "policies.cpp", "throws-number", None,
            "overflow policy throws-number: decide: C++ exception: of a type that is no std::exception",
        ),
        (
            "policies.cpp", "unknown-action", None,
            "overflow policy unknown-action: decide: expected an action of 0 to 6, found 99",
        ),
        (
            "policies.cpp", "far-index", None,
            "expected a decision that can be carried out on 1 waiting messages, found evict(at: -2)",
        ),
        (
            "policies.cpp", "in-flight-index", None,
            "expected a decision that can be carried out on 1 waiting messages, found evict(at: 1)",
        ),
        (
            "policies.cpp", "unterminated", None,
            "expected a reason of at most 1023 bytes, and a zero at its end, found 1024",
        ),
        ("policies.cpp", "throws-at-end", None, "overflow policy throws-at-end: destroy threw a C++ exception"),
        (
            "policies.cpp", "throws-at-rank", "messages without a key, and payloads of any JSON, are no surprise",
            "overflow policy throws-at-rank: rank: C++ exception",
        ),
        ("store.c", "by-topic", None, "spill store by-topic: append: no room for 2 records, the last with 256 bytes"),
        ("stores.c", "backwards", None, "spill store backwards: read: expected a record beyond position 4, found position 3"),
        ("stores.c", "twice", None, "spill store twice: read: expected a record beyond position 0, found position 0"),
        ("stores.c", "shortened", None, "expected record 0 as it was given, 1 bytes, found 0 others"),
        ("stores.c", "unreadable", None, "spill store unreadable: read: expected a disk, found none"),
        (
            "stores.c", "greedy", "a read begins at the position and keeps to its limits",
            "spill store greedy: read: expected at most 3 records, found more",
        ),
        (
            "stores.c", "keeping", "a lane that is dropped is empty, and may begin again",
            "expected the records [], found [0, 1, 2]",
        ),
        ("sink.cpp", "fixture", None, "metrics sink fixture: export_snapshot: C++ exception: no network"),
        ("validators.cpp", "throws", None, f"expected {UNKNOWN}: token validator throws: validate: C++ exception: no idea"),
        (
            "validators.cpp", "verdict", None,
            f"expected {UNKNOWN}: token validator verdict: validate: expected a verdict of 0 to 2, found 7",
        ),
        (
            "validators.cpp", "nobody", None,
            f"expected {UNKNOWN}: token validator nobody: validate: expected a principal, found an empty one",
        ),
        (
            "validators.cpp", "nothing", None,
            f"expected {UNKNOWN}: token validator nothing: validate: expected a decision, found a null pointer",
        ),
    ],
    ids=lambda value: value if value and " " not in value else "",
)
def test_what_breaks_the_contract_is_named(failures, source, use, check, reason):
    """`check` is the one that finds it out; without, the first one of the kind does."""
    assert failures(source, use)[check or FIRST[source]] == reason


def test_a_rank_that_throws_fails_no_other_check(failures):
    assert list(failures("policies.cpp", "throws-at-rank")) == [
        "messages without a key, and payloads of any JSON, are no surprise"
    ]


def test_a_policy_that_is_slow_even_at_its_fastest_is_found_out(failures):
    ((check, reason),) = failures("policies.cpp", "slow").items()

    assert check == "a decision about a few messages takes at most 50 microseconds, at its fastest"
    assert reason.startswith("expected at most 50 microseconds, found ")


@pytest.mark.parametrize("use", ["twice", "stranger"])
def test_answers_that_nobody_waits_for_are_found_out(failures, use):
    reason = failures("validators.cpp", use)["many calls at once get the answers they get one by one"]

    assert reason.startswith("expected one answer to each call, found ")
    assert reason.endswith(" that nobody waited for")


def test_a_validator_that_never_answers_is_found_out(failures):
    found = failures("validators.cpp", "never", "--time-limit", "200")

    assert set(found.values()) == {"expected an answer within 0.2 seconds, found none"}


@pytest.mark.parametrize(
    "token, reason",
    [
        ("rejected", "expected the token to be accepted, found rejected"),
        ("failed", f"expected {UNKNOWN}: token validator by-token: validate: no database"),
    ],
)
def test_a_good_token_that_is_not_accepted_is_found_out(failures, token, reason):
    found = failures("validator.cpp", "by-token", "--token", token)

    assert found["tokens that are said to be good are accepted, for a principal that is not the token"] == reason


def test_a_validator_that_answers_for_the_wrong_call_is_found_out(failures):
    found = failures("wrong-call.c", "wrong-call", "--token", "good")

    reason = found["many calls at once get the answers they get one by one"]
    assert reason.startswith("expected the answer that the token got before, ")
    # One by one its answers are right.
    assert "each call is answered, for each action" not in found
    assert "tokens that are said to be good are accepted, for a principal that is not the token" not in found


def test_a_cancel_that_throws_is_found_out(failures):
    ((check, reason),) = failures("validators.cpp", "throwing-cancel", "--token", "good").items()

    assert check == "calls that nobody waits for any more harm no other"
    assert reason.startswith("expected no cancel to fail, found ")


@pytest.mark.parametrize(
    "source, use, call",
    [
        ("validators.cpp", "crashing-cancel", "cancel of token validator crashing-cancel"),
        ("policies.cpp", "crashes", "decide of overflow policy crashes"),
        ("policies.cpp", "throws-riddle", "decide of overflow policy throws-riddle"),
    ],
)
def test_a_crash_ends_the_check_and_names_the_call(streamfence, plugin, source, use, call):
    file = plugin(source)
    # The Swift runtime's own report, where one asks for it, looks at every thread, and those come and go.
    environment = {**os.environ, "SWIFT_BACKTRACE": "enable=no"}
    check = streamfence("plugins", "check", file, "--use", use, env=environment)

    assert check.wait() == -signal.SIGSEGV
    assert f"streamfence: SIGSEGV inside the plugin {file}, in {call}" in check.stderr.splitlines()


def test_a_sink_that_blocks_ends_each_check_and_not_the_command(failures):
    found = failures("blocking-sink.c", "blocking", "--check-time-limit", "200")

    assert len(found) == 5
    assert set(found.values()) == {"took longer than 0.2 seconds"}


def test_options_that_a_plugin_refuses_are_bad_configuration(streamfence, builtin_library):
    check = streamfence("plugins", "check", str(builtin_library), "--use", "log", "--options", '{"snyc": "always"}')

    ended(check, 78)
    assert "--options: snyc: unknown option; did you mean sync?" in check.stderr
