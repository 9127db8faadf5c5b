"""A process whose time of day a test sets. Prints what became of each token, as JSON: its principal, or why it was refused.

The argument, JSON: the plugin's file, its options, and a list of times in milliseconds since 1970, each with a token."""

import ctypes
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Testing"))

import host  # noqa: E402

library, options, steps = json.loads(sys.argv[1])
time_of_day = ctypes.c_long.in_dll(ctypes.CDLL(None), "time_of_day")
checked = host.load(library).create("webhook", options)
found = []
for time, token in steps:
    time_of_day.value = time
    verdict = checked.validate(token)
    found.append(verdict.principal or verdict.reason)
checked.destroy()
print(json.dumps(found))
