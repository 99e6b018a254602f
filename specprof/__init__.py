"""specprof measures how many candidate tokens a speculative-decoding verify step should carry.

    >>> import specprof
    >>> run = specprof.load("medusa-llama-7b-bs4")
    >>> run.speedup().median.shape        # [batch sizes, sequence lengths, candidates]
    (1, 7, 8)

`load` takes a run file's path or a sample's name; see `specprof.analysis.opened.Run` for what it gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specprof.version import __version__

__all__ = ["__version__", "load"]

if TYPE_CHECKING:
    from specprof.analysis.opened import load


def __getattr__(name: str) -> Any:
    # numpy and pydantic cost half a second: `specprof --help` must not pay for them
    if name == "load":
        from specprof.analysis.opened import load

        return load
    raise AttributeError(f"module 'specprof' has no attribute {name!r}")
