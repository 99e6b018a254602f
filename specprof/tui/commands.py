"""The command palette: every theme, and every key of the screen by its name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

if TYPE_CHECKING:
    from specprof.tui.app import SpecprofApp


class AppCommands(Provider):
    """What can be done here, found by typing a part of its name."""

    async def discover(self) -> Hits:
        for name, help_text, run in self._commands():
            yield DiscoveryHit(name, run, help=help_text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, help_text, run in self._commands():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, help=help_text)

    def _commands(self) -> Iterator[tuple[str, str, Any]]:
        app = cast("SpecprofApp", self.app)
        screen = self.screen
        for node in (screen, app):
            seen = set()
            for cls in type(node).__mro__:
                if not cls.__module__.startswith("specprof."):
                    continue
                for binding in cls.__dict__.get("BINDINGS", ()):
                    words = binding.tooltip or binding.description
                    if words and binding.action not in seen:
                        seen.add(binding.action)
                        yield words, "", partial(node.run_action, binding.action, node)
        for name in app.theme_names:
            yield f"Theme: {name}", "shows it and remembers it", partial(app.choose_theme, name)
