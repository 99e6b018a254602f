"""What is said in words: the findings so far, and the notices."""

from __future__ import annotations

from rich.text import Text

from specprof.analysis.findings import Finding
from specprof.run.record import NoticeRecord
from specprof.tui.widgets.drawn import Drawn
from specprof.views.findings import CERTAINTY_ROLES, certainty_signs
from specprof.views.palette import Role
from specprof.views.progress import NOTICE_ROLES
from specprof.views.quantities import duration


class FindingsPanel(Drawn[tuple[Finding, ...]]):
    """As many as there is room for, in the order of analysis: the most general first."""

    BORDER_TITLE = "Findings"

    def nothing(self, width: int) -> list[Text]:
        return self.look.wrapped("none yet: they appear as soon as they are significant", "muted", width, 2)

    def lines(self, data: tuple[Finding, ...], width: int, height: int) -> list[Text]:
        if not data:
            return self.nothing(width)
        signs = certainty_signs(self.look.glyphs)
        found: list[Text] = []
        for finding in data:
            room = height - len(found)
            if room <= 0:
                break
            mark = self.look.line((signs[finding.certainty] + " ", CERTAINTY_ROLES[finding.certainty]))
            for index, line in enumerate(self.look.wrapped(finding.text, "text", width - 2, min(3, room))):
                found.append(Text.assemble(mark if index == 0 else "  ", line))
        return found


class NoticesPanel(Drawn[tuple[NoticeRecord, ...]]):
    """The last ones, the newest at the bottom."""

    BORDER_TITLE = "Notices"

    def nothing(self, width: int) -> list[Text]:
        return [self.look.line(("none", "muted"), width=width)]

    def lines(self, data: tuple[NoticeRecord, ...], width: int, height: int) -> list[Text]:
        if not data:
            return self.nothing(width)
        found: list[Text] = []
        for notice in reversed(data):
            role: Role = NOTICE_ROLES[notice.level]
            words = f"{duration(notice.t_s)}  {notice.text}"
            found = [*self.look.wrapped(words, role, width, 3, indent="  "), *found]
            if len(found) >= height:
                break
        return found[-height:]
