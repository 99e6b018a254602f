"""Options of every command that measures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Dtype = Annotated[
    Literal["float32", "bfloat16", "float16"] | None,
    typer.Option(help="Number type. [GPU: bfloat16; CPU: float32]"),
]
Device = Annotated[
    str | None, typer.Option(help="cpu, cuda or cuda:N. [the first GPU, or the CPU]", metavar="DEVICE")
]
Headless = Annotated[
    bool, typer.Option("--headless", help="Plain progress and report, also where the app could be shown.")
]
RunOutput = Annotated[
    Path | None, typer.Option(help="Run file to write. [a new one in the results folder]", metavar="FILE")
]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing output.")]
AsDocument = Annotated[
    bool, typer.Option("--json", help="Headless; print the run document instead of the report.")
]
