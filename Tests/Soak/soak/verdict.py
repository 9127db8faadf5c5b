"""Whether all is as it ought to be: each question with its answer."""

from dataclasses import dataclass

from harness.counts import OUTCOMES

from .memory import MEBIBYTE
from .serving import DISCONNECTING, NAMESPACES, RETAINING, STEADY, TALK, WILD


@dataclass
class Finding:
    question: str
    #: What is wrong; nothing if all is well.
    problems: list

    @property
    def is_good(self):
        return not self.problems


def differs(where, what, found, expected):
    return [] if found == expected else [f"{where}: {what} {found:.0f}, expected {expected:.0f}"]


def exceeds(where, what, found, most):
    return [] if found <= most else [f"{where}: {what} {found:.0f}, expected {most:.0f} at most"]


class Accounting:
    """The server's counts at rest, against themselves and against what clients and publishers know."""

    def __init__(self, metrics, ledger):
        self.metrics = metrics
        self.ledger = ledger

    def findings(self):
        return [
            Finding("each message offered has exactly one outcome", self._all(self._outcomes)),
            Finding("as many were published, and as many bytes, as the server said yes to", self._all(self._published)),
            Finding("as many were delivered, sent again and acknowledged as the steady clients saw", self._steady()),
            Finding("no more were seen by other clients than were delivered", self._all(self._seen)),
            Finding("no message came out of order, changed, or twice where it must not", self._all(self._intact)),
            Finding("who joined has left", self._joined()),
        ]

    def _all(self, check):
        return [
            problem for path in NAMESPACES for topic in (STEADY, WILD, TALK)
            for problem in check(path, topic, self._of(path, topic), self.ledger.account(path, topic))
        ]

    def _of(self, path, topic):
        return lambda name: self.metrics.of(name, namespace=path, topic=topic)

    def _outcomes(self, path, topic, of, account):
        return differs(f"{path} {topic}", "outcomes", sum(map(of, OUTCOMES)), of("messages_offered"))

    def _published(self, path, topic, of, account):
        where = f"{path} {topic}"
        if topic == TALK:
            # Clients that talk do not wait for the answer, and may have gone before it was read.
            lost = [f"{where}: nothing received"] if account.unanswered > 100 and not of("messages_received") else []
            return lost + exceeds(where, "received", of("messages_received"), account.unanswered) + exceeds(
                where, "published", of("messages_published"), of("messages_received")
            )
        problems = differs(where, "published", of("messages_published"), account.published)
        problems += differs(where, "published bytes", of("messages_published_bytes"), account.published_bytes)
        problems += differs(where, "received", of("messages_received"), account.received)
        if path != RETAINING:
            problems += exceeds(where, "offered", of("messages_offered"), account.recipients)
        return problems

    def _steady(self):
        problems = []
        for path in NAMESPACES:
            if path == DISCONNECTING:
                continue
            account, of, where = self.ledger.account(path, STEADY), self._of(path, STEADY), f"{path} {STEADY}"
            if account.broken:
                # Nobody knows what was on its way to them, and nothing should have ended them.
                problems.append(f"{where}: subscriptions that ended by themselves: {dict(account.broken)}")
                continue
            acknowledgements = sum(of(name) for name in ("messages_acknowledged", "acks_stale", "acks_foreign"))
            problems += differs(where, "acknowledgements", acknowledgements, account.acknowledgements)
            problems += differs(where, "retries", of("retries"), account.repeated)
            if NAMESPACES[path].get("deliveryMode") != "AT_LEAST_ONCE":
                problems += differs(where, "delivered", of("messages_delivered"), account.seen)
            else:
                once = account.seen - account.repeated
                ended = of("messages_acknowledged") + of("retries_exhausted")
                problems += exceeds(where, "acknowledged and given up", ended, once)
                problems += exceeds(where, "seen", once, ended + of("messages_discarded"))
            lost = ("messages_dropped", "messages_rejected", "messages_expired", "retries_exhausted")
            problems += exceeds(where, "told to be lost", account.told_lost, sum(map(of, lost)))
        return problems

    def _seen(self, path, topic, of, account):
        if NAMESPACES[path].get("deliveryMode") == "AT_LEAST_ONCE":
            sent = ("messages_acknowledged", "retries_exhausted", "messages_discarded", "retries")
            return exceeds(f"{path} {topic}", "seen", account.seen, sum(map(of, sent)))
        return exceeds(f"{path} {topic}", "seen", account.seen, of("messages_delivered"))

    def _intact(self, path, topic, of, account):
        problems = differs(f"{path} {topic}", "out of order", account.out_of_order, 0)
        problems += differs(f"{path} {topic}", "damaged", account.damaged, 0)
        return problems + exceeds(f"{path} {topic}", "came again", account.repeated, of("retries"))

    def _joined(self):
        of = self.metrics.of
        return [
            problem for path in NAMESPACES
            for problem in differs(path, "left", of("disconnections", namespace=path), of("connections", namespace=path))
        ]


#: What has to be seen at the server for the soak to have been one.
EVIDENCE = (
    *OUTCOMES, "messages_spilled", "retries", "acks_stale", "acks_foreign", "auth_rejected", "auth_revoked",
    "metrics_export_failures",
)
REASONS = ("queue_full", "queue_bytes", "spill_failed", "spill_damaged", "decision_invalid")


def everything_happened(metrics):
    missing = [name for name in EVIDENCE if not metrics[name]]
    missing += [reason for reason in REASONS if not metrics.of("queue_overflow", reason=reason)]
    return Finding("all that can go wrong did", [f"never seen: {name}" for name in missing])


def memory_is_flat(trend):
    problems = []
    if trend.gain > trend.allowed_gain:
        problems.append(f"gained {trend.gain / MEBIBYTE:.1f} MiB, expected {trend.allowed_gain / MEBIBYTE:.1f} at most")
    peak = trend.highest - trend.median
    if peak > trend.allowed_peak:
        most = f"{trend.allowed_peak / MEBIBYTE:.1f}"
        problems.append(f"peak {peak / MEBIBYTE:.1f} MiB over the median, expected {most} at most")
    return Finding("memory is flat in the last half", problems)
