"""The header of a safetensors file: which tensors it holds, and whether all their bytes are there.

Format: 8 bytes little-endian header length N, N bytes of JSON, then the data that the header's
`data_offsets` cover without hole or overlap (github.com/huggingface/safetensors, README, "Format").
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from specprof.errors import EnvironmentProblem
from specprof.plan.checkpoint_files import opened, parse_json, printable

MAX_HEADER_BYTES = 100_000_000
"""The limit that the safetensors library itself sets."""

_LENGTH_BYTES = 8
_MAX_RANK = 32
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
    "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F16": 16, "BF16": 16, "F32": 32, "F64": 64,
}  # fmt: skip

_FETCH_AGAIN = "copy the file again from its source; nothing is downloaded"


class Tensor(NamedTuple):
    """A tensor's stored type and shape, without its values."""

    dtype: str
    shape: tuple[int, ...]


def read_header(path: Path, name: str) -> dict[str, Tensor]:
    """The tensors of one safetensors file, by name; no tensor is read.

    `name` stands for the file in messages. Raises EnvironmentProblem for a file that is cut short,
    holds more than its header declares, or is no safetensors file at all.
    """
    name = printable(name)
    with opened(path) as (file, size):
        start = file.read(_LENGTH_BYTES)
        if len(start) < _LENGTH_BYTES:
            raise _cut_short(name, _LENGTH_BYTES, size)
        (length,) = struct.unpack("<Q", start)
        if length > MAX_HEADER_BYTES:
            raise EnvironmentProblem(
                f"{name} declares a header of {length} bytes, more than {MAX_HEADER_BYTES}",
                "check that it is a safetensors file",
            )
        if _LENGTH_BYTES + length > size:
            raise _cut_short(name, _LENGTH_BYTES + length, size)
        header = parse_json(file.read(length), f"the header of {name}")
    header.pop("__metadata__", None)
    tensors, spans = {}, []
    for tensor, entry in header.items():
        tensors[tensor], span = _entry(entry, f"tensor '{printable(tensor)}' in {name}")
        spans.append(span)
    end = 0
    for first, last in sorted(spans):
        if first != end:
            raise EnvironmentProblem(
                f"the tensors of {name} leave a hole or overlap at byte {min(first, end)} of its data",
                _FETCH_AGAIN,
            )
        end = last
    expected = _LENGTH_BYTES + length + end
    if size < expected:
        raise _cut_short(name, expected, size)
    if size > expected:
        raise EnvironmentProblem(
            f"{name} holds more than its header declares: {expected} bytes expected, {size} found",
            _FETCH_AGAIN,
        )
    return tensors


def _cut_short(name: str, expected: int, found: int) -> EnvironmentProblem:
    return EnvironmentProblem(f"{name} is cut short: {expected} bytes expected, {found} found", _FETCH_AGAIN)


def _entry(entry: Any, what: str) -> tuple[Tensor, tuple[int, int]]:
    fields: dict[str, object] = entry if isinstance(entry, dict) else {}
    dtype, shape, offsets = fields.get("dtype"), fields.get("shape"), fields.get("data_offsets")
    if not (isinstance(dtype, str) and _sizes(shape) and _sizes(offsets) and len(offsets) == 2):
        raise EnvironmentProblem(f"{what} lacks a type, shape or place", _FETCH_AGAIN)
    if dtype not in _BITS:
        raise EnvironmentProblem(
            f"{what} is stored as {printable(dtype, 20)}, which specprof does not know", "convert it to BF16"
        )
    first, last = offsets
    needed = math.prod(shape) * _BITS[dtype] // 8
    if last - first != needed:
        raise EnvironmentProblem(
            f"{what} has {last - first} bytes, but {dtype} {list(shape)} needs {needed}", _FETCH_AGAIN
        )
    return Tensor(dtype, tuple(shape)), (first, last)


def _sizes(value: object) -> TypeGuard[list[int]]:
    return (
        isinstance(value, list)
        and len(value) <= _MAX_RANK
        and all(type(size) is int and 0 <= size < 1 << 63 for size in value)
    )
