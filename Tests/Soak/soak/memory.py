"""What a process holds, sampled from outside it, and whether it grows."""

import os
import re
import statistics
from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1 << 20


def resident(pid):
    """In bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


@dataclass
class Trend:
    """Of resident memory, in bytes, over the last half of the samples."""

    median: float
    highest: float
    #: What a straight line through the samples gains from their first to their last.
    gain: float
    #: From the first to the last, in seconds.
    seconds: float

    #: What a process that leaks nothing may differ by: caches of its allocator, and how many clients there happen to be.
    UNREST = 8 * MEBIBYTE

    @property
    def allowed_gain(self):
        return 0.05 * self.median + self.UNREST

    @property
    def allowed_peak(self):
        return 0.25 * self.median + self.UNREST

    @property
    def is_flat(self):
        return self.gain <= self.allowed_gain and self.highest - self.median <= self.allowed_peak


def trend(samples):
    """`samples` are pairs of seconds and bytes."""
    half = samples[len(samples) // 2:]
    times, sizes = zip(*half)
    slope, _ = statistics.linear_regression(times, sizes) if len(half) > 1 else (0, 0)
    seconds = times[-1] - times[0]
    return Trend(statistics.median(sizes), max(sizes), slope * seconds, seconds)
