"""Options of every command that draws."""

from __future__ import annotations

from typing import Annotated

import typer

Theme = Annotated[
    str | None, typer.Option("--theme", help="Colours to draw in, see: specprof themes.", metavar="NAME")
]
Ascii = Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.")]
