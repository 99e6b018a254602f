"""The telemetry child: `python -m specprof.telemetry`. It may hang or crash with NVML; nobody else does.

Speaks one event per line on a pipe of its own. SIGTERM and SIGINT keep their default action, so that
they end it inside a hanging driver call too.
Exit codes: 0 nobody listens any more, or nothing to read (said in the first event) · 2 usage · 3 GPU lost.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys

from specprof.telemetry.child import Pipe, die_with_parent, tell
from specprof.telemetry.devices import report


def _rate(text: str) -> float:
    hz = float(text)
    if not 0.01 <= hz <= 1000:
        raise argparse.ArgumentTypeError("must lie between 0.01 and 1000")
    return hz


def _open_descriptor(text: str) -> int:
    descriptor = int(text)
    try:
        os.fstat(descriptor)
    except (OSError, OverflowError):
        raise argparse.ArgumentTypeError("is no open file descriptor") from None
    return descriptor


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="specprof.telemetry", description="specprof's telemetry child")
    parser.add_argument("--probe", action="store_true", help="print what NVML finds as JSON and exit")
    parser.add_argument("--health", action="store_true", help="with --probe: each GPU's limits and modes too")
    parser.add_argument("--fd", type=_open_descriptor, help="descriptor of the pipe to write events to")
    parser.add_argument("--uuid", help="UUID of the GPU or MIG slice")
    parser.add_argument("--origin", type=float, help="the monotonic clock at the run's t_s = 0, seconds")
    parser.add_argument("--hz", type=_rate, default=10.0, help="samples per second")
    parser.add_argument(
        "--own-pid", type=int, action="append", help="not foreign, descendants included (default: the parent)"
    )
    arguments = parser.parse_args(argv)
    if not arguments.probe and None in (arguments.fd, arguments.uuid, arguments.origin):
        parser.error("--fd, --uuid and --origin are needed without --probe")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Runs the child. Returns the exit code."""
    arguments = _arguments(argv)
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if arguments.probe:
        print(json.dumps(report(health=arguments.health)), flush=True)
        return 0
    pipe = Pipe(arguments.fd, arguments.origin)
    return tell(pipe, arguments.uuid, arguments.hz, arguments.own_pid or [os.getppid()])


if __name__ == "__main__":
    sys.exit(main())
