"""`specprof validate`: the simulated speedup against real speculative decoding."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from specprof.cli.assumptions import AcceptanceAsked, models_from
from specprof.cli.look_options import Ascii, LookAsked, Theme
from specprof.cli.measuring_options import AsDocument, Device, Dtype, Force, Headless, RunOutput

DEFAULT_ACCEPTANCE = ["chain:alpha=0.5", "chain:alpha=0.7", "chain:alpha=0.8", "chain:alpha=0.95", "medusa"]


def validate(
    model: Annotated[
        str | None,
        typer.Option(
            help="As in run. Of fewer than all layers the slice is a model in itself.", metavar="NAME|PATH"
        ),
    ] = None,
    batch_size: Annotated[
        str | None, typer.Option(help="Batch sizes. [GPU: 4; CPU: 1]", metavar="LIST")
    ] = None,
    seq_len: Annotated[
        str, typer.Option(help="Prefix lengths: a block of decoding has them in its middle.", metavar="LIST")
    ] = "128",
    candidates: Annotated[
        str, typer.Option(help="Candidate tokens per verify step.", metavar="LIST")
    ] = "2,4,8,16",
    acceptance: AcceptanceAsked = None,
    drafts: Annotated[
        str,
        typer.Option(
            help="Who drafts: none (acceptance is drawn), own (the target's own continuation, corrupted; the "
            "output must equal greedy decoding), ngram:N, noisy:SIGMA:DEPTH, medusa:HEADS, eagle:DEPTH, or a "
            "small Llama as llama-68m:DEPTH or PATH:DEPTH.",
            metavar="WHO",
        ),
    ] = "none",
    temperature: Annotated[
        float | None,
        typer.Option(
            help="Sample, plainly and speculatively, so that what is decoded is distributed alike. [greedy]",
            min=0,
            max=100,
            metavar="T",
        ),
    ] = None,
    tokens: Annotated[
        int | None, typer.Option(help="Tokens of each sequence in a block. [32]", min=2, metavar="N")
    ] = None,
    peer: Annotated[
        bool | None,
        typer.Option(
            "--peer/--no-peer",
            help="At batch 1, time transformers' own generate on the same model in the same rounds. [peer]",
        ),
    ] = None,
    layers: Annotated[
        str | None, typer.Option(help="Decoder layers. [GPU: all; CPU: 2]", metavar="N|all")
    ] = None,
    dtype: Dtype = None,
    device: Device = None,
    attention: Annotated[
        Literal["sdpa", "eager", "split"] | None,
        typer.Option(help="Attention, of verify steps and of decoding. [sdpa]"),
    ] = None,
    execution: Annotated[
        Literal["eager", "compile", "auto"] | None,
        typer.Option(help="Eager, torch.compile, or the faster that verifies. [GPU: auto; CPU: eager]"),
    ] = None,
    quantize: Annotated[
        Literal["int8", "int4", "fp8"] | None,
        typer.Option(help="Quantise the layers' projections, by torchao. [none]"),
    ] = None,
    target_ci: Annotated[
        float, typer.Option(help="Interval to reach, ± percent of the median.", metavar="PCT")
    ] = 2,
    budget: Annotated[float, typer.Option(help="Seconds for all measuring.", metavar="SECONDS")] = 300,
    seed: Annotated[
        int | None, typer.Option(help="Seed of weights, tokens, acceptance and measuring order. [0]", min=0)
    ] = None,
    headless: Headless = False,
    output: RunOutput = None,
    force: Force = False,
    json: AsDocument = False,
    theme: Theme = None,
    ascii: Ascii = False,
) -> None:
    """Decode real tokens with and without speculation, and say how far off the simulation was.

    Each round decodes some blocks plainly, one with every setting, and times the verify steps that the
    prediction stands on. An unfinished run is gone on with by: specprof run --resume --output FILE
    """
    from specprof.analysis.validation.settings import settings_for
    from specprof.cli.start import start_run
    from specprof.cli.streams import say
    from specprof.plan.asked import Asked
    from specprof.plan.assemble import decoding_drafts
    from specprof.plan.grid import parse_counts
    from specprof.session.starting import Start

    counts = parse_counts(candidates, "--candidates").values
    models = models_from(acceptance or DEFAULT_ACCEPTANCE)
    settings, left_out = settings_for(decoding_drafts(drafts), models, counts, given=bool(acceptance))
    for words in left_out:
        say(words)
    asked = Asked(
        model=model,
        batch_size=batch_size,
        seq_len=seq_len,
        candidates=",".join(str(k) for k in sorted({1, *(one.candidates for one in settings)})),
        layers=layers,
        dtype=dtype,
        device=device,
        attention=attention,
        execution=execution,
        quantize=quantize,
        target_ci_pct=target_ci,
        budget_s=budget,
        seed=seed,
        settings=settings,
        tokens=tokens,
        peer=peer,
        drafts=drafts,
        temperature=temperature,
    )
    start = Start(asked, output, force=force, resume=False)
    start_run(start, LookAsked(theme, ascii), models, headless=headless, as_json=json)
