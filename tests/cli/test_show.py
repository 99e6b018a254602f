"""`specprof show` and `samples`, and `specprof.load`: what is saved, as it is read again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import specprof
from specprof.analysis.opened import Run

from .command import Command

SAMPLE = "medusa-llama-7b-bs4"
SCHEMA = json.loads((Path(__file__).parents[2] / "specprof" / "run" / "schema.json").read_text())


def test_a_sample_is_shown_with_title_curves_and_findings(faked: Command):
    done = faked("show", SAMPLE)
    assert done.code == 0
    assert done.said == ""
    assert "Llama 7B, Batch Size: 4" in done.text
    assert "Number of Candidate Tokens" in done.text
    for seq_len in (128, 256, 512, 1024, 2048, 4096, 8192):
        assert f"seq_len {seq_len}" in done.text
    assert "2.48" in done.text
    assert b"\x1b" not in done.out


def test_the_findings_of_a_sample_are_shown(faked: Command):
    shown = " ".join(faked("show", SAMPLE).text.split())
    findings = specprof.load(SAMPLE).findings()
    assert findings
    for finding in findings:
        words = " ".join(finding.text.split())
        assert words[:40] in shown


def test_a_sample_as_json_is_its_document_with_its_analysis(faked: Command):
    done = faked("show", SAMPLE, "--json")
    assert done.code == 0
    document = json.loads(done.out)
    jsonschema.validate(document, SCHEMA)
    assert document["reference"]["speedup"][0][2] == 2.48
    assert document["analysis"]["curves"][0]["speedup"][2] == pytest.approx(2.48, abs=0.03)


def test_the_samples_are_listed_with_what_they_are(faked: Command):
    done = faked("samples")
    assert (done.code, done.said) == (0, "")
    (line,) = (line for line in done.text.splitlines() if line.startswith(SAMPLE))
    assert "Llama 7B, batch 4" in line
    assert "published figure" in line


def test_a_sample_is_loaded_by_its_name_in_python():
    run = specprof.load(SAMPLE)
    assert isinstance(run, Run)
    assert run.speedup().median.shape == (1, 7, 8)
    assert float(run.speedup().median[0, 0, 2]) == pytest.approx(2.48)


@pytest.mark.parametrize(
    "arguments", [("show", SAMPLE), ("show", SAMPLE, "--json"), ("samples",), ("--help",)]
)
def test_a_reader_of_one_line_leaves_no_noise_row_31(faked: Command, arguments: tuple[str, ...]):
    done = faked(*arguments, shell='"$@" | head -c 20; exit ${PIPESTATUS[0]}')
    assert (done.code, done.said) == (0, "")
    assert len(done.out) == 20


def test_without_utf8_a_sample_is_shown_in_ascii_row_33(faked: Command):
    done = faked("show", SAMPLE, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.code == 0
    assert done.out.isascii()
    assert b"Llama 7B, Batch Size: 4" in done.out
    assert b"*" in done.out


@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_no_line_is_wider_than_the_columns_asked_for(faked: Command, width: int):
    done = faked("show", SAMPLE, COLUMNS=str(width))
    assert done.code == 0
    assert max(map(len, done.text.splitlines())) <= width


def test_the_version_is_printed(faked: Command):
    assert faked("--version").text == f"specprof {specprof.__version__}\n"


# The wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel of this checkout was installed."""
    checkout = Path(__file__).parents[2]
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "-q", "--disable-pip-version-check")
    offline = ("--no-index", "--no-deps", "--no-build-isolation")
    for words in (
        (*pip, "wheel", *offline, "--wheel-dir", str(folder), str(checkout)),
        (*pip, "install", *offline[:2], "--no-compile", "--target", str(folder / "site"),
         "--find-links", str(folder), "specprof"),
    ):  # fmt: skip
        subprocess.run(words, check=True, timeout=120, cwd=folder, capture_output=True)
    return folder / "site"


def test_the_installed_wheel_has_its_samples_and_shows_them_outside_the_checkout(
    installed: Path, tmp_path: Path
):
    script = (
        "import sys, specprof\n"
        "print(specprof.__file__, file=sys.stderr)\n"
        f"sys.argv = ['specprof', 'show', {SAMPLE!r}]\n"
        "from specprof.__main__ import main; main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed), "LANG": "C.UTF-8", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr.strip() == str(installed / "specprof" / "__init__.py")
    assert "Llama 7B, Batch Size: 4" in done.stdout


def test_the_installed_wheel_carries_all_data_and_the_mark_of_its_types(installed: Path):
    package = installed / "specprof"
    checkout = Path(__file__).parents[2]
    for folder in ("sample_results", "themes"):
        there = {path.name for path in (package / folder).iterdir()}
        assert there == {path.name for path in (checkout / folder).iterdir() if path.is_file()}
    assert (package / "py.typed").exists()
    assert (package / "run" / "schema.json").exists()
