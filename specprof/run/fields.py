"""The kinds of fields that events and record share, each within the bounds a file may use."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from specprof.plan.grid import LARGEST_COUNT

Text = Annotated[str, Field(max_length=4096)]
Count = Annotated[int, Field(ge=1, le=LARGEST_COUNT)]
Seconds = Annotated[float, Field(ge=0, le=1e9)]
Milliseconds = Annotated[float, Field(ge=0, le=1e12)]
Bytes = Annotated[int, Field(ge=0, le=1 << 62)]
