"""The likely cause of a cliff, from shapes, device and kernel names.

A matrix product computes its output in tiles: of M = B·K rows a last, nearly empty tile costs as much as a
full one, and where the tiles no longer fit the processors at once, another wave of them begins (NVIDIA,
"Matrix Multiplication Background User's Guide", tile and wave quantization). Fused attention goes through
the queries of each head in blocks of 64 or 128 (FlashAttention-2, arXiv 2307.08691, section 3). Which tiles
ran is not recorded: these are inferences and said to be likely. Kernels that differ by name are a fact.
Graphs are captured for each count by itself, so no cell here pays for padding to a captured size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specprof.analysis.findings.finding import Certainty, Finding, Numbers
from specprof.analysis.findings.words import counted, listed
from specprof.analysis.setting import Setting
from specprof.plan.memory import format_bytes
from specprof.plan.plan import Cell
from specprof.run.sanitize import clean

GPU_TILES = (256, 128, 64, 32, 16)
"""Rows of a tile of matrix products on a GPU."""
CPU_BLOCKS = (64, 32, 16)
"""Rows of a block that a CPU's matrix products may keep in registers or its first cache."""
ATTENTION_BLOCKS = (128, 64)
TILE_COLUMNS = 128
"""Columns of a tile where its waves are counted: the most common one for half precision."""
MASK_ALIGNMENT = 8
"""Memory-efficient attention copies a mask whose rows are no multiple of so many values, to pad it (pytorch,
aten/src/ATen/native/transformers/attention.cpp, pad_bias)."""
SHOWN_EDGES = 2


class Cause(NamedTuple):
    """One reason, with its evidence in words and numbers."""

    name: str
    evidence: str
    numbers: Numbers


def cause_of_cliff(
    setting: Setting, batch_size: int, seq_lens: Sequence[int], before: int, after: int
) -> Finding:
    """What the cliff from `before` to `after` candidates, at these sequence lengths, likely comes from."""
    where = f"the cliff between {before} and {after} candidates at batch {batch_size}"
    numbers: Numbers = {
        "from_candidates": float(before),
        "to_candidates": float(after),
        "from_rows": float(batch_size * before),
        "to_rows": float(batch_size * after),
    }
    seq_len = seq_lens[0] if len(seq_lens) == 1 else None
    switch = _kernel_switch(setting, batch_size, seq_lens, before, after)
    certainty: Certainty = "suggestive"
    basis = "inferred from the shapes, no kernel name was recorded"
    if switch:
        text, certainty, basis = f"Cause of {where}: {switch}", "significant", "kernel names as recorded"
    elif after - before > 1:
        text = f"Where {where} begins is not known to one token: {_edges(setting, batch_size, before, after)}"
        text += _next_step(setting)
        certainty = "within noise"
    else:
        causes = _causes(setting, batch_size, seq_lens, before)
        for cause in causes:
            numbers = {**numbers, **cause.numbers}
        said = "; ".join(f"{cause.name}, {cause.evidence}" for cause in causes)
        if causes:
            text = f"Likely cause of {where}: {said}" + _which(causes, batch_size)
        else:
            certainty = "within noise"
            text = f"No cause known for {where}: {_plain(setting, batch_size, before)}"
    return Finding("cliff-cause", batch_size, seq_len, text, numbers, certainty, basis)


def _kernel_switch(
    setting: Setting, batch_size: int, seq_lens: Sequence[int], before: int, after: int
) -> str:
    """`the kernel changes from a to b`, where it does; nothing where names are missing or alike."""
    found: dict[tuple[str, str], list[int]] = {}
    for seq_len in seq_lens:
        old = setting.kernels.get(Cell(batch_size, seq_len, before))
        new = setting.kernels.get(Cell(batch_size, seq_len, after))
        if old is not None and new is not None and old != new:
            found.setdefault((old, new), []).append(seq_len)
    if not found:
        return ""
    (old, new), at = max(found.items(), key=lambda one: len(one[1]))
    there = "" if len(at) == len(seq_lens) else f" at seq_len {listed(at)}"
    return f"the kernel changes from {clean(old, 120)} to {clean(new, 120)}{there}"


def _causes(setting: Setting, batch_size: int, seq_lens: Sequence[int], before: int) -> list[Cause]:
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
    larger = _larger(sizes, after - rows)
    tile = next((size for size in larger if _count(after, size) > _count(rows, size)), None)
    if tile is None:
        return None
    count = _count(rows, tile)
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
            across = _count(columns, TILE_COLUMNS)
            tiles, more = _count(rows, tile) * across, _count(after, tile) * across
            waves, then = _count(tiles, setting.sm_count), _count(more, setting.sm_count)
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


def _which(causes: Sequence[Cause], batch_size: int) -> str:
    names = {cause.name for cause in causes}
    if batch_size == 1 and {"tile edge", "attention block"} <= names:
        return "; at batch 1 rows and queries are the same count, another batch size tells the two apart"
    return ""


def _plain(setting: Setting, batch_size: int, before: int) -> str:
    rows = batch_size * before
    sizes = GPU_TILES if setting.on_gpu else CPU_BLOCKS
    larger = _larger(sizes, batch_size)
    words = f"B·K goes from {rows} to {rows + batch_size} rows"
    if larger:
        words += f" and crosses no multiple of {larger[-1]}"
    if len(larger) < len(sizes):
        smaller = sizes[len(larger)]
        words += f"{';' if larger else ' and'} every count crosses one of {smaller}"
    return words


def _edges(setting: Setting, batch_size: int, before: int, after: int) -> str:
    """The edges that lie between two counts, those of the largest tiles first."""
    first, last = batch_size * before, batch_size * after
    sizes = GPU_TILES if setting.on_gpu else CPU_BLOCKS
    found: dict[int, int] = {}
    for tile in _larger(sizes, batch_size):
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


def _next_step(setting: Setting) -> str:
    if setting.published:
        return "; a figure cannot tell, specprof run --refine can"
    if setting.refined:
        return "; refinement left it there: a slope, or --budget was at its end"
    return "; specprof run --refine finds the count"


def _larger(sizes: Sequence[int], batch_size: int) -> list[int]:
    """Those of which not every count opens another."""
    return [size for size in sizes if size > batch_size]


def _count(size: int, tile: int) -> int:
    """How many tiles it takes."""
    return -(-size // tile)


def _ordinal(number: int) -> str:
    words = {1: "first", 2: "second", 3: "third"}
    if number in words:
        return words[number]
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
