"""`specprof export FILE --to csv|png|svg|html`: a run for other programs and other people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from specprof.cli.assumptions import AcceptanceAsked, DraftCostAsked, models_from

if TYPE_CHECKING:
    from specprof.analysis.acceptance import AcceptanceModel
    from specprof.analysis.opened import Run

Form = Literal["csv", "png", "svg", "html"]
Table = Literal["cells", "validation"]
STDOUT = "-"


def export(
    file: Annotated[str, typer.Argument(help="A run file, or a sample's name (see: specprof samples).")],
    to: Annotated[Form, typer.Option("--to", help="What to make of it.")],
    output: Annotated[
        str | None,
        typer.Option(
            help="File to write, - for stdout (not png). [the run's name, in this folder]", metavar="FILE"
        ),
    ] = None,
    table: Annotated[
        Table | None,
        typer.Option(help="What a CSV has rows of: cells, or what validate decoded with. [cells]"),
    ] = None,
    batch_size: Annotated[
        str | None, typer.Option(help="Batch sizes to export: 1,4. [all of the run]", metavar="LIST")
    ] = None,
    acceptance: AcceptanceAsked = None,
    draft_cost: DraftCostAsked = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output.")] = False,
) -> None:
    """Write a run as CSV, as the published figure, or as one page of HTML."""
    from pathlib import Path

    from specprof.analysis.compare.differences import name_of
    from specprof.analysis.opened import load
    from specprof.cli.streams import print_text, say
    from specprof.errors import UsageProblem
    from specprof.run.journal import check_output, write_whole

    if output == STDOUT and to == "png":
        raise UsageProblem("a PNG is not written to stdout", "name a file with --output")
    if table is not None and to != "csv":
        raise UsageProblem(f"--table is of no use with --to {to}", "give --to csv, or leave it out")
    models = models_from(acceptance)
    run = load(file).with_draft(draft_cost)
    sizes = _batch_sizes(run, batch_size)
    path = None if output == STDOUT else Path(f"{name_of(run)}.{to}" if output is None else output)
    if path is not None:
        check_output(path, force=force)
    data = _made(run, to, models, sizes, table or "cells")
    if path is None:
        print_text(data.decode("utf-8"))
    else:
        write_whole(path, data)
    for words in run.warnings:
        say(words)
    if path is not None:
        say(f"wrote {path}")


def _batch_sizes(run: Run, asked: str | None) -> tuple[int, ...]:
    from specprof.errors import UsageProblem
    from specprof.plan.grid import parse_counts

    if asked is None:
        return run.batch_sizes
    sizes = parse_counts(asked, "--batch-size").values
    unknown = [size for size in sizes if size not in run.batch_sizes]
    if unknown:
        known = ", ".join(map(str, run.batch_sizes))
        raise UsageProblem(f"this run has no batch size {unknown[0]}", f"it has {known}")
    return sizes


def _made(
    run: Run, to: Form, models: tuple[AcceptanceModel, ...], sizes: tuple[int, ...], table: Table
) -> bytes:
    if table == "validation":
        from specprof.views.export.validation_csv import validation_csv_text

        return validation_csv_text(run, sizes).encode("utf-8")
    if to == "csv":
        from specprof.views.export.csv_file import csv_text

        return csv_text(run, models, sizes).encode("utf-8")
    if to == "html":
        from specprof.views.export.page import page_text

        return page_text(run, models, sizes).encode("utf-8")
    from specprof.views.export.figure import figure_file

    return figure_file(run, models, sizes, to)
