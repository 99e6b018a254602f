"""`specprof run`: profile now. Options are read here; the work is in `headless`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from specprof.cli.assumptions import AcceptanceAsked, models_from
from specprof.cli.look_options import Ascii, LookAsked, Theme
from specprof.cli.measuring_options import AsDocument, Device, Dtype, Force, Headless, RunOutput


def run(
    model: Annotated[
        str | None,
        typer.Option(
            help="llama-7b (default), llama-13b, llama-2-70b, llama-3-8b, tiny, or a local folder with a "
            "Llama config or checkpoint. Nothing is downloaded.",
            metavar="NAME|PATH",
        ),
    ] = None,
    batch_size: Annotated[
        str | None, typer.Option(help="Batch sizes: 1,4 or 1:16:5. [GPU: 4; CPU: 1]", metavar="LIST")
    ] = None,
    seq_len: Annotated[
        str | None,
        typer.Option(help="Prefix lengths. [GPU: 128 to 8192; CPU: 128,512,2048]", metavar="LIST"),
    ] = None,
    candidates: Annotated[
        str | None,
        typer.Option(help="Candidate tokens per verify step. [1,16,32,48,64,80,96,112]", metavar="LIST"),
    ] = None,
    layers: Annotated[
        str | None,
        typer.Option(
            help="Decoder layers to measure; fewer than all makes full depth an estimate. [GPU: all; CPU: 2]",
            metavar="N|all",
        ),
    ] = None,
    dtype: Dtype = None,
    device: Device = None,
    attention: Annotated[
        str | None,
        typer.Option(
            help="Attention: masked sdpa, eager, split at the prefix, flex. Of two, the curves stand on the "
            "first, and the second is measured in the same rounds. [sdpa]",
            metavar="LIST",
        ),
    ] = None,
    execution: Annotated[
        Literal["eager", "graph", "compile", "auto"] | None,
        typer.Option(
            help="Eager, CUDA-graph replay, torch.compile, or the fastest that verifies. "
            "[GPU: auto; CPU: eager]"
        ),
    ] = None,
    quantize: Annotated[
        Literal["int8", "int4", "fp8"] | None,
        typer.Option(help="Quantise the layers' projections, by torchao; int4 and fp8 need a GPU. [none]"),
    ] = None,
    workload: Annotated[
        Literal["full", "paper-block"] | None,
        typer.Option(help="The whole model, or the published method's simplified block. [full]"),
    ] = None,
    target_ci: Annotated[
        float | None,
        typer.Option(help="Interval to reach, ± percent of the median. [GPU: 1; CPU: 5]", metavar="PCT"),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(help="Seconds for all measuring. [GPU: none; CPU: 80]", metavar="SECONDS"),
    ] = None,
    refine: Annotated[
        bool,
        typer.Option(
            "--refine",
            help="Add candidate counts where they tell most, until the cliff is known to one token.",
        ),
    ] = False,
    refine_budget: Annotated[
        float | None,
        typer.Option(
            help="Seconds of --budget kept for --refine; what the grid leaves comes on top. [a quarter]",
            metavar="SECONDS",
        ),
    ] = None,
    drafter: Annotated[
        str | None,
        typer.Option(
            help="Time a draft pass too: medusa:HEADS, eagle:DEPTH, llama-68m:DEPTH, or another preset or "
            "local folder with its depth. [none]",
            metavar="NAME|PATH:N",
        ),
    ] = None,
    breakdown: Annotated[
        bool, typer.Option("--breakdown", help="Profile each cell once: which kernels its time goes to.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="Seed of weights, tokens and measuring order. [0]", min=0)
    ] = None,
    headless: Headless = False,
    output: RunOutput = None,
    force: Force = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an unfinished run: --output FILE, or the newest.")
    ] = False,
    acceptance: AcceptanceAsked = None,
    json: AsDocument = False,
    theme: Theme = None,
    ascii: Ascii = False,
) -> None:
    """Measure the verify step on this machine and show what speedup it buys."""
    from specprof.cli.start import start_run
    from specprof.plan.asked import Asked
    from specprof.session.starting import Start

    models = models_from(acceptance)
    asked = Asked(
        model=model,
        batch_size=batch_size,
        seq_len=seq_len,
        candidates=candidates,
        layers=layers,
        dtype=dtype,
        device=device,
        attention=attention,
        execution=execution,
        workload=workload,
        target_ci_pct=target_ci,
        budget_s=budget,
        seed=seed,
        refine=refine or None,
        refine_budget_s=refine_budget,
        drafter=drafter,
        quantize=quantize,
        breakdown=breakdown or None,
    )
    start = Start(asked, output, force=force, resume=resume)
    start_run(start, LookAsked(theme, ascii), models, headless=headless, as_json=json)
