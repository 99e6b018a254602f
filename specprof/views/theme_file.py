"""One theme's file: strict YAML, read once, with the line of everything that is wrong in it.

A file is taken for hostile. Only a regular file of at most 64 KiB is opened; a theme is one mapping of
plain values and a list, so that anchors, aliases, tags, duplicate keys and deeper nesting are refused where
they begin, before anything is built of them; and so is what has more in it than a theme can have.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from specprof.errors import UsageProblem
from specprof.run.sanitize import clean
from specprof.views.contrast import READABLE, contrast
from specprof.views.palette import MAX_SERIES, PLAIN, Palette, is_theme_name

MAX_THEME_BYTES = 65_536
MAX_DEPTH = 2
MAX_NODES = 400
_LOOK = "see themes/dark.yaml"

_Value = str | bool | None | list["_Value"] | dict[str, "_Value"]
_Place = tuple[str | int, ...]
"""A key, or the key of a list and the number of the item in it."""


class BadTheme(UsageProblem):
    """A file that is no theme. `line` counts from 1 and is None where no line is to blame."""

    def __init__(self, path: Path, line: int | None, fault: str, remedy: str = "") -> None:
        super().__init__(f"{_place(path, line)}: {clean(fault, 200)}", remedy)
        self.path = path
        self.line = line


@dataclass(frozen=True)
class ThemeFile:
    """A theme as its file has it. `lines` holds the line of every key and list item, from 1."""

    palette: Palette
    path: Path
    lines: Mapping[_Place, int]

    def warnings(self) -> list[str]:
        """A sentence for every colour that is hard to read where it is meant to stand."""
        found = [
            (self.lines.get(place) or self.lines.get(place[:1], 1), f"{words}: {ratio:.1f}")
            for place, words, ratio in _contrasts(self.palette)
            if ratio < READABLE
        ]
        return [
            f"{_place(self.path, line)}: low contrast of {words}, {READABLE:g} can be read"
            for line, words in sorted(found)
        ]


def read_theme(path: Path) -> ThemeFile:
    """Reads a theme. Its name is the one it gives itself, else its file's. Raises BadTheme."""
    text = _text(path)
    lines: dict[_Place, int] = {}
    data = _document(path, text, lines)
    data.setdefault("name", path.stem)
    name = data["name"]
    if not isinstance(name, str) or not is_theme_name(name):
        raise BadTheme(
            path, lines.get(("name",)), f"name: {name!a} is no name", "letters, digits, - and _, at most 40"
        )
    if name == PLAIN.name:
        raise BadTheme(path, lines.get(("name",)), f"name: {name} is the theme without colour", "rename it")
    try:
        palette = Palette.model_validate(data)
    except ValidationError as error:
        raise _first_fault(path, error, lines) from None
    return ThemeFile(palette, path, lines)


def _place(path: Path, line: int | None) -> str:
    return f"theme {clean(str(path), 300)}" + ("" if line is None else f", line {line}")


def _contrasts(palette: Palette) -> Iterator[tuple[_Place, str, float]]:
    """Where in the file, what on what, and the contrast, of all that is read."""
    for key in ("text", "muted", "good", "warn", "bad", "accent"):
        colour = str(getattr(palette, key))
        yield (key,), f"{key} on the ground", contrast(colour, palette.ground)
        if palette.panel != palette.ground:
            yield (key,), f"{key} on the panel", contrast(colour, palette.panel)
    yield ("selection",), "text on the selection", contrast(palette.text, palette.selection)
    for index, colour in enumerate(palette.series):
        yield ("series", index), f"series {index + 1} on the ground", contrast(colour, palette.ground)


# Bytes


def read_regular(path: Path, most: int) -> bytes:
    """At most `most` bytes of a file. Raises OSError, also for what is no regular file, and ValueError."""
    _check_regular(os.stat(path))
    # a file that was swapped for a pipe since then must not block
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        _check_regular(os.fstat(descriptor))
        return file.read(most)


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file")


def _text(path: Path) -> str:
    try:
        data = read_regular(path, MAX_THEME_BYTES + 1)
    except OSError as error:
        raise BadTheme(path, None, f"cannot be read ({error.strerror or 'failed'})") from None
    except ValueError:  # a NUL in the path
        raise BadTheme(path, None, "cannot be read (not a path)") from None
    if len(data) > MAX_THEME_BYTES:
        raise BadTheme(path, None, f"larger than {MAX_THEME_BYTES >> 10} KiB, no theme is that large")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadTheme(path, data.count(b"\n", 0, error.start) + 1, "not UTF-8") from None


# YAML


class _Refused(yaml.MarkedYAMLError):
    """YAML, and yet no theme."""

    def __init__(self, mark: Any, words: str) -> None:
        super().__init__(problem=words, problem_mark=mark)


class _Strict(yaml.SafeLoader):
    """Builds no more of a document than a theme may have."""

    depth = 0
    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _Refused(event.start_mark, "more in it than a theme can have")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _Refused(event.start_mark, "anchors and aliases are no part of a theme")
        if getattr(event, "tag", None) is not None:
            raise _Refused(event.start_mark, "tags are no part of a theme")
        if isinstance(event, yaml.CollectionStartEvent):
            if self.depth == MAX_DEPTH:
                raise _Refused(event.start_mark, "nested deeper than a theme")
            self.depth += 1
            try:
                return super().compose_node(parent, index)
            finally:
                self.depth -= 1
        return super().compose_node(parent, index)


def _document(path: Path, text: str, lines: dict[_Place, int]) -> dict[str, Any]:
    """The mapping in a file; `lines` is filled with where everything stands."""
    loader = None
    try:
        loader = _Strict(text)
        node = loader.get_single_node()
        value = None if node is None else _value(node, (), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = (error.problem or error.context or "no more can be said").removeprefix("but ")
        if not isinstance(error, _Refused):
            words = f"not YAML: {words}"
        raise BadTheme(path, None if mark is None else mark.line + 1, words, _LOOK) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadTheme(path, line, "a character that YAML does not allow") from None
    finally:
        if loader is not None:
            loader.dispose()
    if not isinstance(value, dict):
        raise BadTheme(path, 1, "the file is empty" if value is None else "not a list of keys", _LOOK)
    return value


def _value(node: yaml.Node, place: _Place, lines: dict[_Place, int]) -> _Value:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, _Value] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _Refused(key_node.start_mark, "a key must be a word")
            key = clean(key_node.value, 80)
            if key in mapping:
                raise _Refused(key_node.start_mark, f"{key} is given twice")
            lines[*place, key] = key_node.start_mark.line + 1
            mapping[key] = _value(value_node, (*place, key), lines)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*place, index), lines) for index, item in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:null":
        return None
    if node.tag == "tag:yaml.org,2002:bool":
        return bool(yaml.SafeLoader.bool_values[node.value.lower()])
    return clean(str(node.value), 80)


# What is wrong with a value


def _first_fault(path: Path, error: ValidationError, lines: Mapping[_Place, int]) -> BadTheme:
    def line_of(place: _Place) -> int:
        return lines.get(place) or lines.get(place[:1], 1)

    first = min(error.errors(), key=lambda fault: line_of(fault["loc"]))
    place = first["loc"]
    where = " ".join(part if isinstance(part, str) else str(part + 1) for part in place) or "document"
    return BadTheme(path, line_of(place), f"{where}: {_fault(first['type'], first['input'])}", _LOOK)


def _fault(kind: str, found: object) -> str:
    """A fault of pydantic's in the words of the file."""
    if kind == "extra_forbidden":
        return "a theme has no such key"
    if kind.startswith("bool"):
        return "neither true nor false"
    if kind.startswith(("tuple", "too_")):
        return f"not a list of 1 to {MAX_SERIES} colours"
    if found is None:
        return "no colour: put it in quotes, # begins a comment"
    return f'{ascii(found)[:40]} is no colour, a colour is "#rrggbb"'
