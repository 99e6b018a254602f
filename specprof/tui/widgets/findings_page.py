"""All findings under one acceptance model, each with what it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from specprof.analysis.findings import Finding
from specprof.tui.look import Look, Piece
from specprof.tui.widgets.page import Page
from specprof.views.findings import CERTAINTY_ROLES, certainty_signs

INDENT = 2


@dataclass(frozen=True)
class FindingsNow:
    findings: tuple[Finding, ...]
    formula: str
    ready: bool = True
    """False while they are being computed."""


class FindingsPage(Page[FindingsNow]):
    def lines(self, data: FindingsNow, width: int) -> list[Text]:
        look, usual = self.look, usual_basis(data.findings)
        found = [*_head(data, usual, look, width)]
        sizes = sorted({finding.batch_size for finding in data.findings})
        for size in sizes:
            found.append(Text(""))
            if len(sizes) > 1:
                found.append(look.line((f"Batch size {size}", "accent", True), width=width))
            here = [finding for finding in data.findings if finding.batch_size == size]
            for before, finding in zip([None, *here], here, strict=False):
                # what holds for several sequence lengths stands apart from what is said of each
                if before is not None and (before.kind == "best-k") != (finding.kind == "best-k"):
                    found.append(Text(""))
                found += _finding(finding, usual, look, width)
        return found


def usual_basis(findings: Sequence[Finding]) -> str:
    """What most of them rest on: said once for all."""
    counts = Counter(finding.basis for finding in findings)
    return counts.most_common(1)[0][0] if counts else ""


def _head(data: FindingsNow, usual: str, look: Look, width: int) -> list[Text]:
    said = f"under E(K) = {data.formula}"
    if not data.findings:
        words = "no findings: too few points were measured" if data.ready else "being computed"
        return look.wrapped(f"{words}, {said}", "muted", width, 2)
    signs = certainty_signs(look.glyphs)
    used = {finding.certainty for finding in data.findings}
    key: list[Piece] = []
    for certainty, sign in signs.items():
        if certainty in used:
            key += [(sign, CERTAINTY_ROLES[certainty], True), (f" {certainty}   ", "muted")]
    basis = f"{said}; where nothing else is said they rest on: {usual}"
    return [look.line(*key, width=width), *look.wrapped(basis, "muted", width, 4)]


def _finding(finding: Finding, usual: str, look: Look, width: int) -> Sequence[Text]:
    sign = certainty_signs(look.glyphs)[finding.certainty]
    text = look.wrapped(finding.text, "text", width - INDENT, 99)
    basis = look.wrapped(finding.basis, "muted", width - INDENT, 99) if finding.basis != usual else []
    mark = look.line((f"{sign} ", CERTAINTY_ROLES[finding.certainty], True))
    first = Text.assemble(mark, text[0])
    return [first, *(Text.assemble(" " * INDENT, line) for line in [*text[1:], *basis])]
