"""Rows of a tile, or of a block, of a matrix product: which edges lie where."""

from __future__ import annotations

from collections.abc import Sequence

from specprof.analysis.findings.words import counted
from specprof.analysis.setting import Setting

GPU_TILES = (256, 128, 64, 32, 16)
"""Rows of a tile of matrix products on a GPU."""
CPU_BLOCKS = (64, 32, 16)
"""Rows of a block that a CPU's matrix products may keep in registers or its first cache."""
SHOWN_EDGES = 2


def sizes_of(setting: Setting) -> tuple[int, ...]:
    return GPU_TILES if setting.on_gpu else CPU_BLOCKS


def larger(sizes: Sequence[int], batch_size: int) -> list[int]:
    """Those of which not every count opens another."""
    return [size for size in sizes if size > batch_size]


def how_many(size: int, tile: int) -> int:
    """How many tiles it takes."""
    return -(-size // tile)


def edges(setting: Setting, batch_size: int, before: int, after: int) -> str:
    """The edges that lie between two counts, those of the largest tiles first."""
    first, last = batch_size * before, batch_size * after
    sizes = sizes_of(setting)
    found: dict[int, int] = {}
    for tile in larger(sizes, batch_size):
        for rows in range(-(-first // tile) * tile, last, tile):
            found.setdefault(rows, tile)
    word = "tile" if setting.on_gpu else "block"
    if not found:
        which = " that not every count crosses" if batch_size >= sizes[-1] else ""
        return f"no edge of a {word}{which} lies in there"
    largest = sorted(found, key=lambda rows: (-found[rows], rows))[:SHOWN_EDGES]
    words = [_edge(rows, batch_size, found[rows], word) for rows in sorted(largest)]
    fewer = len(found) - len(largest)
    more = f" and {counted(fewer, 'smaller one')}" if fewer else ""
    return f"in there {'lies' if len(found) == 1 else 'lie'} {', '.join(words)}{more}"


def _edge(rows: int, batch_size: int, tile: int, word: str) -> str:
    at = rows // batch_size
    return f"the edge of {tile}-row {word}s from {at} to {at + 1} candidates ({rows} rows)"


def no_edge(setting: Setting, batch_size: int, before: int) -> str:
    """That one more candidate crosses no edge, or one that every count crosses."""
    rows = batch_size * before
    sizes = sizes_of(setting)
    greater = larger(sizes, batch_size)
    words = f"B·K goes from {rows} to {rows + batch_size} rows"
    if greater:
        words += f" and crosses no multiple of {greater[-1]}"
    if len(greater) < len(sizes):
        smaller = sizes[len(greater)]
        words += f"{';' if greater else ' and'} every count crosses one of {smaller}"
    return words
