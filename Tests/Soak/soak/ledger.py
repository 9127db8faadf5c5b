"""What clients and publishers know, by namespace and topic: to be held against the server's own counts."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass
class Account:
    """Of one topic."""

    #: Publishes that were answered with ok, their payloads in bytes, and those among them that clients made.
    published: int = 0
    published_bytes: int = 0
    received: int = 0
    #: Publishes of clients that left before they were answered.
    unanswered: int = 0
    #: How many subscribers the answers spoke of.
    recipients: int = 0

    #: Messages that clients got, those among them that had come before, and how many `gap` events said were lost.
    seen: int = 0
    repeated: int = 0
    told_lost: int = 0
    #: Acknowledgements that were sent.
    acknowledgements: int = 0

    #: What must never be: older messages after newer ones, and other bytes than were published.
    out_of_order: int = 0
    damaged: int = 0
    #: Why subscriptions ended of which nobody knows what was on its way, where that must not be.
    broken: Counter = field(default_factory=Counter)


class Ledger:
    def __init__(self):
        self._accounts = defaultdict(Account)
        #: What happened, for the report: joins, ways to leave, faults.
        self.events = Counter()

    def account(self, namespace, topic):
        return self._accounts[namespace, topic]

    def total(self, name):
        return sum(getattr(account, name) for account in self._accounts.values())


class Subscription:
    """One subscription of one client, from its `subscribe` on: writes into the account what it gets."""

    def __init__(self, account, may_reorder):
        self.account = account
        self._may_reorder = may_reorder
        self._seen = set()
        self._last = -1

    def received(self, number):
        account = self.account
        account.seen += 1
        if number < 0:
            account.damaged += 1
        elif number in self._seen:
            account.repeated += 1
        elif number < self._last and not self._may_reorder:
            account.out_of_order += 1
        self._seen.add(number)
        self._last = max(self._last, number)
