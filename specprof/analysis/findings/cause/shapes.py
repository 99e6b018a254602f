"""What the shapes let one more candidate run into: inferences, never facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specprof.analysis.findings.cause.tiles import CPU_BLOCKS, GPU_TILES, how_many, larger
from specprof.analysis.findings.finding import Numbers
from specprof.analysis.findings.words import counted, listed
from specprof.analysis.setting import Setting
from specprof.plan.memory import format_bytes

ATTENTION_BLOCKS = (128, 64)
TILE_COLUMNS = 128
"""Columns of a tile where its waves are counted: the most common one for half precision."""
MASK_ALIGNMENT = 8
"""Memory-efficient attention copies a mask whose rows are no multiple of so many values, to pad it (pytorch,
aten/src/ATen/native/transformers/attention.cpp, pad_bias)."""


class Cause(NamedTuple):
    """One reason, with its evidence in words and numbers."""

    name: str
    evidence: str
    numbers: Numbers


def causes_of(setting: Setting, batch_size: int, seq_lens: Sequence[int], before: int) -> list[Cause]:
    """What the step from `before` candidates to one more may cross, the most likely first."""
    rows = batch_size * before
    after = rows + batch_size
    if not setting.on_gpu:
        found = [_cache(setting, rows, after), _tile(CPU_BLOCKS, rows, after, "block", "blocking")]
    else:
        found = [
            _tile(GPU_TILES, rows, after, "tile", "tile edge"),
            _wave(setting, rows, after),
            _attention_block(setting, before),
            _padded_mask(setting, seq_lens, before),
        ]
    return [cause for cause in found if cause is not None]


def _tile(sizes: Sequence[int], rows: int, after: int, word: str, name: str) -> Cause | None:
    """The largest tile of whose multiples one is crossed. Those of tiles up to the batch size are crossed by
    every count, which tells nothing of this one."""
    tile = next(
        (size for size in larger(sizes, after - rows) if how_many(after, size) > how_many(rows, size)), None
    )
    if tile is None:
        return None
    count = how_many(rows, tile)
    crossing = f"the {_ordinal(count * tile + 1)} row opens a {_ordinal(count + 1)} {tile}-row {word}"
    if name == "blocking":
        name = "blocking in the CPU's matrix products"
    return Cause(
        name,
        f"B·K goes from {rows} to {after} rows: {crossing}",
        {f"{word}_rows": float(tile), f"{word}s_before": float(count), f"{word}s_after": float(count + 1)},
    )


def _wave(setting: Setting, rows: int, after: int) -> Cause | None:
    """Another wave of tiles, in the largest product that begins one."""
    if not setting.sm_count:
        return None
    for tile in GPU_TILES[:3]:
        for name, columns, _ in sorted(_products(setting), key=lambda product: -product[2]):
            across = how_many(columns, TILE_COLUMNS)
            tiles, more = how_many(rows, tile) * across, how_many(after, tile) * across
            waves, then = how_many(tiles, setting.sm_count), how_many(more, setting.sm_count)
            if then > waves:
                return Cause(
                    "wave count",
                    f"with tiles of {tile} × {TILE_COLUMNS} the {name} projection goes from {tiles} to "
                    f"{more} tiles, {counted(waves, 'wave')} to {then} on {setting.sm_count} SMs",
                    {
                        "waves_before": float(waves),
                        "waves_after": float(then),
                        "sm_count": float(setting.sm_count),
                    },
                )
    return None


def _products(setting: Setting) -> list[tuple[str, int, int]]:
    """Name, columns N and weights at full depth of the products that the rows go through."""
    shape, layers = setting.shape, setting.shape.layers_total
    queries = shape.num_attention_heads * shape.head_dim
    keys = shape.num_key_value_heads * shape.head_dim
    found = [
        ("gate or up", shape.intermediate_size, 2 * layers * shape.hidden_size * shape.intermediate_size),
        ("down", shape.hidden_size, layers * shape.hidden_size * shape.intermediate_size),
        ("query", queries, layers * shape.hidden_size * queries),
        ("key or value", keys, 2 * layers * shape.hidden_size * keys),
    ]
    if setting.workload == "full":
        found.append(("output", shape.hidden_size, layers * shape.hidden_size * queries))
        found.append(("head", shape.vocab_size, shape.vocab_size * shape.hidden_size))
    return found


def _attention_block(setting: Setting, before: int) -> Cause | None:
    block = next((size for size in ATTENTION_BLOCKS if before % size == 0), None)
    if block is None or setting.workload != "full" or setting.attention == "eager":
        return None
    count = before // block
    return Cause(
        "attention block",
        f"K goes from {before} to {before + 1}: a {_ordinal(count + 1)} block of {block} queries per head",
        {"query_block": float(block)},
    )


def _padded_mask(setting: Setting, seq_lens: Sequence[int], before: int) -> Cause | None:
    if setting.workload != "full" or setting.attention != "sdpa":
        return None
    if any((seq_len + before) % MASK_ALIGNMENT for seq_len in seq_lens):
        return None
    spans = [seq_len + before for seq_len in seq_lens]
    return Cause(
        "padding of the mask",
        f"S + K goes from {listed(spans, 3)} to one more, no multiple of {MASK_ALIGNMENT}: "
        "fused attention may copy the mask to pad it",
        {"mask_alignment": float(MASK_ALIGNMENT)},
    )


def _cache(setting: Setting, rows: int, after: int) -> Cause | None:
    """Where the widest activations of a layer no longer fit into the last cache that is known."""
    width = setting.shape.intermediate_size * setting.value_bytes
    if not setting.l2_bytes or not rows * width <= setting.l2_bytes < after * width:
        return None
    return Cause(
        "cache",
        f"{after} rows of {setting.shape.intermediate_size} values are {format_bytes(after * width)}, more "
        f"than the cache of {format_bytes(setting.l2_bytes)}",
        {"cache_bytes": float(setting.l2_bytes)},
    )


def told_apart_by(causes: Sequence[Cause], batch_size: int) -> str:
    """What would tell two of them apart."""
    names = {cause.name for cause in causes}
    if batch_size == 1 and {"tile edge", "attention block"} <= names:
        return "; at batch 1 rows and queries are the same count, another batch size tells the two apart"
    return ""


def _ordinal(number: int) -> str:
    words = {1: "first", 2: "second", 3: "third"}
    if number in words:
        return words[number]
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
