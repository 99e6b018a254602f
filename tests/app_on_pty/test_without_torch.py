"""show and replay in an environment in which torch is not installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from on_pty.terminal import Terminal

from specprof.run.samples import sample_names

ROOT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = ("torch", "transformers", "functorch")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    """The packages of this one without torch and transformers; site adds none."""
    packages = tmp_path_factory.mktemp("packages")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(LEFT_OUT):
            (packages / entry.name).symlink_to(entry)
    home = str(tmp_path_factory.mktemp("home"))
    return {"PYTHONPATH": os.pathsep.join((str(packages), str(ROOT))), "XDG_CONFIG_HOME": home, "HOME": home}


def _command(*words: str) -> list[str]:
    return [sys.executable, "-S", *words]


def _run(environment: dict[str, str | None], *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **{name: value for name, value in environment.items() if value}}
    return subprocess.run(_command(*words), env=env, capture_output=True, text=True, timeout=60, check=False)


def test_torch_is_not_there(environment):
    assert "No module named 'torch'" in _run(environment, "-c", "import torch").stderr


@pytest.mark.parametrize("name", sample_names())
def test_show_shows(environment, name: str):
    done = _run(environment, "-m", "specprof", "show", name)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search("Llama 7B( of 2 layers)?, Batch Size", done.stdout)


@pytest.mark.parametrize("name", sample_names())
def test_replay_plays_to_the_results(environment, name: str):
    with Terminal(_command("-m", "specprof", "replay", name, "--speed", "1000"), env=environment) as terminal:
        terminal.wait_for("1 Speed")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        terminal.assert_restored()
