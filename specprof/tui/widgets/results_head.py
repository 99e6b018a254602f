"""The top line of the results: what was measured, where, and how far that can be relied on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from specprof.analysis.opened import Run
from specprof.tui.look import Piece
from specprof.tui.state.recorded import STATUS_ROLES
from specprof.tui.widgets.drawn import Drawn
from specprof.views.lines import cut
from specprof.views.palette import Role
from specprof.views.validity import VALIDITY_WORDS, validity_role

_LEAST_TITLE = 16
"""Columns of a title that gives way to what must be known."""

_DONE = ("valid", "warn", "unverified", "invalid", "oom", "failed")


@dataclass(frozen=True)
class HeadNow:
    title: str
    status: str
    status_role: Role
    facts: tuple[tuple[str, Role], ...]
    """What else there is to say, the most important first."""


def head_of(run: Run, batch_size: int, notes: Sequence[str] = ()) -> HeadNow:
    """The head of one batch size. `notes` are warnings that do not stand in the run."""
    record = run.record
    where = f" on {record.environment.device.name}" if record.environment else ""
    facts: list[tuple[str, Role]] = []
    if len(run.batch_sizes) > 1:
        following = run.batch_sizes[(run.batch_sizes.index(batch_size) + 1) % len(run.batch_sizes)]
        facts.append((f"batch {batch_size} (b: {following})", "text"))
    if run.estimated:
        model = record.plan.model
        facts.append((f"estimate: {model.layers_measured} of {model.layers_total} layers", "warn"))
    if not run.published:
        verdicts = [verdict for verdict in run.verdicts().ravel().tolist() if verdict]
        done = sum(verdict in _DONE for verdict in verdicts)
        facts.append((f"{done}/{len(verdicts)} cells", "muted"))
        if record.validity is not None and record.validity.verdict != "unfinished":  # its status says that
            facts.append((VALIDITY_WORDS[record.validity.verdict], validity_role(record)))
    warnings = len({*run.warnings, *notes}) + sum(one.level != "info" for one in record.notices)
    if warnings:
        facts.append((f"{warnings} warning{'s' if warnings > 1 else ''}, see 8", "warn"))
    facts.append((record.plan.dtype, "muted"))
    status = "published" if run.published else record.status
    role: Role = "accent" if run.published else STATUS_ROLES[record.status]
    return HeadNow(record.plan.model.title + where, status, role, tuple(facts))


class ResultsHead(Drawn[HeadNow]):
    def lines(self, data: HeadNow, width: int, height: int) -> list[Text]:
        glyphs = self.look.glyphs
        joint = f" {glyphs.separator} "
        kept = [data.status, *(joint + glyphs.fit(words) for words, _ in data.facts[:1])]
        room = width - 2 - sum(map(cell_len, kept))
        title = cut(glyphs.fit(data.title), max(_LEAST_TITLE, room), glyphs.ellipsis)
        pieces: list[Piece] = [(title, "text", True), ("  ", "text"), (data.status, data.status_role, True)]
        room = width - sum(cell_len(piece[0]) for piece in pieces)
        for words, role in data.facts:
            size = len(joint) + cell_len(glyphs.fit(words))
            if size <= room:
                pieces += [(joint, "muted"), (words, role)]
                room -= size
        return [self.look.line(*pieces, width=width)]
