"""The command line of Scripts/soak."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "IntegrationTests"))

from .running import soak  # noqa: E402

DESCRIPTION = """
Runs the server under thousands of clients that connect, subscribe, stall, acknowledge, vanish and come back, over websockets
and long-polling, with faults on top: disks that are full, spill folders that vanish, damaged files, a token service that is
down, revoked principals, plugins that throw. Then all leave, and everything has to add up. Control-C ends it early, with
the report.
"""
EPILOG = """
Exit codes: 0 all is well; 1 something is not, and the report says what; 2 bad usage. Memory is judged from four minutes on,
and whether all that can go wrong did from two minutes on.
"""


def arguments():
    parser = argparse.ArgumentParser(prog="Scripts/soak", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--minutes", type=float, default=20, help="how long clients come and go (20)")
    parser.add_argument("--clients", type=int, default=2000, help="how many there are (2000)")
    parser.add_argument("--seed", type=int, help="decides what each of them chooses to do (random)")
    parser.add_argument("--server", type=Path, required=True, help="the executable (that of the release build)")
    options = parser.parse_args()
    if not 0 < options.minutes <= 10_000 or not 1 <= options.clients <= 100_000:
        parser.error("expected more than 0 and up to 10000 minutes, and 1 to 100000 clients")
    if not options.server.is_file():
        parser.error(f"expected the executable at {options.server}, found nothing")
    return options


def main():
    options = arguments()
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    with tempfile.TemporaryDirectory(prefix="streamfence-soak-") as folder:
        return 0 if soak(options.server.resolve(), Path(folder), seed, options.clients, options.minutes * 60) else 1


try:
    sys.exit(main())
except KeyboardInterrupt:
    # A second Control-C: before there was a judgement.
    sys.exit(1)
