"""A soak as a whole: the server, its clients, and the judgement when they have left."""

import asyncio
import signal

from harness.counts import GAUGES
from harness.journal import wait_until

from . import report
from .memory import descriptors, resident, trend
from .report import say
from .serving import ServerUnderTest
from .verdict import Accounting, Finding, everything_happened, memory_is_flat
from .world import World

#: Below these, in seconds, not everything has had the time to happen, and memory has not had the time to settle.
LONG_ENOUGH_FOR_EVERYTHING = 120
LONG_ENOUGH_FOR_MEMORY = 240


def soak(executable, folder, seed, clients, seconds):
    """Whether all is well."""
    say(f"{clients} clients, {seconds / 60:g} minutes, seed {seed}")
    # A short soak is not to spend most of its time waiting for clients that have vanished. In a long one a busy machine may
    # hold up the clients themselves for a while, and those are not to be cut off that would have answered.
    server = ServerUnderTest(executable, folder, patience=min(20.0, max(10.0, seconds / 6)))
    try:
        files = descriptors(server.process.pid)
        world = World(server, seed, clients, seconds)
        asyncio.run(run(world))
        found = conclude(world, server, files)
    finally:
        server.process.kill()
    report.findings(found)
    return all(finding.is_good for finding in found)


async def run(world):
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, world.end)
    await world.run(report.progress)


def conclude(world, server, files_before):
    found = [
        Finding("everybody came to an end", world.stuck),
        Finding("every publisher could publish", [each.failure for each in world.publishers if each.failure]),
    ]
    if server.process.has_ended:
        last_words = server.process.err.all()[-20:]
        return [*found, Finding("the server lives", [f"it ended with exit code {server.process.wait()}", *last_words])]
    metrics, at_rest = metrics_at_rest(server.management)
    elapsed = world.samples[-1][0]
    report.outcomes(metrics)
    report.events(world.ledger)
    found += [at_rest, *Accounting(metrics, world.ledger).findings()]
    found.append(waited("its files are closed", lambda: descriptors(server.process.pid) <= files_before))
    found.append(waited("nothing is left in the spill folder", server.has_spilled_nothing))
    memory = trend([(seconds, resident_bytes) for seconds, resident_bytes, _ in world.samples])
    report.memory(memory, resident(server.process.pid))
    say(f"the clients themselves were held up for {world.longest_delay:.1f} s at most")
    if elapsed >= LONG_ENOUGH_FOR_MEMORY:
        found.append(memory_is_flat(memory))
    if elapsed >= LONG_ENOUGH_FOR_EVERYTHING:
        found.append(everything_happened(metrics))
    found.append(stopped(server.process, metrics))
    return found


def metrics_at_rest(management):
    question = "nothing is held, and nobody is connected"
    try:
        return management.metrics_at_rest(), Finding(question, [])
    except AssertionError:
        metrics = management.metrics()
        return metrics, Finding(question, [f"{gauge} {metrics[gauge]:.0f}" for gauge in GAUGES if metrics[gauge]])


def waited(question, holds):
    try:
        wait_until(holds, question)
    except AssertionError as error:
        return Finding(question, [str(error)])
    return Finding(question, [])


def stopped(process, metrics):
    """The server ends in good order, and its last words are the counts that it gave before."""
    question = "the server ends in good order, and says the same once more"
    try:
        last, before = process.counts().of_server(), metrics.of_server()
    except AssertionError as error:
        return Finding(question, str(error).splitlines()[-20:])
    # A sink gets a last snapshot when the server stops, and this one throws.
    names = {name for name in last.keys() | before.keys() if name[0] != "metrics_export_failures"}
    changed = [name for name in names if last.get(name) != before.get(name)]
    return Finding(question, [f"{name}: {last.get(name, 0)}, expected {before.get(name, 0)}" for name in changed])
