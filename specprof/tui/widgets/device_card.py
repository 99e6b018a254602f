"""The device that a run would be measured on."""

from __future__ import annotations

from rich.text import Text

from specprof.tui.look import wrap
from specprof.tui.state.device_card import Card
from specprof.tui.widgets.drawn import Drawn
from specprof.views.lines import join_facts

LABEL = 9


class DeviceCard(Drawn[Card]):
    BORDER_TITLE = "Device"

    def lines(self, data: Card, width: int, height: int) -> list[Text]:
        return self._joined(data, width, height) if height < 6 else self._listed(data, width, height)

    def _listed(self, data: Card, width: int, height: int) -> list[Text]:
        """One line for each fact; the last ones take what is left."""
        found = [self._title(data, width)]
        for line in data.lines:
            room = max(1, min(line.most, height - len(found)))
            label = f"{line.label:<{LABEL}}" if line.label else ""
            words = self.look.wrapped(line.words, line.role, width - len(label), room)
            for index, text in enumerate(words):
                found.append(
                    Text.assemble(self.look.line((label if not index else " " * len(label), "muted")), text)
                )
        return found

    def _joined(self, data: Card, width: int, height: int) -> list[Text]:
        """As many facts in a line as there is room for, warnings on lines of their own."""
        glyphs = self.look.glyphs
        title = self._title(data, width)
        calm = [line.short for line in data.lines if line.short and line.most == 1]
        loud = [line for line in data.lines if line.most > 1 and line.short]
        if height == 1:
            facts = [glyphs.fit(line.short) for line in (*loud, *data.lines) if line.short]
            rest = join_facts(
                dict.fromkeys(facts), max(1, width - title.cell_len - 2), glyphs.separator, glyphs.ellipsis
            )
            return [Text.assemble(title, "  ", self.look.line((rest[0] if rest else "", "muted")))]
        found = [title]
        joined = join_facts(map(glyphs.fit, calm), width, glyphs.separator, glyphs.ellipsis)
        found += [self.look.line((words, "muted"), width=width) for words in joined[:1]]
        for line in loud:
            found += self.look.wrapped(line.short, line.role, width, max(1, height - len(found)))
        return found

    def _title(self, data: Card, width: int) -> Text:
        device = f"  {data.device}" if data.device else ""
        words = wrap(self.look.glyphs.fit(data.title), max(1, width - len(device)))[0]
        return self.look.line(
            (words, "text" if data.device else "muted", True), (device, "accent"), width=width
        )
