"""The keys of a screen, in its last line."""

from __future__ import annotations

from textual.widgets import Footer


class KeysFooter(Footer):
    """textual's, without the keys that it has shown before.

    Each key follows the footer's `compact`, and is only forgotten when that changes (textual 8.2): a screen
    that stays below others would keep the keys of every time that it came to the top, 18 KiB each.
    """

    async def recompose(self) -> None:
        await super().recompose()
        self.mutate_reactive(KeysFooter.compact)
