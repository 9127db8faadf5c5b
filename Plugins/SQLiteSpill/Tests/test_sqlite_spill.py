"""sqlite: a spill store in one SQLite file."""

import ctypes
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import host
import pytest
from conftest import compile_c
from host import Refused

ANNA = ("/feed", "anna", "snapshot")
BERT = ("/feed", "bert", "snapshot")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "deep" / "spill"


@pytest.fixture
def open_store(bundled, instances, folder):
    def make(**options):
        instances.append(bundled("sqlite").create("sqlite", options, folder))
        return instances[-1]

    return make


@pytest.fixture
def store(open_store):
    return open_store()


def numbered(*positions):
    return {position: f"record {position}".encode() for position in positions}


def elsewhere(plugins, folder, *lines):
    """A process that has the store open, runs the lines, and then waits to be killed."""
    code = "\n".join(
        [
            "import resource, signal, sys",
            f"sys.path.insert(0, {str(Path(host.__file__).parent)!r})",
            "import host",
            f"store = host.load({str(plugins / 'libstreamfence_sqlite.so')!r}).create('sqlite', {{}}, {str(folder)!r})",
            f"ANNA = {ANNA!r}",
            *lines,
            "print('ready', flush=True)",
            "sys.stdin.read()",
        ]
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_records_come_back_as_they_were_given(store):
    records = {0: b"", 1: bytes(range(256)), 2: b"x" * 300_000, 3: b"\0"}
    store.append(ANNA, {0: records[0], 1: records[1]})
    store.append(ANNA, {2: records[2], 3: records[3]})
    assert store.read(ANNA, 0) == records
    assert store.read(ANNA, 2) == {2: records[2], 3: records[3]}
    assert store.read(ANNA, 4) == {}
    assert store.read(BERT, 0) == {}


def test_a_read_stops_at_its_limits_but_gives_at_least_one(store):
    store.append(ANNA, {position: b"x" * 100 for position in range(10)})
    assert list(store.read(ANNA, 2, max_records=3)) == [2, 3, 4]
    assert list(store.read(ANNA, 0, max_bytes=299)) == [0, 1]
    assert list(store.read(ANNA, 0, max_bytes=300)) == [0, 1, 2]
    assert list(store.read(ANNA, 5, max_bytes=1)) == [5]
    assert list(store.read(ANNA, 5, max_records=0)) == []


def test_released_records_are_gone(store):
    store.append(ANNA, numbered(0, 1, 2))
    store.release(ANNA, 2)
    assert store.read(ANNA, 0) == numbered(2)
    store.append(ANNA, numbered(3))
    assert store.read(ANNA, 0) == numbered(2, 3)
    store.release(BERT, 5)


def test_a_dropped_lane_begins_again(store):
    store.append(ANNA, numbered(0, 1))
    store.append(BERT, numbered(0))
    store.drop(ANNA)
    store.drop(ANNA)
    assert store.read(ANNA, 0) == {}
    assert store.read(BERT, 0) == numbered(0)
    store.append(ANNA, numbered(0))
    assert store.read(ANNA, 0) == numbered(0)


def test_lanes_are_those_that_hold_records(store):
    lanes = [ANNA, BERT, ("/feed", "anna", "a/b c"), ("/ä", "😀", "*")]
    for lane in lanes:
        store.append(lane, numbered(0, 1))
    assert store.lanes() == lanes
    store.release(ANNA, 2)
    store.release(BERT, 1)
    store.drop(lanes[2])
    assert store.lanes() == [BERT, lanes[3]]


def test_an_append_stores_all_or_nothing(store):
    store.append(ANNA, numbered(0, 1))
    with pytest.raises(Refused, match="spill.sqlite: expected to append records, found: UNIQUE constraint failed"):
        store.append(ANNA, numbered(2, 3, 1))
    assert store.read(ANNA, 0) == numbered(0, 1)
    with pytest.raises(Refused, match="position below 2"):
        store.append(ANNA, {2: b"", 1 << 63: b""})
    store.append(ANNA, numbered(2, 3))
    assert store.read(ANNA, 0) == numbered(0, 1, 2, 3)


def test_a_full_disk_refuses_a_batch_and_loses_nothing(plugins, folder):
    process = elsewhere(
        plugins,
        folder,
        "store.append(ANNA, {0: b'kept'})",
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))",
        "try:",
        "    store.append(ANNA, {1: b'x', 2: b'x' * (4 << 20)})",
        "except host.Refused as refused:",
        "    assert 'expected to append records, found: ' in str(refused), refused",
        "else:",
        "    raise AssertionError('expected a failure')",
        "assert store.read(ANNA, 0) == {0: b'kept'}",
        "store.append(ANNA, {1: b'y'})",
        "assert store.read(ANNA, 0) == {0: b'kept', 1: b'y'}",
    )
    kill(process)


def test_a_killed_process_leaves_its_records_behind(plugins, folder, open_store):
    kill(elsewhere(plugins, folder, "store.append(ANNA, {0: b'a', 1: b'b'})", "store.append(ANNA, {2: b'c'})"))
    store = open_store()
    assert store.lanes() == [ANNA]
    assert store.read(ANNA, 0) == {0: b"a", 1: b"b", 2: b"c"}


def test_another_process_is_kept_out_while_one_has_the_folder(plugins, folder, open_store):
    process = elsewhere(plugins, folder)
    with pytest.raises(Refused, match=f"^{folder}: expected a folder that no other process spills into"):
        open_store()
    kill(process)
    open_store().append(ANNA, numbered(0))


def test_stores_of_one_process_share_a_folder(open_store, folder):
    first, second = open_store(), open_store()
    first.append(ANNA, numbered(0))
    second.append(BERT, numbered(0))
    assert first.lanes() == second.lanes() == [ANNA, BERT]
    with pytest.raises(Refused, match=f"^sync: expected the same for all stores in {folder}, found another$"):
        open_store(sync="always")


def test_lanes_are_used_from_several_threads_at_once(store):
    failures = []

    def use(lane):
        try:
            for position in range(50):
                store.append(lane, numbered(position))
                assert store.read(lane, position) == numbered(position)
                store.release(lane, position)
            store.drop(lane)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use, args=(("/feed", f"client {n}", "t"),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and store.lanes() == []


def test_a_record_that_the_disk_has_damaged_is_left_out(store, folder):
    store.append(ANNA, numbered(0, 1, 2))
    other = sqlite3.connect(folder / "spill.sqlite")
    with other:
        other.execute("UPDATE record SET bytes = ? WHERE position = 1", (b"recorc 1",))
    other.close()
    assert store.read(ANNA, 0) == numbered(0, 2)
    assert store.read(ANNA, 0, max_records=2) == numbered(0, 2)


def test_a_page_that_the_disk_has_damaged_fails_a_read(bundled, open_store, folder):
    written = bundled("sqlite").create("sqlite", {}, folder)
    written.append(ANNA, {position: b"%d" % position * 50 for position in range(1000)})
    # Moves the journal into the file.
    written.destroy()
    other = sqlite3.connect(folder / "spill.sqlite")
    (page,) = other.execute("SELECT rootpage FROM sqlite_master WHERE name = 'record'").fetchone()
    (size,) = other.execute("PRAGMA page_size").fetchone()
    other.close()
    with open(folder / "spill.sqlite", "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"x" * size)
    with pytest.raises(Refused, match="spill.sqlite: expected to read records, found: database disk image is malformed$"):
        open_store().read(ANNA, 0)


def test_a_file_that_cannot_be_in_wal_mode_is_refused(open_store, folder):
    sqlite = ctypes.CDLL("libsqlite3.so.0")
    sqlite.sqlite3_vfs_find.restype = ctypes.c_void_p
    standard, without = sqlite.sqlite3_vfs_find(None), sqlite.sqlite3_vfs_find(b"unix-none")
    sqlite.sqlite3_vfs_register(ctypes.c_void_p(without), 1)
    try:
        with pytest.raises(Refused, match=f"^{folder}/spill.sqlite: expected journal mode wal, found delete$"):
            open_store()
    finally:
        sqlite.sqlite3_vfs_register(ctypes.c_void_p(standard), 1)
    open_store().append(ANNA, numbered(0))


def test_only_the_owner_may_look(store, folder):
    store.append(ANNA, numbered(0))
    assert {path.name for path in folder.iterdir()} == {
        "spill.sqlite",
        "spill.sqlite-shm",
        "spill.sqlite-wal",
        "spill.sqlite.lock",
    }
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o7777 == 0o600, path
    for path in (folder, folder.parent):
        assert path.stat().st_mode & 0o7777 == 0o700, path


def test_files_that_others_may_read_become_the_owner_s(open_store, folder):
    folder.mkdir(parents=True)
    for name in ("spill.sqlite", "spill.sqlite.lock"):
        (folder / name).touch()
        (folder / name).chmod(0o644)
    open_store().append(ANNA, numbered(0))
    assert {path.stat().st_mode & 0o7777 for path in folder.iterdir()} == {0o600}


def test_the_file_shrinks_when_nothing_is_left(store, folder):
    file = folder / "spill.sqlite"
    store.append(ANNA, {position: os.urandom(1 << 20) for position in range(24)})
    assert file.stat().st_size > 6 << 20
    store.append(BERT, numbered(0))
    store.drop(ANNA)
    store.release(BERT, 1)
    assert file.stat().st_size < 1 << 20
    assert (folder / "spill.sqlite-wal").stat().st_size == 0


@pytest.mark.parametrize(("sync", "least", "most"), [("never", 0, 0), ("checkpoint", 1, 5), ("always", 10, 40)])
def test_sync_says_how_often_the_disk_is_waited_for(plugins, folder, tmp_path, sync, least, most):
    (tmp_path / "count.c").write_text(
        "int syncs; int fdatasync(int file) { (void)file; return syncs++, 0; } int fsync(int file) { return fdatasync(file); }"
    )
    counter = compile_c(tmp_path / "count.so", "-fvisibility=default", tmp_path / "count.c")
    code = [
        f"import ctypes, sys; sys.path.insert(0, {str(Path(host.__file__).parent)!r}); import host",
        f"plugin = host.load({str(plugins / 'libstreamfence_sqlite.so')!r})",
        f"store = plugin.create('sqlite', {{'sync': {sync!r}}}, {str(folder)!r})",
        "syncs = ctypes.c_int.in_dll(ctypes.CDLL(None), 'syncs')",
        "before = syncs.value",
        # More than the 1000 pages after which the journal is moved into the file.
        f"for position in range(10): store.append({ANNA!r}, {{position: b'x' * (600 << 10)}})",
        "print(syncs.value - before)",
    ]
    environment = {**os.environ, "LD_PRELOAD": str(counter)}
    ran = subprocess.run([sys.executable, "-c", "\n".join(code)], env=environment, capture_output=True, check=True)
    assert least <= int(ran.stdout) <= most


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("file", "expected a folder, or a place for one, found: File exists|Not a directory"),
        ("no database", "expected to open a database, found: file is not a database"),
        ("link", "expected a file to write to, found: Too many levels of symbolic links"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused(open_store, folder, made, message):
    folder.parent.mkdir()
    if made == "file":
        folder.write_text("")
    else:
        folder.mkdir()
    if made == "no database":
        (folder / "spill.sqlite").write_text("x" * 4096)
    if made == "link":
        (folder / "spill.sqlite").symlink_to(folder / "elsewhere")
    with pytest.raises(Refused, match=message):
        open_store()


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"sync": "full"}, 'sync: expected one of never, checkpoint, always, found "full"'),
        ({"sync": 1}, "sync: expected one of never, checkpoint, always, found 1"),
        ({"synchronous": "never"}, "synchronous: unknown option; sqlite takes sync"),
    ],
)
def test_wrong_options_are_refused_by_name(bundled, options, line):
    with pytest.raises(Refused) as refused:
        bundled("sqlite").check("sqlite", options)
    assert refused.value.lines == [line]
