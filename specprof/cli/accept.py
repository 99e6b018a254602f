"""`specprof accept`: acceptance counted with the user's own draft on the user's own prompts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from specprof.cli.look_options import Ascii, LookAsked, Theme
from specprof.cli.measuring_options import Device, Dtype, Force


def accept(
    model: Annotated[
        str, typer.Option(help="The target: a local folder with a Llama checkpoint.", metavar="PATH")
    ],
    draft: Annotated[
        str,
        typer.Option(
            help="The draft: another such folder, or noisy:SIGMA for the target with noise on its weights.",
            metavar="PATH",
        ),
    ],
    prompts: Annotated[
        Path,
        typer.Option(
            help='Prompts: .txt, one a line, or .jsonl, {"prompt": "…"} or {"tokens": [1, 2]} a line.',
            metavar="FILE",
        ),
    ],
    depth: Annotated[
        int, typer.Option(help="Tokens to draft for each step of the target.", min=1, max=128)
    ] = 5,
    tokens: Annotated[
        int, typer.Option(help="New tokens per prompt; an end token ends it before.", min=2, max=100_000)
    ] = 128,
    dtype: Dtype = None,
    device: Device = None,
    seed: Annotated[
        int, typer.Option(help="Seed of the resampling behind the intervals, and of noise.", min=0)
    ] = 0,
    output: Annotated[
        Path | None,
        typer.Option(
            help="File to write. [acceptance.json in this folder; with --json none]", metavar="FILE"
        ),
    ] = None,
    force: Force = False,
    json: Annotated[bool, typer.Option("--json", help="Print the document instead of the table.")] = False,
    theme: Theme = None,
    ascii: Ascii = False,
) -> None:
    """Count how many of a draft's tokens the target accepts, position by position."""
    from specprof.cli.accept_counting import Asked, count

    asked = Asked(
        model=model,
        draft=draft,
        prompts=prompts,
        depth=depth,
        tokens=tokens,
        dtype=dtype,
        device=device,
        seed=seed,
        output=output,
        force=force,
        as_json=json,
    )
    raise typer.Exit(count(asked, LookAsked(theme, ascii)))
