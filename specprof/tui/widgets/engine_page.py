"""One engine's settings: what to paste, how it counts, and why these numbers."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from specprof.tui.look import Look
from specprof.tui.state.engine_settings import EngineNow
from specprof.tui.widgets.page import Page
from specprof.views.palette import Role

ALL = 999


@dataclass(frozen=True)
class EnginePageNow:
    engine: EngineNow
    formula: str
    """Of the acceptance model."""


class EnginePage(Page[EnginePageNow]):
    def lines(self, data: EnginePageNow, width: int) -> list[Text]:
        look, settings = self.look, data.engine.settings
        if settings is None:
            return look.wrapped(data.engine.problem, "warn", width, ALL)
        found = _verbatim(look, settings.paste, "accent", width)
        for name, content in settings.files:
            found += [Text(""), *look.wrapped(f"with its file {name}", "muted", width, 2)]
            found += _verbatim(look, content, "accent", width)
        found += [Text(""), *look.wrapped(settings.convention, "text", width, ALL)]
        words = f"{settings.engine} {settings.version}; E(K) = {data.formula}"
        found += [*look.wrapped(words, "muted", width, ALL), Text("")]
        for reason in settings.reasons:
            found += look.wrapped(f"- {reason}", "text", width, ALL, indent="  ")
        return found


def _verbatim(look: Look, text: str, role: Role, width: int) -> list[Text]:
    """Each line as it stands, broken where the page ends."""
    found: list[Text] = []
    for line in text.splitlines():
        shown = look.glyphs.fit(line) if line.strip() else ""
        indent = line[: len(line) - len(line.lstrip())]
        for start in range(0, max(1, len(shown)), max(1, width - len(indent))):
            part = shown[start : start + max(1, width - len(indent))]
            found.append(look.line((indent + part.lstrip() if not start else part, role, True), width=width))
    return found
