"""Options of every command that draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from specprof.views.terminal import Surface

Theme = Annotated[
    str | None, typer.Option("--theme", help="Colours to draw in, see: specprof themes.", metavar="NAME")
]
Ascii = Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.")]


@dataclass(frozen=True)
class LookAsked:
    """What those options ask for."""

    theme: str | None = None
    ascii_only: bool = False

    def surface(self, stream: IO[str]) -> Surface:
        """What `stream` can show of it. Raises UsageProblem for a theme that there is not."""
        from specprof.views.terminal import surface_of

        return surface_of(stream, theme=self.theme, ascii_only=self.ascii_only)
