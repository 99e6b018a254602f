"""The command palette: every theme, and every key of the screen by its name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from specprof.tui.screens.help import own_bindings

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
        seen: set[str] = set()
        for node, bindings in ((screen, own_bindings(screen)), (app, own_bindings(app))):
            for binding in bindings:
                words = binding.tooltip or binding.description
                if words and words not in seen:
                    seen.add(words)
                    yield words, "", partial(app.run_action, binding.action, node)
        for name in app.theme_names:
            yield f"theme {name}", "", partial(app.choose_theme, name)
