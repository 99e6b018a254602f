"""What the doctor says of each device, in lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rich.text import Text

from specprof.views.glyphs import Glyphs
from specprof.views.lines import join_facts, wrap
from specprof.views.palette import Palette, Role

LEVEL_ROLES: Mapping[str, Role] = {"good": "good", "warning": "warn", "bad": "bad", "unknown": "muted"}

_INDENT = 2


class Found(Protocol):
    """One thing that was looked at. `remedy` and `command` may be empty."""

    @property
    def level(self) -> str:
        """One of `LEVEL_ROLES`."""

    @property
    def text(self) -> str: ...

    @property
    def remedy(self) -> str: ...

    @property
    def command(self) -> str:
        """It is typed for the remedy: it is never broken over lines."""


@dataclass(frozen=True)
class DeviceSection:
    """A device, what was found, and what that comes to."""

    title: str
    facts: Sequence[str]
    found: Sequence[Found]
    verdict: str = ""
    level: str = "good"


def level_signs(glyphs: Glyphs) -> dict[str, str]:
    """The sign that stands before a finding of each level."""
    return {
        "good": glyphs.valid,
        "warning": glyphs.warning,
        "bad": glyphs.untrusted,
        "unknown": glyphs.unknown,
    }


def device_lines(
    sections: Sequence[DeviceSection], width: int, palette: Palette, glyphs: Glyphs
) -> list[list[Text]]:
    """The lines of each section, then what the signs that occur mean."""
    signs = level_signs(glyphs)
    used = {one.level for section in sections for one in section.found}
    key = "  ".join(f"{sign} {level}" for level, sign in signs.items() if level in used)
    drawn = [_section(section, width, palette, glyphs) for section in sections]
    return [*drawn, [Text(key, palette.style("muted"))]] if key else drawn


def _section(section: DeviceSection, width: int, palette: Palette, glyphs: Glyphs) -> list[Text]:
    lines = _wrapped(section.title, width, 0, palette, glyphs, "text", bold=True)
    facts = [glyphs.fit(fact) for fact in section.facts]
    joined = join_facts(facts, width, glyphs.separator, glyphs.ellipsis)
    lines += [Text(fact, palette.style("muted")) for fact in joined]
    signs = level_signs(glyphs)
    for one in section.found:
        role = LEVEL_ROLES[one.level]
        told = _wrapped(one.text, width, _INDENT, palette, glyphs, "text")
        told[0] = Text.assemble((f"{signs[one.level]} ", palette.style(role)), told[0][_INDENT:])
        lines += told
        if one.remedy:
            lines += _wrapped(one.remedy, width, 2 * _INDENT, palette, glyphs, "muted")
        if one.command:
            command = Text(" " * 2 * _INDENT + glyphs.fit(one.command), palette.style("accent"))
            lines.append(command)
    if section.verdict:
        lines += _wrapped(section.verdict, width, 0, palette, glyphs, LEVEL_ROLES[section.level], bold=True)
    return lines


def _wrapped(
    words: str, width: int, indent: int, palette: Palette, glyphs: Glyphs, role: Role, *, bold: bool = False
) -> list[Text]:
    style = palette.style(role, bold=bold)
    return [Text(" " * indent + line, style) for line in wrap(glyphs.fit(words), max(1, width - indent))]
