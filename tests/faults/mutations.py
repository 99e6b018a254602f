"""Spoils files: in their bytes, or in the JSON that they hold. One seed always spoils them in one way."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

HOSTILE = "\x1b]52;c;eA==\x07\x9b2J\u202e\u2066\u200b\ud800\U000e0041[/x][@click=app.quit][bold]<script>=1+1"
# as they stand in JSON: no encoder of Python writes most of them
NUMBERS = (
    "NaN", "-Infinity", "1e999", "1" + "0" * 400, "1" + "0" * 19, "9223372036854775808", "1e308", "-1",
    "-0.0", "0", "1", "2", "5e-324", "1e-300", "1e12", "1e9", "1000000", "1048576", "10000", "0.5", "1.5",
    "01", "0x10", "true", "4.0",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.5, "", "x", "3", HOSTILE, "x" * 5000, "é" * 4096, [], {}, [None], [[]],
    {"": {}}, [1, 2, 3], ["x"], {"median": 1},
)  # fmt: skip
MANY = (2, 3, 10, 64, 1000, 10_001)
_RAW = "\x00raw\x00"
_IN_BYTES = 0.3
OFTEN_BYTES = 50_000
"""Files up to this size are spoilt equally often, larger ones more rarely by their size."""

Place = tuple[str | int, ...]


class Spoiler:
    """Whole files, by name, to make spoilt ones of."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = dict(sorted(files.items()))
        # a large one says little that a small one does not, and takes its time
        self._weights = [min(1.0, OFTEN_BYTES / max(1, len(data))) for data in self._files.values()]
        self._values: dict[str, list[Any]] = defaultdict(list)
        """What the files hold under each key: what stands in one may be believed in another."""
        for data in self._files.values():
            for text in (data, *data.splitlines()):
                tree = _parsed(text)
                if isinstance(tree, dict):
                    self._learn(tree)
        self._found = {key: [json.loads(text) for text in dict.fromkeys(map(json.dumps, values))]
                       for key, values in self._values.items()}  # fmt: skip

    def _learn(self, tree: Any) -> None:
        items = tree.items() if isinstance(tree, dict) else ()
        for key, value in items:
            self._values[key].append(value)
        for value in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
            self._learn(value)

    def spoilt(self, source: random.Random) -> tuple[str, bytes]:
        """The name of one of the files, and what became of it."""
        (name,) = source.choices(list(self._files), self._weights)
        data = self._files[name]
        if source.random() < _IN_BYTES or not name.endswith((".json", ".jsonl", ".part")):
            return name, self._in_bytes(data, source)
        if not name.endswith((".part", ".jsonl")):
            return name, self._tree_changed(data, source, indent=1)
        lines = data.splitlines(keepends=True)
        for _ in range(_few(source)):
            at = 0 if source.random() < 0.2 else source.randrange(len(lines))
            lines[at] = self._tree_changed(lines[at], source, indent=None) + b"\n"
        return name, b"".join(lines)

    def _in_bytes(self, data: bytes, source: random.Random) -> bytes:
        for _ in range(_few(source)):
            data = source.choice(_BYTES)(data, source.choice(list(self._files.values())), source)
        return data

    def _tree_changed(self, data: bytes, source: random.Random, *, indent: int | None) -> bytes:
        tree = _parsed(data)
        raw: list[str] = []
        for _ in range(_few(source)):
            tree = self._change(tree, source, raw)
        text = json.dumps(tree, indent=indent, separators=None if indent else (",", ":"))
        for number, piece in enumerate(raw):
            text = text.replace(json.dumps(f"{_RAW}{number}\x00"), piece)
        return text.encode("utf-8", "surrogatepass")

    def _change(self, tree: Any, source: random.Random, raw: list[str]) -> Any:
        """The tree with one place of it changed. What JSON cannot say stands in `raw`, by its number."""
        path = _place(tree, source)
        if not path or source.random() < 0.005:
            return source.choice(([tree], {"x": tree}, _copy(source.choice(VALUES))))
        parent, key = _at(tree, path[:-1]), path[-1]
        if isinstance(key, str) and source.random() < 0.4:
            parent[key] = _copy(source.choice(self._found.get(key) or VALUES))
        else:
            source.choice(_CHANGES)(parent, key, source, raw)
        return tree


# Bytes


def _cut(data: bytes, other: bytes, source: random.Random) -> bytes:
    return data[: source.randrange(len(data) + 1)]


def _flip(data: bytes, other: bytes, source: random.Random) -> bytes:
    flipped = bytearray(data)
    for _ in range(min(_few(source), len(flipped))):
        flipped[source.randrange(len(flipped))] ^= 1 << source.randrange(8)
    return bytes(flipped)


def _noise(data: bytes, other: bytes, source: random.Random) -> bytes:
    start, end = _span(data, source)
    return data[:start] + source.randbytes(source.choice((1, 2, 8, 300))) + data[end:]


def _without(data: bytes, other: bytes, source: random.Random) -> bytes:
    start, end = _span(data, source)
    return data[:start] + data[end:]


def _again(data: bytes, other: bytes, source: random.Random) -> bytes:
    start, end = _span(data, source)
    return data[:end] + data[start:end] * source.choice((1, 1, 5, 200)) + data[end:]


def _splice(data: bytes, other: bytes, source: random.Random) -> bytes:
    return data[: source.randrange(len(data) + 1)] + other[source.randrange(len(other) + 1) :]


def _in_front(data: bytes, other: bytes, source: random.Random) -> bytes:
    return (
        source.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\n", b" ", b"[", b'{"a":', b"\x1f\x8b")) + data
    )


def _behind(data: bytes, other: bytes, source: random.Random) -> bytes:
    return data + source.choice((b"\0" * 50, b"{}", b"\n\n", b"]", b"}", b"\x1b[2J\n", other, data))


def _word(data: bytes, other: bytes, source: random.Random) -> bytes:
    """A number of the text is another."""
    for _ in range(20):
        start = source.randrange(len(data) + 1)
        if data[start : start + 1].isdigit() and data[start - 1 : start] in (b" ", b"[", b",", b":"):
            end = start
            while data[end : end + 1].isdigit() or data[end : end + 1] in (b".", b"e", b"-", b"+"):
                end += 1
            return data[:start] + source.choice(NUMBERS).encode() + data[end:]
    return data


def _lines(data: bytes, other: bytes, source: random.Random) -> bytes:
    """A line is gone, there twice, changed with another, or one of another file."""
    lines = data.splitlines(keepends=True) or [b"\n"]
    at, to = source.randrange(len(lines)), source.randrange(len(lines))
    match source.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(to, lines[at])
        case 2:
            lines[at], lines[to] = lines[to], lines[at]
        case _:
            lines.insert(at, source.choice(other.splitlines(keepends=True) or [b"\n"]))
    return b"".join(lines)


_BYTES: tuple[Callable[[bytes, bytes, random.Random], bytes], ...] = (
    _cut, _flip, _flip, _noise, _without, _again, _splice, _in_front, _behind, _word, _word, _lines, _lines,
)  # fmt: skip


def _span(data: bytes, source: random.Random) -> tuple[int, int]:
    start = source.randrange(len(data) + 1)
    return start, min(len(data), start + source.choice((0, 1, 2, 5, 40, 400)))


def _few(source: random.Random) -> int:
    return source.choice((1, 1, 1, 1, 1, 1, 2, 3))


# Structure: each changes what stands in `parent` under `key`


def _gone(parent: Any, key: Any, source: random.Random, raw: list[str]) -> None:
    del parent[key]


def _no_value(parent: Any, key: Any, source: random.Random, raw: list[str]) -> None:
    parent[key] = None


def _odd_number(parent: Any, key: Any, source: random.Random, raw: list[str]) -> None:
    parent[key] = _raw(source.choice(NUMBERS), raw)


def _odd_value(parent: Any, key: Any, source: random.Random, raw: list[str]) -> None:
    parent[key] = _copy(source.choice(VALUES))


def _near(parent: Any, key: Any, source: random.Random, raw: list[str]) -> None:
    old = parent[key]
    if isinstance(old, list | dict | str | None):
        _longer_or_shorter(parent, key, source, raw)
    else:
        try:
            near = (old + 1, -old, old / 7, old * 1.0001, old * 1e6, round(old, 1), not old)
        except OverflowError:  # an earlier change has made it larger than any float
            near = (old + 1, -old, old // 7, old, old, old, not old)
        parent[key] = source.choice(near)


def _longer_or_shorter(parent: Any, key: Any, source: random.Random, raw: list[str]) -> None:
    old = parent[key]
    if isinstance(old, str):
        cut = source.randrange(len(old) + 1)
        parent[key] = old[:cut] + source.choice((HOSTILE, "\n", "\0", "[/]", "é" * 300)) + old[cut:]
    elif isinstance(parent, list):
        plain = not isinstance(old, dict | list)
        parent[key:key] = [_copy(old) for _ in range(source.choice(MANY if plain else MANY[:4]))]
    elif isinstance(old, list) and old:
        if all(isinstance(item, int) for item in old) and source.random() < 0.5:
            parent[key] = list(range(1, 1 + source.choice((2, 50, 99, 1000, 10_001))))
        else:
            parent[key] = [*old, *_copy(old[: source.choice((1, 1000))])]


def _other_order(parent: Any, key: Any, source: random.Random, raw: list[str]) -> None:
    old = parent[key]
    if not isinstance(old, list) or not old:
        _near(parent, key, source, raw)
    elif source.random() < 0.5:
        source.shuffle(old)
    else:
        del old[source.randrange(len(old)) :]


def _abyss(parent: Any, key: Any, source: random.Random, raw: list[str]) -> None:
    depth = source.choice((3, 50, 63, 64, 65, 1000, 50_000))
    opens, closes = source.choice((("[", "]"), ('{"x":', "}")))
    parent[key] = _raw(opens * depth + "1" + closes * depth, raw)


def _twice(parent: Any, key: Any, source: random.Random, raw: list[str]) -> None:
    if isinstance(parent, dict):
        value = source.choice(("null", "1", '"x"', "{}"))
        parent[key] = _raw(f"{value}, {json.dumps(key)}: {value}", raw)
    else:
        parent.insert(key, _copy(parent[key]))


def _other_key(parent: Any, key: Any, source: random.Random, raw: list[str]) -> None:
    if isinstance(parent, dict):
        names = (HOSTILE, "", f"{key}\u200b", f"{key}s", "x" * 5000, "event", "analysis")
        parent[source.choice(names)] = parent.pop(key)
    else:
        parent[key] = {HOSTILE: parent[key]}


_Change = Callable[[Any, Any, random.Random, list[str]], None]
_CHANGES: tuple[_Change, ...] = (
    _gone, _no_value, _no_value, _odd_number, _odd_number, _odd_value, _near, _near, _near, _near,
    _longer_or_shorter, _longer_or_shorter, _other_order, _abyss, _twice, _other_key,
)  # fmt: skip


def _place(tree: Any, source: random.Random) -> Place:
    """Anywhere, every level as likely as another: else nearly all would lie in the lists of samples."""
    path: list[str | int] = []
    here = tree
    while isinstance(here, dict | list) and here and (not path or source.random() < 0.8):
        path.append(source.choice(list(here) if isinstance(here, dict) else range(len(here))))
        here = here[path[-1]]
    return tuple(path)


def _at(tree: Any, path: Place) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def _raw(text: str, raw: list[str]) -> str:
    raw.append(text)
    return f"{_RAW}{len(raw) - 1}\x00"


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
