"""The specprof command with a fake measuring child: `python with_fake_child.py FOLDER run …`.

FOLDER is the stage of session/fake_child.py. Asking NVML for GPUs is noted in FOLDER/log.
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path

from specprof.__main__ import main
from specprof.session import recording, starting
from specprof.session.live import LiveSession
from specprof.telemetry.probe import Probe

FAKE_CHILD = Path(__file__).resolve().parent.parent / "session" / "fake_child.py"


def put_in_place(folder: Path) -> None:
    """Has this process's runs measured by the fake child of `folder`."""
    command = (sys.executable, "-S", str(FAKE_CHILD), str(folder))

    async def probe() -> Probe:
        with open(folder / "log", "a") as log:
            log.write("asked for GPUs\n")
        return Probe(available=False, reason="a test")

    recording.LiveSession = functools.partial(LiveSession, command=command)
    starting.probe = probe


if __name__ == "__main__":
    put_in_place(Path(sys.argv.pop(1)))
    main()
