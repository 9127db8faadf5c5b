"""What there is to say, while it goes on and at the end."""

from .memory import MEBIBYTE
from .serving import NAMESPACES, STEADY, TALK, WILD


def say(line):
    print(line, flush=True)


def progress(world):
    seconds, resident, files = world.samples[-1]
    ledger = world.ledger
    joins = sum(count for event, count in ledger.events.items() if event.startswith("joined"))
    faults = sum(count for event, count in ledger.events.items() if event.startswith("fault"))
    say(
        f"{int(seconds) // 60:3d}:{int(seconds) % 60:02d}  joined {joins}  published {ledger.total('published')}  "
        f"seen {ledger.total('seen')}  acknowledged {ledger.total('acknowledgements')}  faults {faults}  "
        f"server {resident / MEBIBYTE:.0f} MiB, {files} files"
    )


COLUMNS = {
    "offered": "messages_offered", "deliv": "messages_delivered", "ackd": "messages_acknowledged",
    "dropped": "messages_dropped", "coal": "messages_coalesced", "replcd": "messages_replaced",
    "rejctd": "messages_rejected", "expired": "messages_expired", "given up": "retries_exhausted",
    "discard": "messages_discarded", "spilled": "messages_spilled", "retries": "retries",
}


def outcomes(metrics):
    """What became of the messages, a line for each topic."""
    say("\nnamespace and topic    " + "".join(f"{column:>9}" for column in COLUMNS))
    for path in NAMESPACES:
        for topic in (STEADY, WILD, TALK):
            found = [metrics.of(name, namespace=path, topic=topic) for name in COLUMNS.values()]
            if any(found):
                say(f"{path + ' ' + topic:<23}" + "".join(f"{number:>9.0f}" for number in found))
    say(f"{'all':<23}" + "".join(f"{metrics[name]:>9.0f}" for name in COLUMNS.values()))


def events(ledger):
    say("\nwhat happened")
    for event, count in sorted(ledger.events.items()):
        say(f"  {count:>8}  {event}")


def memory(trend, at_rest):
    """Bytes of a process in the last half, and now that everybody has left."""
    say(
        f"\nmemory in the last half ({trend.seconds:.0f} s): median {trend.median / MEBIBYTE:.1f} MiB, "
        f"gained {trend.gain / MEBIBYTE:+.1f} (at most {trend.allowed_gain / MEBIBYTE:.1f}), "
        f"highest {(trend.highest - trend.median) / MEBIBYTE:+.1f} (at most {trend.allowed_peak / MEBIBYTE:.1f}), "
        f"at rest {at_rest / MEBIBYTE:.1f}"
    )


def findings(found):
    say("")
    for finding in found:
        say(f"{'ok    ' if finding.is_good else 'FAILED'}  {finding.question}")
        for problem in finding.problems[:20]:
            say(f"          {problem}")
