"""Starts specprof by forking: Python and its imports are paid for once, and a command takes no second.

Reads one JSON object per line from stdin: `arguments`, `stage`, `environment`, `folder` (to work in) and
`desk` (a folder for stdout, stderr, pid and code of the command, files of these names).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from with_fake_child import main, put_in_place

import specprof.cli.output
import specprof.views.progress
import specprof.views.report  # noqa: F401 — imported once for all commands


def run(order: dict[str, Any]) -> None:
    """Becomes the command. Does not return."""
    code = 70
    try:
        desk = Path(order["desk"])
        for number, name in ((0, os.devnull), (1, desk / "stdout"), (2, desk / "stderr")):
            descriptor = os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT)
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        put_in_place(Path(order["stage"]))
        sys.argv = ["specprof", *order["arguments"]]
        main()
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def keep(order: dict[str, Any]) -> None:
    """Starts the command and waits for its end, whose code it writes down. Does not return."""
    desk = Path(order["desk"])
    pid = os.fork()
    if pid == 0:
        run(order)
    for name, value in (("pid", pid), ("code", None)):
        if value is None:
            value = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        (desk / ".new").write_text(str(value))
        (desk / ".new").rename(desk / name)
    os._exit(0)


if __name__ == "__main__":
    for line in sys.stdin:
        keeper = os.fork()
        if keeper == 0:
            keep(json.loads(line))
        try:
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        except ChildProcessError:
            pass
