"""Findings as lines with a sign."""

import io

from rich.cells import cell_len
from rich.console import Console

from specprof.analysis.findings import Finding
from specprof.views.findings import findings_view
from specprof.views.glyphs import ASCII, UNICODE, Glyphs
from specprof.views.palette import PLAIN

SURE = Finding(
    "cliff", 4, None, "The speedup drops by 29 % − most at seq_len 128", {}, "significant", "paired"
)
LIKELY = Finding("recovery", 4, None, "It recovers [bold]a bit[/bold]\x1b[31m", {}, "suggestive", "paired")
NOISE = Finding("order", 4, 128, "word " * 40, {}, "within noise", "paired")


def shown(*findings: Finding, width: int = 80, glyphs: Glyphs = UNICODE) -> list[str]:
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None)
    console.print(findings_view(findings, "log-fit", PLAIN, glyphs))
    return [line.rstrip() for line in stream.getvalue().rstrip("\n").split("\n")]


def test_each_has_the_sign_of_its_certainty() -> None:
    lines = shown(SURE, LIKELY, NOISE)
    assert lines[0] == "● The speedup drops by 29 % − most at seq_len 128"
    assert lines[1].startswith("◐ It recovers [bold]a bit[/bold]")
    assert lines[2].startswith("○ word word")
    assert lines[-1] == "● significant  ◐ suggestive  ○ within noise  acceptance: log-fit"
    assert "\x1b" not in "".join(lines)


def test_only_the_signs_in_use_are_explained() -> None:
    assert shown(SURE)[-1] == "● significant  acceptance: log-fit"


def test_long_findings_wrap_beside_their_sign() -> None:
    lines = shown(NOISE, width=40)
    assert max(map(cell_len, lines)) <= 40
    assert all(line.startswith("  word") for line in lines[1:-1])


def test_in_ascii() -> None:
    lines = shown(SURE, LIKELY, NOISE, glyphs=ASCII)
    assert "".join(lines).isascii()
    assert [line[0] for line in lines if line[0] != " "] == ["!", "?", "~", "!"]
    assert "29 % - most" in lines[0]


def test_the_batch_size_is_named_where_there_are_several() -> None:
    other = Finding("cliff", 16, None, "No cliff", {}, "significant", "paired")
    assert shown(SURE, other)[1] == "● batch 16: No cliff"


def test_no_findings_are_no_lines() -> None:
    assert shown() == [""]
