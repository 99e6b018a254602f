"""Garbage is not looked for while a short command runs, and is again in what runs on."""

import subprocess
import sys

import pytest

SCRIPT = """
import gc, sys
{patch}
from specprof.__main__ import main
sys.argv = {arguments}
try:
    main()
except SystemExit:
    pass
print("at the end", gc.isenabled(), gc.get_freeze_count() > 0)
"""
APP = """
import specprof.cli.screen as screen, specprof.tui.launch as launch
screen.terminal_there = lambda *_: True
launch.open_app = lambda *_, **__: (print("in it", gc.isenabled()), (0, []))[1]
"""
HEADLESS = """
import specprof.cli.headless as headless
async def measure(*_):
    print("in it", gc.isenabled())
    sys.exit(0)
headless._measure = measure
"""


@pytest.mark.parametrize(
    ("patch", "arguments", "said"),
    [
        ("", ["specprof", "samples"], ["at the end False False"]),
        (APP, ["specprof"], ["in it True", "at the end True True"]),
        (APP, ["specprof", "replay", "llama-7b-cpu-bs1"], ["in it True", "at the end True True"]),
        (HEADLESS, ["specprof", "run", "--headless"], ["in it True", "at the end True True"]),
    ],
    ids=["short", "app", "replay", "headless"],
)
def test_garbage_is_looked_for_where_the_program_runs_on(tmp_path, monkeypatch, patch, arguments, said):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    script = SCRIPT.format(patch=patch, arguments=arguments)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert [line for line in done.stdout.splitlines() if line.startswith(("in it", "at the end"))] == said, (
        done.stderr
    )
