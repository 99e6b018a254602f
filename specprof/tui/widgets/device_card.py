"""The device that a run would be measured on."""

from __future__ import annotations

from rich.text import Text

from specprof.tui.look import Piece
from specprof.tui.state.device_card import Card
from specprof.tui.widgets.drawn import Drawn
from specprof.views.lines import join_facts, wrap

LABEL = 9


class DeviceCard(Drawn[Card]):
    BORDER_TITLE = "Device"

    def lines(self, data: Card, width: int, height: int) -> list[Text]:
        return self._joined(data, width, height) if height < 6 else self._listed(data, width, height)

    def _listed(self, data: Card, width: int, height: int) -> list[Text]:
        """Fact after fact; those that have more to say take what the others leave."""
        found = [self._title(data, width)]
        for index, line in enumerate(data.lines):
            room = max(1, min(line.most, height - len(found) - (len(data.lines) - index - 1)))
            label = f"{line.label:<{LABEL}}" if line.label else ""
            words = line.words
            if line.short and len(wrap(words, max(1, width - len(label)))) > room:
                words = line.short
            for number, text in enumerate(self.look.wrapped(words, line.role, width - len(label), room)):
                left = label if not number else " " * len(label)
                found.append(Text.assemble(self.look.line((left, "muted")), text))
        return found

    def _joined(self, data: Card, width: int, height: int) -> list[Text]:
        """As many facts in a line as there is room for, what is to be noticed on lines of its own."""
        glyphs = self.look.glyphs
        title = self._title(data, width)
        calm = [line.short for line in data.lines if line.short and not line.loud]
        loud = [line for line in data.lines if line.short and line.loud]
        if height == 1:
            facts = (*calm[:1], *(line.short for line in loud), *calm[1:])
            rest = f" {glyphs.separator} ".join(facts)
            return [self.look.line(*self._head(data), ("  " + rest, "muted"), width=width)]
        first, *more = join_facts(
            map(glyphs.fit, (title.plain, *calm)), width, glyphs.separator, glyphs.ellipsis
        )
        found = [Text.assemble(title, self.look.line((first[len(title.plain) :], "muted")))]
        keep = max(0, height - 1 - len(loud))
        found += [self.look.line((words, "muted"), width=width) for words in more[:keep]]
        for index, line in enumerate(loud):
            room = height - len(found) - (len(loud) - index - 1)
            found += self.look.wrapped(line.short, line.role, width, max(1, room))
        return found

    def _title(self, data: Card, width: int) -> Text:
        return self.look.line(*self._head(data), width=width)

    def _head(self, data: Card) -> tuple[Piece, Piece]:
        device = f"  {data.device}" if data.device else ""
        return (data.title, "text" if data.device else "muted", True), (device, "accent")
