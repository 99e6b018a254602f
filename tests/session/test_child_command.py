"""What starts a child takes nothing from the folder the user stands in."""

from __future__ import annotations

import subprocess
import sys

import pytest

from specprof.session.child import COMMAND


def _with_canary(folder, command):
    """Runs a command in a folder whose own `argparse.py` would say that it was imported."""
    (folder / "argparse.py").write_text("raise SystemExit('the canary sings')\n")
    return subprocess.run([*command, "--help"], cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "command", [COMMAND, (sys.executable, "-P", "-m", "specprof.telemetry")], ids=["measure", "telemetry"]
)
def test_a_module_of_the_users_folder_is_not_imported(tmp_path, command):
    done = _with_canary(tmp_path, command)
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout


def test_without_the_flag_the_canary_would_sing(tmp_path):
    assert "sings" in _with_canary(tmp_path, [word for word in COMMAND if word != "-P"]).stderr
