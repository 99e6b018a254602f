"""`specprof acceptance FILE`: what an engine measured of acceptance, and how to have it used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from specprof.engines.metrics import MeasuredAcceptance

_KEPT = "acceptance.json"


def acceptance(
    file: Annotated[
        str,
        typer.Argument(
            help="vLLM's or SGLang's /metrics page, an SGLang log or JSON lines, a speculation profile, "
            "or CSV; - reads stdin."
        ),
    ],
    before: Annotated[
        str | None,
        typer.Option("--before", help="An earlier page of the same vLLM server.", metavar="FILE"),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Which of the page's models.", metavar="NAME")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            help="The file's format, where its content misleads: vllm-metrics, sglang-metrics, sglang-log, "
            "sglang-json, profile, csv.",
            metavar="KIND",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print it as JSON, which can be kept and read again.")
    ] = False,
) -> None:
    """Read the acceptance that an inference engine measured."""
    from specprof.cli.streams import print_text, say
    from specprof.engines.metrics import read_acceptance

    measured = read_acceptance(file, before=before, model=model, kind=kind)
    stands_alone = before is None and model is None and kind is None and file != "-"
    text = _acceptance_text(measured, file if stands_alone else _KEPT)
    if json:
        print_text(_document(measured, text))
        return
    say(measured.source)
    for note in measured.notes:
        say(note)
    if measured.fitted_alpha is None and not stands_alone:
        say(f"save this command's output with --json as {_KEPT} to have it used as below")
    print_text(_report(measured, text))


def _acceptance_text(measured: MeasuredAcceptance, file: str) -> str:
    """What --acceptance of other commands takes to mean this."""
    if measured.fitted_alpha is not None:
        return f"chain:alpha={measured.fitted_alpha:.6g}"
    return f"{'table' if measured.table else 'positions'}:file={file}"


def _report(measured: MeasuredAcceptance, text: str) -> str:
    import shlex

    from specprof.engines.metrics import rate_intervals
    from specprof.run.sanitize import clean

    lines = []
    if measured.table:
        lines.append(f"{'candidates':>10} {'tokens':>8}")
        lines += [f"{candidates:>10} {tokens:>8.4f}" for candidates, tokens in measured.table]
    if measured.rates:
        intervals = rate_intervals(measured)
        lines.append(f"{'position':>8} {'rate':>7}" + (f"  {'95 % interval':<15}" if intervals else ""))
        for position, rate in enumerate(measured.rates):
            line = f"{position:>8} {rate:>7.4f}"
            if intervals:
                low, high = intervals[position]
                line += f"  {low:.4f}-{high:.4f}"
            lines.append(line)
    lines.append(f"mean length {measured.mean_length:.4f}")
    lines.append(f"--acceptance {clean(shlex.quote(text))}")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _document(measured: MeasuredAcceptance, text: str) -> str:
    import json

    from specprof.engines.metrics import rate_intervals

    document: dict[str, Any] = {
        "source": measured.source,
        "drafts": measured.drafts,
        "accepted_per_position": measured.accepted,
        "acceptance_rates": measured.rates,
        "intervals_95": rate_intervals(measured),
        "mean_length": measured.mean_length,
        "table": measured.table,
        "fitted_alpha": measured.fitted_alpha,
        "acceptance": text,
        "notes": measured.notes,
    }
    return json.dumps(document, indent=2) + "\n"
