"""The tables: numbers where they belong, at every width, and nothing of a string obeyed."""

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.opened import Run, load
from specprof.plan.memory import step_bytes
from specprof.plan.plan import Cell
from specprof.run.record import RunRecord
from specprof.views.glyphs import ASCII, UNICODE, Glyphs
from specprof.views.palette import PLAIN, load_palette
from specprof.views.tables.results import result_tables, standings

from .measured_run import plan, record
from .published_figure import curve
from .two_attentions import BYTES_PER_S, own_ms, two_attentions

FULL = plan(layers=32)


def lines_of(the_record: RunRecord, width: int = 80, glyphs: Glyphs = UNICODE) -> list[str]:
    run = Run.of(the_record)
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None, markup=False)
    for table in result_tables(the_record, PUBLISHED, run.curves(PUBLISHED), width, PLAIN, glyphs):
        console.print(table)
    return [line.rstrip() for line in stream.getvalue().split("\n")]


def body(lines: list[str]) -> list[list[str]]:
    """The words of each line with a cell."""
    rule = next(i for i, line in enumerate(lines) if set(line) <= {"─", "-"} and len(line) > 20)
    return [line.split() for line in lines[rule + 1 :] if re.match(r" +\d+", line)]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_no_line_is_longer_than_the_terminal(width: int, glyphs: Glyphs) -> None:
    for the_record in (
        record(),
        record(noise=0.3, rounds=3, oom_from=600),
        load("medusa-llama-7b-bs4").record,
    ):
        lines = lines_of(the_record, width, glyphs)
        assert max(map(cell_len, lines)) <= width
        assert glyphs is UNICODE or "\n".join(lines).isascii()


def test_a_line_holds_what_the_record_holds() -> None:
    the_record = record(FULL)
    cell = next(one for one in the_record.cells if (one.seq_len, one.candidates) == (512, 32))
    assert cell.latency_ms is not None
    assert cell.ratio is not None
    found = next(
        words for words in body(lines_of(the_record, 120)) if f"{cell.latency_ms.median:.2f}" in words
    )
    speedup = (1 + 0.477 * 3.4657359) / cell.ratio.median
    half = (cell.ratio.ci_high - cell.ratio.ci_low) / 2 / cell.ratio.median
    assert found[0] == "32"
    assert f"{cell.ratio.median:.3f}" in found
    assert f"±{half:.1%}"[:-1] in found
    assert "2.65" in found
    assert f"{speedup:.2f}" in found
    assert "12" in found


def test_each_sequence_length_is_named_once_and_has_all_its_candidates() -> None:
    rows = body(lines_of(record(FULL), 120))
    assert [words[0] for words in rows if len(words) > 8 and words[1] == "1"] == ["128", "512", "2048"]
    assert len(rows) == 24


def test_the_best_of_each_row_is_starred() -> None:
    starred = [line for line in lines_of(record(FULL), 120) if "★" in line]
    assert len(starred) == 4  # three rows and the note that says what the star is


def test_what_cannot_be_told_from_the_best_is_marked() -> None:
    near = standings(curve(128, (1.0, 2.0, 1.98, 1.5), candidates=(1, 2, 3, 4), error=0.02))
    assert near == {2: "best", 3: "near"}
    distrusted = standings(curve(128, (1.0, 2.0, 1.98), candidates=(1, 2, 3), untrusted=(2,)))
    assert distrusted == {3: "best"}
    assert standings(curve(128, (1.0,), candidates=(1,))) == {}


def test_a_narrow_terminal_does_without_columns_and_keeps_the_speedup() -> None:
    wide, narrow = (" ".join(lines_of(record(FULL), width)) for width in (120, 56))
    assert "E(K) " in wide.partition("─")[0]
    assert "T(K)/T(1)" in wide.partition("─")[0]
    assert "E(K)" not in narrow.partition("─")[0]
    assert "speedup" in narrow.partition("─")[0]
    assert "verdict" in narrow.partition("─")[0]


def test_an_estimate_of_full_depth_is_labelled() -> None:
    header = " ".join(" ".join(lines_of(record(), 120)).partition("─")[0].split())
    assert "latency ms (32 layers, estimated" in header
    assert "from 2)" in header
    assert "estimated" not in " ".join(lines_of(record(FULL), 120))
    assert any("2 of 32 layers were measured" in line for line in lines_of(record(), 120))


def test_failed_cells_show_verdict_and_reason_once() -> None:
    lines = lines_of(record(oom_from=2048 + 80), 120)
    assert any(re.match(r" +80-112 .* oom \d", line) for line in lines)
    assert sum("out of memory: 18.4 GiB needed" in line for line in lines) == 1


def test_a_row_that_was_dropped_is_one_line() -> None:
    lines = lines_of(record(not_run=2048), 120)
    assert sum("not run" in line for line in lines) == 1
    assert any("the budget of 80 s does not reach it (8 cells)" in line for line in lines)


def test_noise_is_said_in_one_footnote() -> None:
    lines = lines_of(record(noise=0.2, rounds=5), 120)
    assert sum("is wider than the ±5.0% asked for" in line for line in lines) == 1
    assert any(re.search(r"warn \d(,\d)*$", line) for line in lines)


def test_the_notes_say_what_the_columns_are() -> None:
    words = " ".join(" ".join(lines_of(record(), 120)).split())
    assert "half the 95 % bootstrap interval of the median" in words
    assert "E(K) = 1 + 0.477 ln K (log-fit: Medusa, arXiv 2401.10774, appendix)" in words
    assert "a diagnostic: +2.0 % at seq_len 128, +2.0 % at 512, +2.0 % at 2048" in words
    assert "a diagnostic" not in " ".join(lines_of(record(masked=False), 120))


def test_a_floor_of_bandwidth_alone_says_so_and_why() -> None:
    unknown = " ".join(" ".join(lines_of(two_attentions(), 120)).split())
    assert "T/floor: time over its bytes at the measured bandwidth; the rate of matrix products was not" in (
        unknown
    )
    assert "the least it could take" not in unknown
    known = " ".join(" ".join(lines_of(two_attentions(flops_per_s=1e12), 120)).split())
    assert "T/floor: time over the least it could take at the measured rates" in known
    assert "bandwidth" not in known


def test_the_floor_is_the_time_over_that_of_the_bytes() -> None:
    made = two_attentions()
    cell = Cell(1, 128, 16)
    floor_ms = 1e3 * step_bytes(made.plan, cell) / BYTES_PER_S
    found = next(words for words in body(lines_of(made, 120)) if words[0] == "16")
    assert found[2] == f"{own_ms(cell) / floor_ms:.2f}"


def test_a_second_attention_that_was_asked_for_outlives_the_latency() -> None:
    made = two_attentions()
    for width in range(34, 130):
        lines = lines_of(made, width)
        head = "\n".join(lines).partition("──")[0]
        said = " ".join(" ".join(lines).split())
        assert "eager/sdpa" in head or "latency ms" not in head
        for name in ("eager/sdpa", "T/floor"):
            assert (name in head) == (f"{name}: T" in said or f"{name}: time over" in said)
            assert (name in head) != (f"no room for {name}" in said or f" and {name}: widen" in said)
    assert "eager/sdpa" in "\n".join(lines_of(made, 60)).partition("──")[0]


def test_a_published_figure_shows_speedups_only() -> None:
    lines = lines_of(load("medusa-llama-7b-bs4").record, 80)
    assert next(line.split() for line in lines if line.lstrip().startswith("128 ")) == (
        ["128", "1.00", "2.38", "★", "2.48", "2.40", "2.36", "1.68", "1.72", "1.60"]
    )
    assert "latency ms" not in "\n".join(lines)
    assert "published" in lines[0]


def test_a_published_figure_on_a_narrow_terminal_is_several_tables() -> None:
    lines = lines_of(load("medusa-llama-7b-bs4").record, 40)
    assert sum(line.lstrip().startswith("seq_len") for line in lines) == 3


def test_every_batch_size_has_a_table() -> None:
    lines = lines_of(record(plan(batch_sizes=(1, 4), seq_lens=(128,))), 80)
    assert [line for line in lines if "Batch Size" in line] == [
        "Llama 7B, Batch Size: 1",
        "Llama 7B, Batch Size: 4",
    ]


CANARY = "\x1b[31mred\x1b]52;c;QQ==\x07 [bold]b[/bold] [/x] [@click=app.quit]q"


@pytest.mark.parametrize("palette", [PLAIN, load_palette("dark")], ids=["plain", "dark"])
def test_strings_are_shown_and_never_obeyed(palette) -> None:
    the_record = record(plan(title=CANARY), oom_from=600, reason=CANARY)
    run = Run.of(the_record)
    stream = io.StringIO()
    console = Console(file=stream, width=200, color_system="truecolor", force_terminal=True)
    for table in result_tables(the_record, PUBLISHED, run.curves(PUBLISHED), 200, palette, UNICODE):
        console.print(table)
    shown = re.sub("\x1b\\[[0-9;]*m", "", stream.getvalue())
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert shown.count("[31mred]52;c;QQ== [bold]b[/bold] [/x] [@click=app.quit]q") == 2
    assert "\x1b[31mred" not in stream.getvalue()
