"""`specprof compare A B …`: side by side, with intervals, against the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from specprof.cli.assumptions import DraftCostAsked, OneAcceptanceAsked, model_from
from specprof.cli.look_options import Ascii, LookAsked, Theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specprof.analysis.compare.comparison import Comparison
    from specprof.analysis.opened import Run

MOST_RUNS = 26
MOST_SAID = 20


def compare(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Two or more run files or samples' names; the first is the baseline.", metavar="A B..."
        ),
    ],
    fail_above: Annotated[
        float | None,
        typer.Option(
            help="Exit 1 where a cell's latency got slower by more than this, its whole 95 % interval "
            "above it, or where a cell of the baseline failed.",
            metavar="PCT",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Compare also what is not comparable; the output says so.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a document for programs instead.")] = False,
    acceptance: OneAcceptanceAsked = None,
    draft_cost: DraftCostAsked = None,
    theme: Theme = None,
    ascii: Ascii = False,
) -> None:
    """Compare runs with the first one: what changed beyond chance, and what differs besides."""
    from specprof.analysis.compare.comparison import compare as compared
    from specprof.analysis.opened import load

    _check(files, fail_above)
    model = model_from(acceptance)
    look = LookAsked(theme, ascii)
    base, *others = (load(file).with_draft(draft_cost) for file in files)
    comparisons = [compared(base, other, model, force=force) for other in others]
    if fail_above is not None:
        _check_gate(comparisons)
    if json:
        from specprof.analysis.compare.document import document, document_text
        from specprof.cli.streams import print_text

        print_text(document_text(document(comparisons, model, fail_above)))
    else:
        import io
        import sys

        from specprof.cli.streams import print_text
        from specprof.views.compare.report import print_comparisons

        drawn = io.StringIO()
        print_comparisons(look.surface(sys.stdout), comparisons, model, drawn)
        print_text(drawn.getvalue())
    _say_warnings([base, *others])
    if fail_above is not None and _failed(comparisons, fail_above):
        raise typer.Exit(1)


def _check(files: Sequence[str], fail_above: float | None) -> None:
    from specprof.errors import UsageProblem

    if len(files) < 2:
        raise UsageProblem("there is nothing to compare with", "name two runs or more, the baseline first")
    if len(files) > MOST_RUNS:  # each is called by a letter
        raise UsageProblem(f"{len(files)} runs are more than {MOST_RUNS}", "compare fewer at once")
    if fail_above is not None and not 0 <= fail_above <= 1e6:
        raise UsageProblem(f"--fail-above {fail_above:g} is not a percentage", "write a number such as 5")


def _check_gate(comparisons: Sequence[Comparison]) -> None:
    """A gate that looks at nothing must not let everything pass. Raises UsageProblem."""
    from specprof.analysis.compare.differences import name_of
    from specprof.errors import UsageProblem

    for one in comparisons:
        if one.by_shape:
            raise UsageProblem(
                f"--fail-above needs latencies, and {name_of(one.base)} and {name_of(one.other)} have none "
                "in common",
                "leave it out to compare the shapes of their curves",
            )
        if not one.judged:
            raise UsageProblem(
                f"--fail-above can judge no cell of {name_of(one.base)} and {name_of(one.other)}",
                "all are invalid in a run, or have fewer than 3 rounds in one",
            )


def _failed(comparisons: Sequence[Comparison], fail_above: float) -> bool:
    """Whether a cell is beyond the limit; says on stderr which."""
    import string

    from specprof.analysis.compare.differences import name_of
    from specprof.analysis.findings.words import change
    from specprof.cli.streams import say

    lines = []
    for letter, one in zip(string.ascii_uppercase[1:], comparisons, strict=False):
        name = f"{letter}, {name_of(one.other)}"
        lines += [
            f"{name}: {pair.cell}: slower by more than {fail_above:g} %: {change(pair.latency.ratio)}"
            for pair in one.slower_than(fail_above)
        ]
        lines += [f"{name}: {cell.cell}: {cell.verdict}, measured in the baseline" for cell in one.lost()]
        left_out = len(one.pairs) - len(one.judged)
        if left_out:
            say(f"{name}: {left_out} of {len(one.pairs)} cells were not judged: invalid, or under 3 rounds")
    for line in lines[:MOST_SAID]:
        say(line)
    if len(lines) > MOST_SAID:
        say(f"and {len(lines) - MOST_SAID} more cells, see --json")
    return bool(lines)


def _say_warnings(runs: Sequence[Run]) -> None:
    from specprof.analysis.compare.differences import name_of
    from specprof.cli.streams import say

    for run in runs:
        for words in run.warnings:
            say(f"{name_of(run)}: {words}")
